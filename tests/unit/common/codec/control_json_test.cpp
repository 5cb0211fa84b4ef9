// Watermarks, queue depths, status, events and errors: written as the protocol shows, read with every check.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <nlohmann/json.hpp>

#include "common/codec/control_json.hpp"
#include "tests/support/any_reading.hpp"

namespace sensors {
namespace {

TEST(Committed, is_written_as_the_protocol_shows_it) {
  EXPECT_EQ(encode_committed({"w5", "k3", 1042, false}), R"({"store":"w5","stream":"k3","through":1042})");
  EXPECT_EQ(encode_committed({"w5", "k3", 0, true}), R"({"store":"w5","stream":"k3","through":0,"resend":true})");
}

TEST(Committed, is_read_back_as_written) {
  EXPECT_TRUE(rc::check("decode(encode(c)) == c", [] {
    const Committed committed{any_name(), any_name(), any_seq() - 1, *rc::gen::arbitrary<bool>()};
    RC_ASSERT(decode_committed(encode_committed(committed)).value() == committed);
  }));
}

class BadCommitted : public testing::TestWithParam<const char*> {};

TEST_P(BadCommitted, is_refused) { EXPECT_FALSE(decode_committed(GetParam()).has_value()); }

INSTANTIATE_TEST_SUITE_P(
    Committed, BadCommitted,
    testing::Values("", "null", "{}", "[1]", R"({"store":"w5","stream":"k3"})", R"({"store":"w5","through":1})",
                    R"({"stream":"k3","through":1})", R"({"store":"w 5","stream":"k3","through":1})",
                    R"({"store":"w5","stream":"","through":1})", R"({"store":"w5","stream":"k3","through":-1})",
                    R"({"store":"w5","stream":"k3","through":1.5})", R"({"store":"w5","stream":"k3","through":"1"})",
                    R"({"store":"w5","stream":"k3","through":9007199254740992})",
                    R"({"store":"w5","stream":"k3","through":1,"through":900})",
                    R"({"store":"w5","stream":"k3","through":1,"resend":1})",
                    "{\"store\":\"\xff\",\"stream\":\"k3\",\"through\":1}"));

TEST(QueueDepth, is_written_as_the_protocol_shows_it) {
  EXPECT_EQ(encode_queue_depth({12, 10'000, 1'000'000, 3.2, 9.9, false}),
            R"({"depth":12,"high":10000,"limit":1000000,"oldest_s":3.2,"rate_per_s":9.9,"pressure":false})");
}

TEST(QueueDepth, is_read_back_as_written) {
  EXPECT_TRUE(rc::check(
      "decode(encode(q)) == q", [](std::uint64_t depth, std::uint64_t high, std::uint64_t limit, bool pressure) {
        const QueueDepth queue{
            depth, high, limit, *rc::gen::inRange(0, 1'000'000) / 7.0, *rc::gen::inRange(0, 1'000'000) / 3.0, pressure};
        RC_ASSERT(decode_queue_depth(encode_queue_depth(queue)).value() == queue);
      }));
}

TEST(QueueDepth, says_zero_for_a_rate_that_is_no_number) {
  QueueDepth queue;
  queue.rate_per_s = 0.0 / std::numeric_limits<double>::infinity() + std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(decode_queue_depth(encode_queue_depth(queue)).value().rate_per_s, 0.0);
}

TEST(QueueDepth, is_refused_when_a_key_is_missing_or_wrong) {
  const nlohmann::json good = nlohmann::json::parse(encode_queue_depth({1, 2, 3, 4, 5, true}));
  for (const auto& [key, value] : good.items()) {
    nlohmann::json bad = good;
    bad.erase(key);
    EXPECT_FALSE(decode_queue_depth(bad.dump()).has_value()) << key;
    bad[key] = "1";
    EXPECT_FALSE(decode_queue_depth(bad.dump()).has_value()) << key;
    bad[key] = -1;
    EXPECT_FALSE(decode_queue_depth(bad.dump()).has_value()) << key;
  }
}

TEST(BootTimeJson, comes_back_as_it_was) {
  const BootTime boot{"2361c123-0a4a-452f-b11d-61988e70a385", moment};
  EXPECT_EQ(encode_boot_time(boot),
            R"({"boot":"2361c123-0a4a-452f-b11d-61988e70a385","boot_time":"2026-01-15T16:09:35.123Z"})");
  EXPECT_EQ(decode_boot_time(encode_boot_time(boot)).value(), boot);
}

TEST(BootTimeJson, is_refused_when_a_key_is_missing_or_wrong) {
  for (const char* payload :
       {"", "[]", R"({"boot":"b"})", R"({"boot_time":"2026-01-15T16:09:35Z"})",
        R"({"boot":"b/c","boot_time":"2026-01-15T16:09:35Z"})", R"({"boot":"b","boot_time":1768493375})",
        R"({"boot":"b","boot_time":"1969-12-31T23:59:59Z"})"}) {
    EXPECT_FALSE(decode_boot_time(payload).has_value()) << payload;
  }
}

TEST(EventJson, is_one_line_of_history) {
  EXPECT_EQ(encode_event("breaker", moment, "a\nb"),
            R"({"type":"breaker","time":"2026-01-15T16:09:35.123Z","text":"a\nb"})");
}

TEST(BreakerOrderJson, is_read_back_and_nothing_else_is_an_order) {
  for (const BreakerOrder order : {BreakerOrder::isolate, BreakerOrder::close})
    EXPECT_EQ(decode_breaker_order(encode_breaker_order(order)).value(), order);
  for (const char* payload : {"", "{}", "isolate", R"({"breaker":"open"})", R"({"breaker":1})", R"(["isolate"])"})
    EXPECT_FALSE(decode_breaker_order(payload).has_value()) << payload;
}

TEST(EventJson, is_read_back_without_its_details) {
  const Result<ServiceEvent> event = decode_event(encode_event("pace", moment, "a\nb", "\"from_ms\":10000"));
  ASSERT_TRUE(event.has_value()) << event.error().message;
  EXPECT_EQ(*event, (ServiceEvent{"pace", moment, "a\nb"}));
  EXPECT_FALSE(decode_event(R"({"type":"pace","text":"x"})").has_value());
  EXPECT_FALSE(decode_event(R"({"type":"a b","time":"2026-01-15T16:09:35Z","text":"x"})").has_value());
}

TEST(ErrorJson, says_code_and_message_also_with_bytes_that_are_not_utf8) {
  EXPECT_EQ(encode_error({ErrorCode::invalid, "seq: \xff"}),
            "{\"error\":{\"code\":\"invalid\",\"message\":\"seq: \ufffd\"}}");
}

}  // namespace
}  // namespace sensors
