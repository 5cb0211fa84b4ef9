#include "tests/simulation/writing_client.hpp"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/codec/reading_json.hpp"
#include "common/codec/time_text.hpp"

namespace sensors::simulation {

namespace {

using Json = nlohmann::json;

enum class Verdict {
  stored,
  taken,      // it will be, unless the bridge dies
  not_taken,  // nothing of it
  unknown,
};

bool says(const WebResponse& answer, std::string_view part) { return answer.body.find(part) != std::string::npos; }

/// As a client that has read docs/http.md understands it; nothing: this is no answer to a write that is right.
std::optional<Verdict> verdict_of(const WebResponse& answer) {
  switch (answer.status) {
    case 200: return says(answer, R"("state":"stored")") ? Verdict::stored : Verdict::taken;
    case 201: return Verdict::stored;
    case 202: return Verdict::taken;
    case 404: return Verdict::unknown;  // its location, not it
    case 429: return Verdict::not_taken;
    case 503:
      if (answer.body.empty() || says(answer, "nothing of this was taken") || says(answer, "none of these was"))
        return Verdict::not_taken;
      return Verdict::unknown;
    default: return std::nullopt;
  }
}

std::string header_of(const WebResponse& answer, std::string_view name) {
  for (const auto& [known, value] : answer.headers) {
    if (known == name) return value;
  }
  return "";
}

void append_row(std::string& body, std::uint64_t number, WallTime time) {
  body += fmt::format(R"({}{{"sensor":"client.{}","unit":"Cel","time":"{}","value":)", body == "[" ? "" : ",",
                      number % 5, time_text(time));
  const Value value = Ledger::value_of(number);
  if (const auto* text = std::get_if<std::string>(&value)) {
    append_json_string(body, *text);
  } else {
    body += std::to_string(number);
  }
  body += '}';
}

}  // namespace

WritingClient::WritingClient(World& world, BridgeService& bridge, Random random)
    : world_(world),
      bridge_(bridge),
      random_(random),
      mean_pause_(random_.of_any_size(Millis{5 * 60'000}, Millis{60 * 60'000})) {}

void WritingClient::start() { write_again_later(); }

void WritingClient::write_again_later() {
  world_.after(random_.exponential(mean_pause_), [this] {
    if (!is_writing_) return;
    write();
    write_again_later();
  });
}

void WritingClient::write() {
  writes_.emplace(++last_write_, new_write());
  send(last_write_);
}

WritingClient::Write WritingClient::new_write() {
  Write write;
  if (random_.chance(0.8)) write.key = random_.id();
  write.waits_elsewhere = random_.chance(0.2);
  // Now and then more than one message takes.
  const std::uint64_t rows = random_.chance(0.05)
                                 ? random_.between(201, 1'000)
                                 : static_cast<std::uint64_t>(random_.of_any_size(Millis{1}, Millis{60}).count());
  write.body = "[";
  for (std::uint64_t row = 0; row < rows; ++row) {
    write.numbers.push_back(world_.ledger.next_number());
    world_.ledger.offered(write.numbers.back(), world_.wall());
    append_row(write.body, write.numbers.back(), world_.wall());
  }
  write.body += ']';
  return write;
}

WebRequest WritingClient::request_of(const Write& write) const {
  WebRequest request;
  request.client = "192.0.2.1";
  if (!write.location.empty()) {
    request.method = "GET";
    request.target = write.location;
    return request;
  }
  request.method = "POST";
  request.target = "/v1/readings";
  request.headers = {{"content-type", "application/json"}};
  if (!write.key.empty()) request.headers.emplace_back("idempotency-key", write.key);
  if (write.waits_elsewhere) request.headers.emplace_back("prefer", "respond-async");
  request.body = write.body;
  return request;
}

void WritingClient::send(std::uint64_t id) {
  Write& write = writes_.at(id);
  const std::uint64_t attempt = ++write.attempt;
  world_.after(latency(), [this, attempt, id, request = request_of(write)] {
    bridge_.ask(request, [this, id, attempt](Answer answer) {
      if (random_.chance(0.03)) answer.reset();  // lost on its way
      world_.after(latency(), [this, id, attempt, answer = std::move(answer)] { heard(id, attempt, answer); });
    });
  });
  const Millis patience = random_.of_any_size(Millis{100}, Millis{60'000});
  world_.after(patience, [this, id, attempt] { heard(id, attempt, std::nullopt); });
}

void WritingClient::heard(std::uint64_t id, std::uint64_t attempt, const Answer& answer) {
  const auto found = writes_.find(id);
  if (found == writes_.end() || found->second.attempt != attempt) return;  // it has sent it again, or knows
  Write& write = found->second;
  ++write.attempt;
  const std::optional<Verdict> verdict = answer.has_value() ? verdict_of(*answer) : Verdict::unknown;
  if (!verdict.has_value()) {
    return world_.ledger.violate("a write that is right is taken", fmt::format("{}: {}", answer->status, answer->body));
  }
  if (answer.has_value()) heard_of(write, *answer);
  const bool asks_again = *verdict == Verdict::stored && !write.key.empty() && random_.chance(0.1);
  const bool is_over = *verdict == Verdict::stored || (gives_up_ && random_.chance(0.02)) ||
                       (*verdict == Verdict::unknown && write.key.empty());
  if (is_over && !asks_again) return static_cast<void>(writes_.erase(found));
  send_later(id);
}

void WritingClient::heard_of(Write& write, const WebResponse& answer) {
  switch (answer.status) {
    case 200: return check_state(write, answer.body);
    case 201: return check_rows(write, answer.body);
    case 202: write.location = header_of(answer, "Location"); return;
    case 404: write.location.clear(); return;  // with its key it is sent again
    default: return;
  }
}

void WritingClient::send_later(std::uint64_t id) {
  world_.after(random_.of_any_size(Millis{100}, Millis{60'000}), [this, id] { send(id); });
}

void WritingClient::check_rows(const Write& write, const std::string& body) {
  const Json answer = Json::parse(body);
  const Json& results = answer.at("results");
  if (results.size() != write.numbers.size())
    return world_.ledger.violate("201 names every row", fmt::format("{} of {}", results.size(), write.numbers.size()));
  for (std::size_t row = 0; row < results.size(); ++row)
    world_.ledger.promised(write.numbers[row], results[row].at("stream"), results[row].at("seq"));
}

void WritingClient::check_state(const Write& write, const std::string& body) {
  const Json state = Json::parse(body);
  if (state.at("state") != "stored") return;
  const std::uint64_t first = state.at("first");
  for (std::size_t row = 0; row < write.numbers.size(); ++row)
    world_.ledger.promised(write.numbers[row], state.at("stream"), first + row);
}

}  // namespace sensors::simulation
