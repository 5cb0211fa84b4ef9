#include "tests/simulation/api_model.hpp"

#include <fmt/format.h>

namespace sensors::simulation {

using bridge::HttpPost;
using bridge::HttpReply;

namespace {

std::uint64_t hash_of(const std::string& text) {
  EffectHash hash;
  hash.add(text);
  return hash.value();
}

/// The rows are what the key names; how many more wait may differ from one try to the next.
std::string rows_of(const std::string& body) {
  const std::size_t at = body.find("\"readings\":");
  return at == std::string::npos ? body : body.substr(at);
}

HttpReply reply_of(int status, std::string content_type = "application/json", std::string body = "{}") {
  HttpReply reply;
  reply.status = status;
  reply.content_type = std::move(content_type);
  reply.body = std::move(body);
  return reply;
}

}  // namespace

const char* name_of(ApiMood mood) {
  switch (mood) {
    case ApiMood::well: return "well";
    case ApiMood::refuses_connections: return "refuses connections";
    case ApiMood::hangs: return "hangs";
    case ApiMood::resets_before: return "resets before it has stored";
    case ApiMood::resets_after: return "resets after it has stored";
    case ApiMood::slow: return "slow";
    case ApiMood::error_500: return "500";
    case ApiMood::error_503_asks: return "503 with Retry-After";
    case ApiMood::error_429_asks: return "429 with Retry-After";
    case ApiMood::unauthorized: return "401";
    case ApiMood::captive_portal: return "captive portal";
  }
  return "?";
}

void ApiModel::misbehave(ApiMood mood, double share, Millis time) {
  world_.note("API",
              fmt::format("{}, {:.0f} % of the requests for {} s", name_of(mood), share * 100, time.count() / 1'000));
  mood_ = mood;
  share_ = share;
  misbehaves_until_ = world_.scheduler.now() + time;
}

ApiMood ApiModel::mood_now() {
  const bool misbehaves = world_.scheduler.now() < misbehaves_until_ && world_.random.chance(share_);
  return misbehaves ? mood_ : ApiMood::well;
}

ApiExchange ApiModel::post(const HttpPost& request) {
  ++requests_;
  check_key(request);
  ApiExchange exchange;
  exchange.rows = read(request.body);
  exchange.took = world_.random.between(Millis{2}, Millis{80});
  const ApiMood mood = mood_now();
  // Some answers are late, also those that say no.
  if (mood != ApiMood::well && world_.random.chance(0.2)) {
    exchange.took = world_.random.between(Millis{2}, request.total_timeout);
  }
  const bool stores = mood == ApiMood::well || mood == ApiMood::slow || mood == ApiMood::resets_after ||
                      (mood == ApiMood::hangs && world_.random.chance(0.5));
  if (stores) take(request, exchange.rows);
  switch (mood) {
    case ApiMood::well: exchange.reply = reply_of(200); break;
    case ApiMood::slow:
      exchange.reply = reply_of(201);
      exchange.took = request.total_timeout - world_.random.between(Millis{1}, request.total_timeout / 2);
      break;
    case ApiMood::refuses_connections: exchange.reply = fail(ErrorCode::refused, "connection refused"); break;
    case ApiMood::hangs:
      exchange.reply = fail(ErrorCode::timeout, "no answer in time");
      exchange.took = request.total_timeout;
      break;
    case ApiMood::resets_before:
    case ApiMood::resets_after: exchange.reply = fail(ErrorCode::disconnected, "connection reset"); break;
    case ApiMood::error_500: exchange.reply = reply_of(500, "text/plain", "oops"); break;
    case ApiMood::error_503_asks:
    case ApiMood::error_429_asks: {
      HttpReply reply = reply_of(mood == ApiMood::error_503_asks ? 503 : 429, "text/plain", "busy");
      reply.retry_after = std::to_string(world_.random.below(200));
      exchange.reply = std::move(reply);
      break;
    }
    case ApiMood::unauthorized: exchange.reply = reply_of(401); break;
    case ApiMood::captive_portal:
      exchange.reply = reply_of(200, "text/html", "<html>Welcome to our Wi-Fi</html>");
      break;
  }
  return exchange;
}

/// The same rows of one store always come under the same key, and a key always brings the same rows.
void ApiModel::check_key(const HttpPost& request) {
  const std::string store = request.idempotency_key.substr(0, request.idempotency_key.find(':'));
  const std::uint64_t rows = hash_of(store + rows_of(request.body));
  const auto [by_key, new_key] = sent_keys_.try_emplace(request.idempotency_key, rows);
  const auto [by_rows, new_rows] = sent_bodies_.try_emplace(rows, request.idempotency_key);
  if (by_key->second != rows && !keys_come_again_) {
    world_.ledger.violate("an Idempotency-Key always brings the same batch", request.idempotency_key);
  }
  if (by_rows->second != request.idempotency_key && !keys_come_again_) {
    world_.ledger.violate("a batch always comes under the same Idempotency-Key",
                          by_rows->second + " became " + request.idempotency_key);
  }
}

void ApiModel::take(const HttpPost& request, const std::vector<ApiRow>& rows) {
  if (remembers_keys_ && !taken_keys_.try_emplace(request.idempotency_key, 0).second) return;
  for (const ApiRow& row : rows) {
    if (!row.is_gap) world_.ledger.reached_api(row.stream, row.first, row.value);
  }
}

std::vector<ApiRow> ApiModel::read(const std::string& body) {
  std::vector<ApiRow> rows;
  simdjson::dom::element root;
  if (parser_.parse(body).get(root) != simdjson::SUCCESS) {
    world_.ledger.violate("what is delivered can be read", body.substr(0, 200));
    return rows;
  }
  simdjson::dom::array list;
  if (root["readings"].get(list) == simdjson::SUCCESS) {
    for (const simdjson::dom::element element : list) {
      ApiRow row;
      row.stream = std::string(element["stream"].get_string().value());
      row.first = row.last = element["seq"].get_uint64().value();
      std::string_view text;
      if (element["value"].get(text) == simdjson::SUCCESS) {
        row.value = std::string(text);
      } else {
        row.value = element["value"].get_double().value();
      }
      rows.push_back(std::move(row));
    }
  }
  if (root["gaps"].get(list) == simdjson::SUCCESS) {
    for (const simdjson::dom::element element : list) {
      rows.push_back({std::string(element["stream"].get_string().value()),
                      element["first"].get_uint64().value(),
                      element["last"].get_uint64().value(),
                      true,
                      {}});
    }
  }
  return rows;
}

}  // namespace sensors::simulation
