#include "common/codec/status_writer.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "common/codec/describe_shared.hpp"

namespace sensors {
namespace {

constexpr WallTime since_when{std::chrono::seconds{1'768'492'175}};

TEST(StatusWriter, without_members_is_an_empty_object) {
  EXPECT_EQ(StatusWriter().object(), "{}");
  EXPECT_EQ(StatusWriter().members(), "");
}

TEST(StatusWriter, writes_each_kind_of_value_beside_its_key) {
  StatusWriter status;
  status.add("text", std::string("a"));
  status.add("letters", "b");
  status.add("on", true);
  status.add("off", false);
  status.add("most", std::numeric_limits<std::uint64_t>::max());
  status.add("least", std::numeric_limits<std::int64_t>::min());
  status.add("small", 7);
  status.add("wait_ms", Millis{1'500});
  status.add("share", 0.25);
  status.add("since", since_when);
  EXPECT_EQ(status.object(), R"({"text":"a","letters":"b","on":true,"off":false,"most":18446744073709551615,)"
                             R"("least":-9223372036854775808,"small":7,"wait_ms":1500,"share":0.25,)"
                             R"("since":"2026-01-15T15:49:35.000Z"})");
  EXPECT_EQ(status.object(), "{" + status.members() + "}");
}

TEST(StatusWriter, leaves_out_what_is_not_known) {
  StatusWriter status;
  status.add("none", std::optional<int>());
  status.add("time", std::optional<WallTime>());
  EXPECT_EQ(status.object(), "{}");
  status.add("none", std::optional(3));
  status.add("end", std::optional<std::string>("x"));
  EXPECT_EQ(status.object(), R"({"none":3,"end":"x"})");
}

TEST(StatusWriter, writes_0_for_a_number_that_json_does_not_have) {
  StatusWriter status;
  status.add("nan", std::numeric_limits<double>::quiet_NaN());
  status.add("far", -std::numeric_limits<double>::infinity());
  EXPECT_EQ(status.object(), R"({"nan":0,"far":0})");
}

TEST(StatusWriter, escapes_texts_and_keys) {
  StatusWriter status;
  status.add("say \"a\"", "a \"b\"\\\n\x01\xff");
  status.in("in\n").add("c\td", 1);
  EXPECT_EQ(status.object(), "{\"say \\\"a\\\"\":\"a \\\"b\\\"\\\\\\n\\u0001\xef\xbf\xbd\",\"in\\n\":{\"c\\td\":1}}");
}

TEST(StatusWriter, an_object_inside_stands_where_it_was_first_asked_for) {
  StatusWriter status;
  status.in("empty");
  status.add("first", 1);
  StatusWriter& counters = status.in("counters");
  status.add("second", 2);
  counters.add("sent", 3);
  status.in("clock").add("synced", true);
  EXPECT_EQ(status.object(), R"({"empty":{},"first":1,"counters":{"sent":3},"second":2,"clock":{"synced":true}})");
}

TEST(StatusWriter, several_parts_add_to_the_same_object_inside) {
  StatusWriter status;
  StatusWriter& counters = status.in("counters");
  counters.add("sent", 1);
  for (int i = 0; i < 100; ++i) status.in("part" + std::to_string(i));
  status.in("counters").in("failures").add("timeout", 2);
  status.in("counters").add("lost", 3);
  counters.in("failures").add("io", 4);
  EXPECT_EQ(&status.in("counters"), &counters);
  EXPECT_EQ(status.members().substr(0, 71),
            R"("counters":{"sent":1,"failures":{"timeout":2,"io":4},"lost":3},"part0":)");
}

TEST(StatusWriter, a_key_may_stand_in_another_object_and_in_a_text) {
  StatusWriter status;
  status.add("text", "\"depth\":1");
  status.in("outbox").add("depth", 2);
  status.add("depth", 3);
  EXPECT_EQ(status.object(), R"({"text":"\"depth\":1","outbox":{"depth":2},"depth":3})");
}

#ifndef NDEBUG
TEST(StatusWriterDeathTest, a_key_that_stands_twice_in_an_object_is_a_bug) {
  StatusWriter status;
  status.add("depth", 1);
  EXPECT_DEATH(status.add("depth", 2), "stands there already");
  EXPECT_DEATH(status.in("depth"), "stands there already");
}
#endif

TEST(StatusParts, a_process_says_which_it_is_and_how_it_fares) {
  Now now{Instant{}, since_when};
  now.loop_longest = Millis{12};
  now.written_bytes = 4'096;
  StatusWriter status;
  describe_process("a1", now, status);
  EXPECT_EQ(status.object(), R"({"instance":"a1","loop_max_ms":12,"written_bytes":4096})");
}

TEST(StatusParts, a_breaker_turns_its_times_into_wall_time) {
  CircuitBreakerOptions options;
  options.jitter = 0;
  CircuitBreaker breaker(options, 1);
  const Instant opened{std::chrono::seconds{100}};
  StatusWriter before;
  describe(breaker, {opened, since_when}, before);
  EXPECT_EQ(before.object(),
            R"({"breaker":{"state":"closed","reason":"","transitions":{"closed":0,"open":0,"half_open":0}}})");
  for (int i = 0; i < 3; ++i) breaker.fail(breaker.admit(opened).value(), "HTTP 500", opened);
  StatusWriter after;
  describe(breaker, {opened + std::chrono::seconds{10}, since_when + std::chrono::seconds{10}}, after);
  EXPECT_EQ(after.object(), R"({"breaker":{"state":"open","reason":"API failures exceeded threshold (3): HTTP 500",)"
                            R"("since":"2026-01-15T15:49:35.000Z","next_attempt":"2026-01-15T15:50:35.000Z",)"
                            R"("failing_since":"2026-01-15T15:49:35.000Z",)"
                            R"("transitions":{"closed":0,"open":1,"half_open":0}}})");
}

TEST(StatusParts, a_disk_says_why_it_does_not_keep_what_is_synced) {
  const auto text_of = [](const DiskFigures& disk) {
    StatusWriter status;
    describe(disk, status);
    return status.object();
  };
  DiskFigures disk{1, 2, 3};
  EXPECT_EQ(text_of(disk), R"({"disk":{"file_bytes":1,"free_bytes":2,"size_bytes":3,"at_risk":0}})");
  disk.risk = "is in memory (\"tmpfs\")";
  EXPECT_EQ(text_of(disk), R"json({"disk":{"file_bytes":1,"free_bytes":2,"size_bytes":3,"at_risk":1,)json"
                           R"json("risk":"is in memory (\"tmpfs\")"}})json");
  EXPECT_EQ(text_of(DiskFigures{}), R"({"disk":{}})") << "not known yet";
}

}  // namespace
}  // namespace sensors
