// Payloads that must be refused, each with the code and the key that says what is wrong.
#include <gtest/gtest.h>

#include "common/codec/reading_json.hpp"

namespace sensors {
namespace {

struct BadPayload {
  std::string name;
  std::string payload;
  ErrorCode code;
  std::string says;
};

void PrintTo(const BadPayload& bad, std::ostream* out) { *out << bad.name; }

constexpr const char* good =
    R"({"sensor":"x","value":1,"unit":"Cel","time":"2026-01-15T16:09:35Z","seq":1,"stream":"k"})";

/// The good payload with its first `from` replaced.
std::string with(std::string from, const std::string& to) {
  std::string payload = good;
  payload.replace(payload.find(from), from.size(), to);
  return payload;
}

std::string nested(std::size_t depth) {
  return with(R"("value":1)", R"("value":1,"more":)" + std::string(depth, '[') + std::string(depth, ']'));
}

class BadReading : public testing::TestWithParam<BadPayload> {};

TEST_P(BadReading, is_refused_with_its_reason) {
  const Result<Batch> result = ReadingDecoder().reading(GetParam().payload);
  ASSERT_FALSE(result.has_value()) << GetParam().payload.substr(0, 200);
  EXPECT_EQ(result.error().code, GetParam().code) << result.error().message;
  EXPECT_NE(result.error().message.find(GetParam().says), std::string::npos) << result.error().message;
}

const auto name_of_case = [](const auto& bad) { return bad.param.name; };

INSTANTIATE_TEST_SUITE_P(
    NotJson, BadReading,
    testing::Values(BadPayload{"empty", "", ErrorCode::malformed, "JSON"},
                    BadPayload{"blank", "  \n", ErrorCode::malformed, "JSON"},
                    BadPayload{"cut", std::string(good).substr(0, 50), ErrorCode::malformed, "JSON"},
                    BadPayload{"trailing", std::string(good) + "x", ErrorCode::malformed, "JSON"},
                    BadPayload{"two_documents", std::string(good) + good, ErrorCode::malformed, "JSON"},
                    BadPayload{"zero_bytes", std::string(64, '\0'), ErrorCode::malformed, "JSON"},
                    BadPayload{"byte_order_mark", "\xef\xbb\xbf" + std::string(good), ErrorCode::malformed,
                               "begins with a byte order mark"},
                    BadPayload{"not_utf8", with("\"x\"", "\"\xff\""), ErrorCode::malformed, "JSON"},
                    BadPayload{"not_utf8_in_an_unknown_key", with("\"value\"", "\"\xc0\xaf\":1,\"value\""),
                               ErrorCode::malformed, "JSON"},
                    BadPayload{"lone_surrogate", with("1,", "\"\\ud800\","), ErrorCode::malformed, "JSON"},
                    BadPayload{"raw_control_character", with("1,", "\"\n\","), ErrorCode::malformed, "JSON"},
                    BadPayload{"leading_zero", with("1,", "01,"), ErrorCode::malformed, "JSON"},
                    BadPayload{"long_leading_zero", with("1,", "00000000000000000000001,"), ErrorCode::malformed,
                               "JSON"},
                    BadPayload{"no_number", with("1,", "NaN,"), ErrorCode::malformed, "JSON"},
                    BadPayload{"too_deep", nested(8), ErrorCode::malformed, "deep"},
                    BadPayload{"far_too_deep", nested(100'000), ErrorCode::malformed, "deep"},
                    BadPayload{"unclosed_depth", std::string(200'000, '['), ErrorCode::malformed, "JSON"},
                    BadPayload{"too_large", with("1,", "\"" + std::string(max_payload_bytes, 'a') + "\","),
                               ErrorCode::too_large, "262144"}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    WrongType, BadReading,
    testing::Values(BadPayload{"array", "[]", ErrorCode::malformed, "object"},
                    BadPayload{"text", "\"x\"", ErrorCode::malformed, "object"},
                    BadPayload{"null", "null", ErrorCode::malformed, "object"},
                    BadPayload{"no_keys", "{}", ErrorCode::malformed, "missing"},
                    BadPayload{"sensor_number", with("\"x\"", "1"), ErrorCode::malformed, "sensor"},
                    BadPayload{"value_null", with("1,", "null,"), ErrorCode::malformed, "value"},
                    BadPayload{"value_object", with("1,", "{},"), ErrorCode::malformed, "value"},
                    BadPayload{"value_array", with("1,", "[1],"), ErrorCode::malformed, "value"},
                    BadPayload{"value_beyond_double", with("1,", "1e400,"), ErrorCode::malformed, "value"},
                    BadPayload{"value_a_long_integer_beyond_double", with("1,", "1" + std::string(400, '0') + ","),
                               ErrorCode::malformed, "value"},
                    BadPayload{"unit_null", with("\"Cel\"", "null"), ErrorCode::malformed, "unit"},
                    BadPayload{"time_number", with("\"2026-01-15T16:09:35Z\"", "1768493375"), ErrorCode::malformed,
                               "time"},
                    BadPayload{"time_text", with("2026-01-15T", "yesterday "), ErrorCode::malformed, "time"},
                    BadPayload{"no_uptime", with("\"seq\"", R"("clock":"unsynced","boot":"b","seq")"),
                               ErrorCode::malformed, "uptime_ms"},
                    BadPayload{"seq_text", with("\"seq\":1", "\"seq\":\"1\""), ErrorCode::malformed, "seq"},
                    BadPayload{"seq_decimal", with("\"seq\":1", "\"seq\":1.0"), ErrorCode::malformed, "seq"},
                    BadPayload{"seq_bool", with("\"seq\":1", "\"seq\":true"), ErrorCode::malformed, "seq"},
                    BadPayload{"seq_beyond_64_bits", with("\"seq\":1", "\"seq\":99999999999999999999"),
                               ErrorCode::malformed, "seq"},
                    BadPayload{"stream_number", with("\"k\"", "7"), ErrorCode::malformed, "stream"},
                    BadPayload{"no_sensor", with("\"sensor\"", "\"Sensor\""), ErrorCode::malformed, "sensor"},
                    BadPayload{"no_value", with("\"value\"", "\"v\""), ErrorCode::malformed, "value"},
                    BadPayload{"no_unit", with("\"unit\"", "\"u\""), ErrorCode::malformed, "unit"},
                    BadPayload{"no_time", with("\"time\"", "\"t\""), ErrorCode::malformed, "time"},
                    BadPayload{"no_seq", with("\"seq\"", "\"s\""), ErrorCode::malformed, "seq"},
                    BadPayload{"no_stream", with("\"stream\"", "\"s\""), ErrorCode::malformed, "stream"},
                    BadPayload{"seq_twice", with("\"seq\":1", "\"seq\":1,\"seq\":2"), ErrorCode::malformed,
                               "seq: comes more than once"},
                    BadPayload{"same_value_twice", with("\"value\":1", "\"value\":1,\"value\":1"), ErrorCode::malformed,
                               "value: comes more than once"},
                    BadPayload{"seq_twice_once_escaped", with("\"seq\":1", "\"seq\":1,\"\\u0073eq\":2"),
                               ErrorCode::malformed, "more than once"}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    OutOfRules, BadReading,
    testing::Values(
        BadPayload{"sensor_empty", with("\"x\"", "\"\""), ErrorCode::invalid, "sensor"},
        BadPayload{"sensor_slash", with("\"x\"", "\"a/b\""), ErrorCode::invalid, "sensor"},
        BadPayload{"sensor_long", with("\"x\"", "\"" + std::string(65, 'x') + "\""), ErrorCode::invalid, "sensor"},
        BadPayload{"sensor_with_escaped_null", with("\"x\"", "\"x\\u0000\""), ErrorCode::invalid, "sensor"},
        BadPayload{"unit_space", with("Cel", "deg C"), ErrorCode::invalid, "unit"},
        BadPayload{"value_long_text", with("1,", "\"" + std::string(257, 'a') + "\","), ErrorCode::invalid, "256"},
        BadPayload{"stream_grammar", with("\"k\"", "\"k 3\""), ErrorCode::invalid, "stream"},
        BadPayload{"seq_zero", with("\"seq\":1", "\"seq\":0"), ErrorCode::invalid, "seq"},
        BadPayload{"seq_minus_zero", with("\"seq\":1", "\"seq\":-0"), ErrorCode::invalid, "seq"},
        BadPayload{"seq_negative", with("\"seq\":1", "\"seq\":-1"), ErrorCode::invalid, "seq"},
        BadPayload{"seq_inexact", with("\"seq\":1", "\"seq\":9007199254740992"), ErrorCode::invalid, "seq"},
        BadPayload{"clock_of_another_kind", with("\"seq\"", R"("clock":"drifting","uptime_ms":1,"boot":"b","seq")"),
                   ErrorCode::invalid, "clock"},
        BadPayload{"uptime_without_boot", with("\"seq\"", R"("clock":"unsynced","uptime_ms":1,"seq")"),
                   ErrorCode::invalid, "boot"},
        BadPayload{"boot_grammar", with("\"seq\"", R"("clock":"unsynced","uptime_ms":1,"boot":"b/c","seq")"),
                   ErrorCode::invalid, "boot"},
        BadPayload{"uptime_negative", with("\"seq\"", R"("clock":"unsynced","uptime_ms":-1,"boot":"b","seq")"),
                   ErrorCode::invalid, "uptime_ms"},
        BadPayload{"uptime_of_centuries",
                   with("\"seq\"", R"("clock":"unsynced","uptime_ms":3155760000001,"boot":"b","seq")"),
                   ErrorCode::invalid, "uptime_ms"},
        BadPayload{"seq_64_bits", with("\"seq\":1", "\"seq\":18446744073709551615"), ErrorCode::invalid, "seq"}),
    name_of_case);

TEST(GoodReading, may_have_keys_in_any_order_white_space_and_unknown_keys) {
  EXPECT_TRUE(ReadingDecoder().reading(good).has_value());
  EXPECT_TRUE(ReadingDecoder().reading(nested(7)).has_value());
  EXPECT_TRUE(
      ReadingDecoder()
          .reading(
              "\n{ \"stream\" : \"k\" , \"seq\":9007199254740991,\"time\":\"2026-01-15T16:09:35Z\",\"x\":null,\"x\":1,"
              "\"unit\":\"\",\"value\":\"\",\"sensor\":\"\\u0078\"}\t")
          .has_value());
}

TEST(GoodReading, is_taken_after_any_refused_one) {
  ReadingDecoder decoder;
  for (const std::string& bad :
       {nested(100'000), std::string(good).substr(0, 40), std::string(max_payload_bytes + 1, ' '), std::string()}) {
    EXPECT_FALSE(decoder.reading(bad).has_value());
    EXPECT_TRUE(decoder.reading(good).has_value());
  }
}

}  // namespace
}  // namespace sensors
