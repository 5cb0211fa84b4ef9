#include "tests/simulation/api_model.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sensors::simulation {

using bridge::HttpPost;
using bridge::HttpReply;

namespace {

std::uint64_t hash_of(const std::vector<ApiRow>& rows, const std::string& salt, bool with_times = true) {
  EffectHash hash;
  hash.add(salt);
  for (const ApiRow& row : rows) {
    hash.add(row.stream);
    hash.add(row.first);
    hash.add(row.last);
    if (!with_times) continue;
    hash.add(static_cast<std::uint64_t>(row.reading.time.time_since_epoch().count()));
    hash.add(static_cast<std::uint64_t>(row.reading.uptime.value_or(Millis{-1}).count()));
  }
  return hash.value();
}

HttpReply reply_of(int status, std::string content_type = "application/json", std::string body = "{}") {
  HttpReply reply;
  reply.status = status;
  reply.content_type = std::move(content_type);
  reply.body = std::move(body);
  return reply;
}

bool has_points(const std::vector<ApiRow>& rows) { return !rows.empty() && !rows.front().point.empty(); }

/// {"rejected":[...]}, each row with its reason in one of the ways that there are.
std::string list_of(const std::vector<ApiRow>& refused) {
  std::string rows;
  for (const ApiRow& row : refused) {
    if (!rows.empty()) rows += ',';
    rows += fmt::format(R"({{"stream":"{}","seq":{},)", row.stream, row.first);
    rows += row.first % 2 == 0 ? fmt::format(R"("status":422,"reason":"{}"}})", refusal_of(row))
                               : fmt::format(R"("title":"no","detail":"{}"}})", refusal_of(row));
  }
  return R"({"rejected":[)" + rows + "]}";
}

}  // namespace

void ApiModel::misbehave(ApiMood mood, double share, Millis time) {
  world_.note("API",
              fmt::format("{}, {:.0f} % of the requests for {} s", name_of(mood), share * 100, time.count() / 1'000));
  mood_ = mood;
  share_ = share;
  misbehaves_until_ = world_.scheduler.now() + time;
}

void ApiModel::refuse(ApiRefusal how, double share, Millis time) {
  refusal_ = how;
  refused_share_ = share;
  refused_salt_ = world_.random.next();
  most_rows_ = static_cast<std::size_t>(world_.random.of_any_size(Millis{1}, Millis{500}).count()) - 1;
  refuses_until_ = world_.scheduler.now() + time;
  world_.note(
      "API", fmt::format("refuses {:.1f} % of the rows for {} s, {}", share * 100, time.count() / 1'000, name_of(how)));
}

ApiMood ApiModel::mood_now() {
  const bool misbehaves = world_.scheduler.now() < misbehaves_until_ && world_.random.chance(share_);
  return misbehaves ? mood_ : ApiMood::well;
}

ApiExchange ApiModel::post(const HttpPost& request) {
  ++requests_;
  const ApiBody known = reader_.read(request);
  ApiExchange exchange;
  exchange.is_again = !check_key(request.idempotency_key, known);
  exchange.rows = known.rows.size();
  exchange.took = world_.random.between(Millis{2}, Millis{80});
  const ApiMood mood = mood_now();
  // Some answers are late, also those that say no.
  if (mood != ApiMood::well && world_.random.chance(0.2)) {
    exchange.took = world_.random.between(Millis{2}, request.total_timeout);
  }
  const auto process_it = [&] { return process(request.idempotency_key, known.rows); };
  switch (mood) {
    case ApiMood::well: put(exchange, process_it(), known.rows); break;
    case ApiMood::slow:
      put(exchange, process_it(), known.rows);
      exchange.took = request.total_timeout - world_.random.between(Millis{1}, request.total_timeout / 2);
      break;
    case ApiMood::refuses_connections: exchange.reply = fail(ErrorCode::refused, "connection refused"); break;
    case ApiMood::hangs:
      if (world_.random.chance(0.5)) process_it();
      [[fallthrough]];
    case ApiMood::drips:
      if (mood == ApiMood::drips) process_it();
      exchange.reply = fail(ErrorCode::timeout, "no answer in time");
      exchange.took = request.total_timeout;
      break;
    case ApiMood::floods:
      process_it();
      exchange.reply = fail(ErrorCode::too_large, "the answer is larger than 1 MiB");
      break;
    case ApiMood::resets_after: process_it(); [[fallthrough]];
    case ApiMood::resets_before: exchange.reply = fail(ErrorCode::disconnected, "connection reset"); break;
    case ApiMood::error_500: exchange.reply = reply_of(500, "text/plain", "oops"); break;
    case ApiMood::error_503_asks:
    case ApiMood::error_429_asks: {
      HttpReply reply = reply_of(mood == ApiMood::error_503_asks ? 503 : 429, "text/plain", "busy");
      exchange.asks_to_wait = Millis{1'000} * static_cast<Millis::rep>(world_.random.below(200));
      reply.retry_after = std::to_string(exchange.asks_to_wait.count() / 1'000);
      exchange.reply = std::move(reply);
      break;
    }
    case ApiMood::unauthorized: exchange.reply = reply_of(401); break;
    case ApiMood::forbidden:
      exchange.reply = reply_of(403, "application/problem+json", R"({"title":"Forbidden"})");
      break;
    case ApiMood::redirect: exchange.reply = reply_of(302, "text/html", "<html>elsewhere</html>"); break;
    case ApiMood::stranger: {
      HttpReply reply = reply_of(200);
      (world_.random.chance(0.5) ? reply.is_early : reply.has_more) = true;
      exchange.reply = std::move(reply);
      break;
    }
    case ApiMood::torn: exchange.reply = reply_of(200, "application/json", R"({"rejected":[{"stream":)"); break;
    case ApiMood::trouble_in_200:
      exchange.reply = reply_of(200, "application/json", R"({"success":false,"status":503})");
      break;
    case ApiMood::captive_portal:
      exchange.reply = reply_of(200, "text/html", "<html>Welcome to our Wi-Fi</html>");
      break;
  }
  if (exchange.is_success && exchange.taken.empty()) refused_keys_.insert(request.idempotency_key);
  return exchange;
}

/// What the reply tells of the rows.
void ApiModel::put(ApiExchange& exchange, Answer answer, const std::vector<ApiRow>& rows) const {
  exchange.is_success = true;
  if (answer.is_taken) {
    const auto is_refused = [&](const ApiRow& row) {
      return std::any_of(answer.refused.begin(), answer.refused.end(),
                         [&](const ApiRow& other) { return other.stream == row.stream && other.first == row.first; });
    };
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(exchange.taken),
                 [&](const ApiRow& row) { return !is_refused(row); });
    exchange.refused = std::move(answer.refused);
  } else if (rows.size() == 1) {
    exchange.refused = rows;
  }
  exchange.reply = std::move(answer.reply);
}

// ---- what it takes ----

ApiModel::Answer ApiModel::process(const std::string& key, const std::vector<ApiRow>& rows) {
  const bool remembers = remembers_keys_ && !has_points(rows);
  if (const auto known = answers_.find(key); remembers && known != answers_.end()) return known->second;
  Answer answer = judge(rows);
  if (answer.is_taken || answer.is_partial) {
    for (const ApiRow& row : rows) {
      const bool is_refused = std::any_of(answer.refused.begin(), answer.refused.end(), [&](const ApiRow& other) {
        return other.stream == row.stream && other.first == row.first;
      });
      if (!is_refused) store(row);
    }
  }
  if (remembers && answer.reply.status / 100 == 2) answers_.emplace(key, answer);
  return answer;
}

void ApiModel::store(const ApiRow& row) {
  if (!row.point.empty()) check_point(row);
  if (row.is_gap) gaps_.emplace(row.stream, row.first);
  if (!row.is_gap) world_.ledger.reached_api(destination_, row.stream, {row.first, row.reading});
}

/// A point replaces another one of its name, and stands beside one of another name.
void ApiModel::check_point(const ApiRow& row) {
  const std::string name = fmt::format("{}({}, {})", row.is_gap ? "gap record of " : "", row.stream, row.first);
  const std::string& other = rows_of_points_.try_emplace(row.point, name).first->second;
  if (other != name) world_.ledger.violate("two rows are two points", other + " and " + name + " are " + row.point);
  if (row.is_gap && store_changed_) return;
  // A store that went back may have learned the time of a reading since.
  const ApiRow& earlier = points_of_rows_.try_emplace(name, row).first->second;
  if (earlier.point != row.point && earlier.reading.time == row.reading.time)
    world_.ledger.violate("what is sent again is the same point", earlier.point + " became " + row.point);
}

bool ApiModel::has(const ApiRow& row) const {
  return row.is_gap ? gaps_.contains({row.stream, row.first})
                    : world_.ledger.has_at(destination_, row.stream, row.first, at_api);
}

/// Never what it has: it stored that once.
bool ApiModel::dislikes(const ApiRow& row) const {
  constexpr std::uint64_t parts = 1'000'000;
  EffectHash hash;
  hash.add(row.stream);
  hash.add(row.first);
  hash.add(refused_salt_);
  const bool is_disliked = hash.value() % parts < static_cast<std::uint64_t>(refused_share_ * parts);
  return is_disliked && !has(row);
}

ApiModel::Answer ApiModel::judge(const std::vector<ApiRow>& rows) {
  std::vector<ApiRow> refused;
  if (world_.scheduler.now() < refuses_until_) {
    if (refusal_ == ApiRefusal::too_large) {
      if (rows.size() > most_rows_ && (rows.size() > 1 || !has(rows.front()))) refused = rows;
    } else {
      std::copy_if(rows.begin(), rows.end(), std::back_inserter(refused),
                   [&](const ApiRow& row) { return dislikes(row); });
    }
  }
  if (!refused.empty()) return has_points(rows) ? refuse_points(std::move(refused)) : refuse(std::move(refused));
  const int status = world_.random.chance(0.5) ? 200 : 201;
  return {has_points(rows) ? reply_of(204, "", "") : reply_of(status), {}, true};
}

ApiModel::Answer ApiModel::refuse(std::vector<ApiRow> refused) {
  const std::string reason = refusal_of(refused.front());
  switch (refusal_) {
    case ApiRefusal::lists_rows: {
      HttpReply reply = reply_of(207, "application/json", list_of(refused));
      return {std::move(reply), std::move(refused), true};
    }
    case ApiRefusal::counts_rows:
      return {reply_of(200, "application/json", fmt::format(R"({{"rejected":[{{"row":3}}],"message":"{}"}})", reason))};
    case ApiRefusal::says_no: {
      const std::array<std::string, 4> words{
          fmt::format(R"({{"success":false,"message":"{}"}})", reason), fmt::format(R"({{"error":"{}"}})", reason),
          fmt::format(R"({{"accepted":0,"rejected":{},"message":"{}"}})", refused.size(), reason),
          fmt::format("\xEF\xBB\xBF{{\"Errors\":[1],\"message\":\"{}\"}}", reason)};
      return {reply_of(200, "application/json", words.at(world_.random.below(words.size())))};
    }
    case ApiRefusal::bulk: {
      Answer answer{reply_of(200, "application/json",
                             fmt::format(R"({{"errors":true,"items":[{{"index":{{"status":201}}}},)"
                                         R"({{"index":{{"status":400}}}}],"message":"{}"}})",
                                         reason)),
                    std::move(refused)};
      answer.is_partial = true;
      return answer;
    }
    case ApiRefusal::bad_request: return {reply_of(400, "text/plain", reason + "\n")};
    case ApiRefusal::unprocessable:
      return {reply_of(422, "application/problem+json",
                       fmt::format(R"({{"title":"Unprocessable","status":422,"detail":"{}"}})", reason))};
    case ApiRefusal::too_large: break;
  }
  return {reply_of(413, "application/json", fmt::format(R"({{"error":"{}"}})", reason))};
}

ApiModel::Answer ApiModel::refuse_points(std::vector<ApiRow> refused) {
  if (refusal_ == ApiRefusal::too_large) return refuse(std::move(refused));
  HttpReply reply = reply_of(
      400, "application/json",
      fmt::format(R"({{"error":"partial write: {} dropped={}"}})", refusal_of(refused.front()), refused.size()));
  return {std::move(reply), std::move(refused), false, true};
}

// ---- what it is sent ----

/// A key always brings the same rows: also when a store that went back gives row numbers a second time, though that may
/// have learned other times for them by then. And the same
/// rows of one store come under the same key, until they are refused; or the store does not know any more that they
/// were, alone or with others. Whether the key is new.
bool ApiModel::check_key(const std::string& key, const ApiBody& body) {
  const auto [by_key, is_new] =
      rows_of_key_.try_emplace(key, std::pair(hash_of(body.rows, ""), hash_of(body.rows, "", false)));
  const bool is_same = store_went_back_ ? by_key->second.second == hash_of(body.rows, "", false)
                                        : by_key->second.first == hash_of(body.rows, "");
  if (!is_same) {
    world_.ledger.violate("an Idempotency-Key always brings the same batch", key);
  }
  if (store_went_back_) return is_new;
  std::set<std::string>& keys = keys_of_batch_[hash_of(body.rows, body.first_and_last)];
  if (!keys.insert(key).second) return is_new;
  for (const std::string& other : keys) {
    if (other == key || refused_keys_.contains(other)) continue;
    world_.ledger.violate("a batch comes under the same Idempotency-Key until it is refused", other + " became " + key);
  }
  return is_new;
}

const char* name_of(ApiMood mood) {
  switch (mood) {
    case ApiMood::well: return "well";
    case ApiMood::refuses_connections: return "refuses connections";
    case ApiMood::hangs: return "hangs";
    case ApiMood::resets_before: return "resets before it has stored";
    case ApiMood::resets_after: return "resets after it has stored";
    case ApiMood::slow: return "slow";
    case ApiMood::drips: return "drips";
    case ApiMood::floods: return "floods";
    case ApiMood::error_500: return "500";
    case ApiMood::error_503_asks: return "503 with Retry-After";
    case ApiMood::error_429_asks: return "429 with Retry-After";
    case ApiMood::unauthorized: return "401";
    case ApiMood::forbidden: return "403";
    case ApiMood::redirect: return "redirect";
    case ApiMood::stranger: return "an answer to something else";
    case ApiMood::torn: return "a body that is torn";
    case ApiMood::trouble_in_200: return "503 in a 200";
    case ApiMood::captive_portal: return "captive portal";
  }
  return "?";
}

const char* name_of(ApiRefusal how) {
  switch (how) {
    case ApiRefusal::lists_rows: return "in a list";
    case ApiRefusal::counts_rows: return "without naming them";
    case ApiRefusal::says_no: return "by words in a 200";
    case ApiRefusal::bulk: return "by a status for each row";
    case ApiRefusal::bad_request: return "with 400";
    case ApiRefusal::unprocessable: return "with 422";
    case ApiRefusal::too_large: return "with 413";
  }
  return "?";
}

}  // namespace sensors::simulation
