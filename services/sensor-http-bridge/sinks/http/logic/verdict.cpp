#include "services/sensor-http-bridge/sinks/http/logic/verdict.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/codec/retry_after.hpp"
#include "common/codec/unicode_text.hpp"
#include "common/core/printable.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/answer_text.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/api_answer.hpp"

namespace sensors::bridge {

namespace {

constexpr std::array<std::string_view, 8> beginnings_of_html{"<!doctype html", "<html", "<head",   "<body",
                                                             "<title",         "<meta", "<script", "<style"};

bool starts_with_in_any_case(std::string_view text, std::string_view lower_case) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  return text.size() >= lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), text.begin(), [&](char b, char a) { return same(a, b); });
}

/// Without the comments and the declarations that a page may begin with.
std::string_view without_preamble(std::string_view page) {
  using Pair = std::pair<std::string_view, std::string_view>;
  for (bool goes_on = true; std::exchange(goes_on, false);) {
    page = without_blanks(page);
    for (const auto& [begin, end] : {Pair{"<!--", "-->"}, Pair{"<?", "?>"}}) {
      const std::size_t at = page.starts_with(begin) ? page.find(end) : std::string_view::npos;
      if (at == std::string_view::npos) continue;
      page.remove_prefix(at + end.size());
      goes_on = true;
    }
  }
  return page;
}

/// By its type, or without one by how it begins.
bool is_html(const HttpReply& reply) {
  const std::string text = utf8_of(reply.body);
  const std::string_view page = without_preamble(text);
  if (without_blanks(text).empty()) return false;
  return starts_with_in_any_case(reply.content_type, "text/html") ||
         starts_with_in_any_case(reply.content_type, "application/xhtml") ||
         std::any_of(beginnings_of_html.begin(), beginnings_of_html.end(),
                     [&](std::string_view each) { return starts_with_in_any_case(page, each); });
}

Outcome outcome_of(int status) {
  switch (status) {
    case 400:
    case 422: return Outcome::refused;
    case 401:
    case 403: return Outcome::unauthorized;
    case 413: return Outcome::too_large;
    default: return Outcome::failed;
  }
}

/// InfluxDB 1 says 400 of an address without a database, whatever the data.
constexpr std::string_view no_database = "database is required";

std::string_view advice_on(Credentials credentials) {
  switch (credentials) {
    case Credentials::none:
      return "; no token was sent: write it into api.token in /etc/sensor-project, or api@NAME.token for the bridge "
             "NAME, and restart the bridge";
    case Credentials::user: return "; the API refuses user and password: check destination.url";
    case Credentials::token: break;
  }
  return "; the API refuses the token: check destination.token_file";
}

std::string_view advice_for(int status, Credentials credentials) {
  if (status == 401 || status == 403) return advice_on(credentials);
  if (status == 404 || status == 405 || status == 410) return "; not an API for readings: check destination.url";
  if (status == 415) return "; the API does not understand the body: check destination.gzip";
  if (status == 511) return "; something before the API wants a login";
  if (status >= 300 && status < 400) return "; redirects are not followed: set destination.url to the final address";
  return "";
}

/// What a person may look at, where the error alone does not say it.
const char* advice_about(ErrorCode code) {
  switch (code) {
    case ErrorCode::refused: return "; is the API running, and are host and port in destination.url right?";
    case ErrorCode::unresolved: return "; is the name in destination.url right, and is this machine online?";
    case ErrorCode::unreachable: return "; is this machine online, and is the address in destination.url right?";
    default: return "";
  }
}

Verdict judge_error(const Error& error) {
  Verdict verdict;
  verdict.failure_class = name_of(error.code);
  verdict.reason = fmt::format("{}: {}{}", name_of(error.code), printable_line(error.message, max_refusal_reason_bytes),
                               advice_about(error.code));
  if (error.code == ErrorCode::tls && error.message.find("wrong version number") != std::string::npos)
    verdict.reason += "; the server does not speak TLS there: is it http://?";
  verdict.needs_operator =
      error.code == ErrorCode::tls || error.code == ErrorCode::not_found || error.code == ErrorCode::permission;
  return verdict;
}

Verdict judge_status(const HttpReply& reply, WallTime now, Credentials credentials) {
  Verdict verdict;
  verdict.status = reply.status;
  verdict.outcome = outcome_of(reply.status);
  verdict.failure_class = fmt::format("http_{}", reply.status);
  verdict.api_reason = read_api_answer(reply.body).reason;
  if (verdict.api_reason.empty()) verdict.api_reason = printable_line(reply.body, max_refusal_reason_bytes);
  const std::string_view advice = advice_for(reply.status, credentials);
  verdict.needs_operator = !advice.empty();
  verdict.reason = fmt::format("HTTP {}{}", reply.status, advice);
  if (verdict.outcome == Outcome::refused && verdict.api_reason == no_database) {
    verdict.outcome = Outcome::failed;
    verdict.needs_operator = true;
    verdict.reason += "; add ?db=NAME to destination.url";
  }
  if (!verdict.api_reason.empty()) verdict.reason += ": " + verdict.api_reason;
  if ((reply.status != 429 && reply.status != 503) || !reply.retry_after.has_value()) return verdict;
  if (const std::optional<Millis> wait = parse_retry_after(*reply.retry_after, now); wait.has_value()) {
    verdict.outcome = Outcome::asked_to_wait;
    verdict.wait = *wait;
  }
  return verdict;
}

Verdict no_delivery(Outcome outcome, std::string failure_class, std::string reason) {
  Verdict verdict;
  verdict.outcome = outcome;
  verdict.failure_class = std::move(failure_class);
  verdict.reason = std::move(reason);
  return verdict;
}

constexpr std::string_view or_trust_the_status = "; see to the API, or set destination.answers = \"status\"";

Verdict odd_answer(const HttpReply& reply, const char* failure_class, const std::string& what) {
  Verdict verdict =
      no_delivery(Outcome::failed, failure_class, fmt::format("HTTP {} {}{}", reply.status, what, or_trust_the_status));
  verdict.needs_operator = true;
  return verdict;
}

/// What makes it no answer to this request, or none that says something.
std::optional<Verdict> judge_shape(const HttpReply& reply, const ApiAnswer& answer) {
  const auto odd = [&](const char* failure_class, const std::string& what) {
    return odd_answer(reply, failure_class, what);
  };
  if (reply.is_early) return odd("early_answer", "that came before the request was sent: not the answer to it");
  if (reply.has_more) return odd("overlong_answer", "with more bytes behind it than it says");
  if (reply.status == 206) return odd("partial_answer", "that is part of something, which no POST asks for");
  if (answer.is_unreadable) {
    return odd("unreadable_answer",
               "with a body that begins as JSON and is not: " + printable_line(reply.body, max_refusal_reason_bytes));
  }
  if (answer.is_unknown) {
    return odd("unknown_answer", "with a body that is neither JSON nor a short text that says yes: " +
                                     printable_line(reply.body, max_refusal_reason_bytes));
  }
  if (reply.status == 207 && !answer.is_about_rows && answer.refusal.empty() && answer.status == 0) {
    return odd("unreadable_answer", "(Multi-Status) with a body that says nothing of rows");
  }
  return std::nullopt;
}

/// What in its body says that not all was taken, without saying which rows.
std::optional<Verdict> judge_refusal(const HttpReply& reply, const ApiAnswer& answer, Sent sent, UploadFormat format,
                                     Credentials credentials) {
  const std::string status = fmt::format("HTTP {}", reply.status);
  if (answer.status != 0) {
    const std::string_view advice = advice_for(answer.status, credentials);
    Verdict verdict = no_delivery(outcome_of(answer.status), "refusal_in_2xx",
                                  fmt::format("{} that gives the status {}{}", status, answer.status, advice));
    verdict.needs_operator = !advice.empty();
    return verdict;
  }
  if (answer.unnamed > 0) {
    return no_delivery(Outcome::refused, "unnamed_rejections",
                       fmt::format("{} that rejects {} rows without their stream and seq", status, answer.unnamed));
  }
  if (!answer.refusal.empty()) {
    return no_delivery(Outcome::refused, "refusal_in_2xx", fmt::format("{} that says {}", status, answer.refusal));
  }
  if (!answer.accepted.has_value()) return std::nullopt;
  // In the format `batch` an API may count readings alone: then a gap record that it rejects makes up for none of them.
  const std::uint64_t told = *answer.accepted + answer.rejected.size();
  const bool are_all_readings =
      format == UploadFormat::batch && told - rejected_gaps(answer.rejected, sent) == sent.readings;
  if (told >= sent.rows || are_all_readings) return std::nullopt;
  return no_delivery(Outcome::refused, "too_few_accepted",
                     fmt::format("{} that accepts {} of {} rows, {} of them readings", status, *answer.accepted,
                                 sent.rows, sent.readings));
}

/// A row that it rejects and that was not sent: it answers something else.
std::optional<Verdict> judge_rows(const HttpReply& reply, const ApiAnswer& answer, std::span<const RowName> sent) {
  if (answer.rejected.empty()) return std::nullopt;
  std::vector<RowName> known(sent.begin(), sent.end());
  std::sort(known.begin(), known.end());
  for (const RejectedRow& rejected : answer.rejected) {
    const RowName& row = rejected.row;
    if (std::binary_search(known.begin(), known.end(), row)) continue;
    return odd_answer(reply, "foreign_answer",
                      fmt::format("that rejects {} {}, which was not sent: not the answer to it", row.stream, row.seq));
  }
  return std::nullopt;
}

Verdict judge_2xx(const HttpReply& reply, const HttpSinkOptions& options, Sent sent, Credentials credentials) {
  Verdict verdict;
  verdict.status = reply.status;
  if (is_html(reply)) {
    verdict.failure_class = "wrong_content_type";
    verdict.reason = fmt::format("HTTP {} with a page of HTML; not the API but something in front of it: {}",
                                 reply.status, printable_line(reply.body, max_refusal_reason_bytes));
    verdict.needs_operator = true;
    return verdict;
  }
  verdict.outcome = Outcome::delivered;
  if (options.answers == AnswerTrust::status) return verdict;
  ApiAnswer answer = read_api_answer(reply.body);
  std::optional<Verdict> other = judge_shape(reply, answer);
  if (!other.has_value()) other = judge_refusal(reply, answer, sent, options.format, credentials);
  if (!other.has_value()) other = judge_rows(reply, answer, sent.names);
  if (other.has_value()) {
    other->status = reply.status;
    other->api_reason = !answer.reason.empty() ? answer.reason : answer.refusal;
    if (other->api_reason.empty()) other->api_reason = other->reason;
    if (!answer.reason.empty()) other->reason += ": " + answer.reason;
    return *other;
  }
  verdict.rejected = std::move(answer.rejected);
  for (RejectedRow& row : verdict.rejected) {
    if (row.status == 0) row.status = reply.status;
    if (row.reason.empty()) row.reason = answer.reason;
  }
  return verdict;
}

}  // namespace

Verdict judge(const Result<HttpReply>& reply, const HttpSinkOptions& options, Sent sent, WallTime now,
              Credentials credentials) {
  if (!reply.has_value()) return judge_error(reply.error());
  if (reply->status < 200 || reply->status > 299) return judge_status(*reply, now, credentials);
  return judge_2xx(*reply, options, sent, credentials);
}

}  // namespace sensors::bridge
