// What no topic's payload may be, whichever it is: each decoder refuses it and says what is wrong.
#include <algorithm>
#include <functional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/codec/control_json.hpp"
#include "common/codec/dead_letter_json.hpp"
#include "common/codec/discovery_json.hpp"
#include "common/codec/json_object.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/rpc_json.hpp"
#include "common/codec/status_json.hpp"
#include "common/codec/store_answer.hpp"
#include "tests/support/any_reading.hpp"

namespace sensors {
namespace {

constexpr std::size_t max_answer_bytes = 2 * 1024 * 1024;  // the broker's largest packet
constexpr std::size_t nestings = 100'000;                  // where the limit admits so many

using Decode = std::function<Result<void>(std::string_view)>;

/// `good` has no key that the decoder ignores.
struct Payload {
  std::string name;
  std::string good;
  std::size_t most_bytes;
  Decode decode;
};

void PrintTo(const Payload& payload, std::ostream* out) { *out << payload.name; }

/// `decode` without what it reads.
template <class Function>
Decode only_whether(Function decode) {
  return [decode](std::string_view payload) -> Result<void> {
    const auto result = decode(payload);
    TRY(result);
    return {};
  };
}

const StoredReading stored_reading{0, "kitchen", "k3", {7, {"x", 1.5, "Cel", moment}}};
const StoredGap stored_gap{0, "kitchen", "k3", {8, 9, "thinned", moment}};

std::vector<Payload> from_the_publisher() {
  return {{"reading", encode_reading({7, {"x", 1.5, "Cel", moment, Millis{5}}}, "k3", "b"), max_payload_bytes,
           only_whether([](std::string_view payload) { return ReadingDecoder().reading(payload); })},
          {"batch", R"({"stream":"k3","boot":"b","readings":[],"gaps":[]})", max_payload_bytes,
           only_whether([](std::string_view payload) { return ReadingDecoder().batch(payload); })},
          {"clock", encode_boot_time({"b", moment}), max_payload_bytes, only_whether(decode_boot_time)}};
}

std::vector<Payload> from_every_service() {
  return {
      {"committed", encode_committed({"w5", "k3", 1042, true}), max_payload_bytes, only_whether(decode_committed)},
      {"queue", encode_queue_depth({12, 100, 1'000, 3.2, 9.9, true}), max_payload_bytes,
       only_whether(decode_queue_depth)},
      {"status", encode_status({"s", ServiceState::up, "", moment, "1", R"("pressure":"","store":"w5")"}),
       max_payload_bytes, only_whether(decode_status)},
      {"state_of_a_status", R"({"state":"up"})", max_payload_bytes, only_whether(decode_status_state)},
      {"delivers_of_a_status", R"({"delivers":false})", max_payload_bytes, only_whether(decode_status_delivers)},
      {"event", encode_event("pace", moment, "text"), max_payload_bytes, only_whether(decode_event)},
      {"control", encode_breaker_order(BreakerOrder::isolate), max_payload_bytes, only_whether(decode_breaker_order)},
      {"payload_for_the_page", "{}", JsonObjectReader::max_bytes,
       only_whether([](std::string_view payload) { return JsonObjectReader().one_line(payload); })},
      {"discovery", R"({"unique_id":"sensors/n/x","state_topic":"sensors/n/reading/x"})", max_payload_bytes,
       only_whether(decode_discovery_address)}};
}

std::vector<Payload> to_the_store() {
  return {{"upload_request", encode_upload_request({"api", 100, 1'000, 7}), max_rpc_request_bytes,
           only_whether(decode_upload_request)},
          {"uploaded_request", encode_uploaded_request({"w5", "api", 1, 200, {{{"k3", 7}, 422, "no"}}}),
           max_answer_bytes, only_whether(decode_uploaded_request)},
          {"query",
           R"({"node":"n","sensor":"x","from":"2026-01-15T16:09:35Z","to":"2026-01-16T16:09:35Z","limit":7,)"
           R"("latest":false,"order":"desc","cursor":"1768493375123-42","step_ms":1000,"fn":"max"})",
           max_rpc_request_bytes, only_whether(decode_query_request)},
          {"listing_of_dead_letters", R"({"action":"list","destination":"api","after":7,"limit":20})",
           max_rpc_request_bytes, only_whether(decode_dead_letters_request)},
          {"requeuing_of_dead_letters", R"({"action":"requeue","ids":[1,2]})", max_rpc_request_bytes,
           only_whether(decode_dead_letters_request)},
          {"purge_of_dead_letters", R"({"action":"purge","all":true})", max_rpc_request_bytes,
           only_whether(decode_dead_letters_request)}};
}

std::vector<Payload> from_the_store() {
  const UploadBatch batch{"w5", "api", 1, 3, 4, {stored_reading}, {stored_gap}};
  nlohmann::json without_digest = nlohmann::json::parse(encode_upload_batch(batch));
  without_digest.erase("digest");
  const QueryCursor next{moment, 42};
  return {{"upload_batch_for_its_header", encode_upload_batch(batch), max_answer_bytes,
           only_whether(decode_upload_batch_header)},
          {"upload_batch", without_digest.dump(), max_answer_bytes, only_whether(decode_upload_batch)},
          {"uploaded_answer", encode_uploaded_answer({200, 10}), max_rpc_request_bytes,
           only_whether(decode_uploaded_answer)},
          {"query_answer", encode_query_answer({stored_reading}, true, next), max_answer_bytes,
           only_whether(decode_query_answer)},
          {"bucket_answer", encode_bucket_answer({{1, "n", "x", "Cel", moment, 1.5, 2}}, true, next), max_answer_bytes,
           only_whether(decode_bucket_answer)},
          {"dead_letters", encode_dead_letter_list({{7, "api", 422, "no", moment, 2, true, stored_reading}}, false),
           max_answer_bytes, only_whether(decode_dead_letter_list)},
          {"dead_letters_changed", encode_dead_letters_changed(DeadLettersRequest::Action::purge, 3, 5),
           max_answer_bytes, only_whether(decode_dead_letters_changed)}};
}

struct Mistake {
  std::string what;
  std::string payload;
  ErrorCode code;
  std::string says;
};

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::vector<Mistake> mistakes_with(const Payload& payload) {
  const std::string& good = payload.good;
  const std::size_t deep = std::min(nestings, payload.most_bytes / std::string_view(R"({"a":})").size() - 1);
  return {{"nothing", "", ErrorCode::malformed, "JSON"},
          {"cut short", good.substr(0, good.size() - 1), ErrorCode::malformed, "JSON"},
          {"brackets", std::string(std::min(nestings, payload.most_bytes), '['), ErrorCode::malformed, "JSON"},
          {"deep", repeated(R"({"a":)", deep) + "1" + repeated("}", deep), ErrorCode::malformed, "deep"},
          {"not UTF-8", "{\"a\":\"\xff\"" + std::string(good == "{}" ? "" : ",") + good.substr(1), ErrorCode::malformed,
           "JSON"},
          {"too large", good + std::string(payload.most_bytes + 1 - good.size(), ' '), ErrorCode::too_large,
           std::to_string(payload.most_bytes)},
          {"array", "[" + good + "]", ErrorCode::malformed, "object"},
          {"null", "null", ErrorCode::malformed, "object"}};
}

class TopicPayload : public testing::TestWithParam<Payload> {};

TEST_P(TopicPayload, is_refused_with_what_is_wrong_as_json) {
  for (const Mistake& mistake : mistakes_with(GetParam())) {
    const Result<void> result = GetParam().decode(mistake.payload);
    ASSERT_FALSE(result.has_value()) << mistake.what;
    EXPECT_EQ(result.error().code, mistake.code) << mistake.what << ": " << result.error().message;
    EXPECT_NE(result.error().message.find(mistake.says), std::string::npos)
        << mistake.what << ": " << result.error().message;
  }
}

TEST_P(TopicPayload, is_refused_with_the_key_that_has_another_type) {
  const nlohmann::json good = nlohmann::json::parse(GetParam().good);
  for (const auto& [key, value] : good.items()) {
    nlohmann::json bad = good;
    bad[key] = nlohmann::json::object();
    const Result<void> result = GetParam().decode(bad.dump());
    ASSERT_FALSE(result.has_value()) << bad.dump();
    EXPECT_EQ(result.error().code, ErrorCode::malformed) << result.error().message;
    EXPECT_EQ(result.error().message.rfind(key + ": must be ", 0), 0U) << result.error().message;
  }
}

TEST_P(TopicPayload, is_taken_when_it_is_as_large_as_may_be) {
  std::string largest = GetParam().good;
  largest.resize(GetParam().most_bytes, ' ');
  const Result<void> result = GetParam().decode(largest);
  EXPECT_TRUE(result.has_value()) << result.error().message;
}

const auto name_of_payload = [](const auto& payload) { return payload.param.name; };

INSTANTIATE_TEST_SUITE_P(Publisher, TopicPayload, testing::ValuesIn(from_the_publisher()), name_of_payload);
INSTANTIATE_TEST_SUITE_P(Services, TopicPayload, testing::ValuesIn(from_every_service()), name_of_payload);
INSTANTIATE_TEST_SUITE_P(Requests, TopicPayload, testing::ValuesIn(to_the_store()), name_of_payload);
INSTANTIATE_TEST_SUITE_P(Answers, TopicPayload, testing::ValuesIn(from_the_store()), name_of_payload);

}  // namespace
}  // namespace sensors
