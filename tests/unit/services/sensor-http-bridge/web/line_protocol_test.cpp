// Line protocol as agents send it, and what is none.
#include "services/sensor-http-bridge/web/line_protocol.hpp"

#include <gtest/gtest.h>

#include "services/sensor-http-bridge/web/series_name.hpp"

namespace sensors::bridge {
namespace {

constexpr WallTime now{Millis{1'768'493'375'000}};

PostedReadings take(std::string_view body, std::int64_t precision_ns = 1) {
  Result<PostedReadings> posted = decode_line_protocol(body, now, precision_ns, max_posted_readings);
  EXPECT_TRUE(posted.has_value()) << posted.error().message;
  return posted.has_value() ? std::move(*posted) : PostedReadings{};
}

TEST(LineProtocol, makes_a_reading_of_each_field) {
  const PostedReadings posted =
      take("cpu,cpu=cpu0,host=web1 usage_idle=97.5,n=3i,u=4u,up=true,s=\"a, \\\"b\\\" \\\\\" 1768493375123000000\n");
  ASSERT_TRUE(posted.bad_rows.empty()) << posted.bad_rows.front().reason;
  const WallTime time{Millis{1'768'493'375'123}};
  const std::vector<Reading> expected{{"cpu.cpu-cpu0.host-web1.usage_idle", 97.5, "", time},
                                      {"cpu.cpu-cpu0.host-web1.n", 3.0, "", time},
                                      {"cpu.cpu-cpu0.host-web1.u", 4.0, "", time},
                                      {"cpu.cpu-cpu0.host-web1.up", true, "", time},
                                      {"cpu.cpu-cpu0.host-web1.s", std::string("a, \"b\" \\"), "", time}};
  EXPECT_EQ(posted.readings, expected);
}

TEST(LineProtocol, reads_names_with_their_backslashes) {
  const Series series{"disk io", {{"path", "/var/lib"}, {"x", "a,b=c"}}};
  EXPECT_EQ(take("disk\\ io,path=/var/lib,x=a\\,b\\=c read\\ bytes=1").readings.front().sensor,
            sensor_of(series, "read bytes"));
}

TEST(LineProtocol, takes_a_series_for_the_same_in_whatever_order_its_tags_come) {
  const PostedReadings posted = take("temp,room=a,floor=1 value=21\ntemp,floor=1,room=a value=22");
  ASSERT_EQ(posted.readings.size(), 2U);
  EXPECT_EQ(posted.readings[0].sensor, posted.readings[1].sensor);
}

TEST(LineProtocol, takes_line_ends_inside_quotes_for_part_of_the_text) {
  const PostedReadings posted = take(
      "snmp,agent=10 descr=\"Router \\\"OS\\\"\r\nBuild 7 # = ,\",uptime=5i 1768493375123000000\ncpu usage=1.5\nbad\n");
  ASSERT_EQ(posted.readings.size(), 3U);
  EXPECT_EQ(posted.readings[0].value, Value{std::string("Router \"OS\"\r\nBuild 7 # = ,")});
  EXPECT_EQ(posted.readings[0].time, WallTime{Millis{1'768'493'375'123}});
  EXPECT_EQ(posted.readings[1].value, Value{5.0});
  EXPECT_EQ(posted.readings[2].sensor, "cpu.usage");
  ASSERT_EQ(posted.bad_rows.size(), 1U);
  EXPECT_EQ(posted.bad_rows.front().row, 3U) << "counted by line ends, those in quotes as well";
}

TEST(LineProtocol, loses_no_other_line_to_a_quote_that_nobody_closed) {
  PostedReadings posted = take("a s=\"open,n=1\nb value=2\nc value=3");
  EXPECT_EQ(posted.readings.size(), 2U) << "one that stays open";
  EXPECT_EQ(posted.bad_rows.size(), 1U);
  posted = take("a s=\"open,n=1\nb value=2\nc s=\"text\"\nd value=4");
  EXPECT_EQ(posted.readings.size(), 3U) << "one that a quote of a later line closes";
  EXPECT_EQ(posted.bad_rows.size(), 1U);
  posted = take("a s=\"" + std::string(70'000, 'x') + "\nb value=2");
  EXPECT_EQ(posted.readings.size(), 1U);
}

TEST(LineProtocol, gives_up_one_field_for_a_text_that_is_too_long_and_takes_the_others) {
  const PostedReadings posted =
      take("ok n=1\nsnmp before=1,descr=\"" + std::string(257, 'x') + "\",after=2\nok n=\"\xff\",m=3");
  ASSERT_EQ(posted.readings.size(), 4U);
  EXPECT_EQ(posted.readings[1].sensor, "snmp.before");
  EXPECT_EQ(posted.readings[2].sensor, "snmp.after");
  ASSERT_EQ(posted.bad_rows.size(), 2U);
  EXPECT_EQ(posted.bad_rows[0].row, 1U);
  EXPECT_EQ(posted.bad_rows[0].reason, "field descr: sensor snmp.descr: text value is longer than 256 bytes");
  EXPECT_EQ(posted.bad_rows[1].row, 2U);
  EXPECT_EQ(take("a s=\"" + std::string(256, 'x') + "\"").readings.size(), 1U);
}

TEST(LineProtocol, takes_lines_with_comments_blanks_and_both_line_ends) {
  const PostedReadings posted = take("# a comment\r\n\n  a value=1\r\nb value=-2.5e3 \nc value=+4");
  ASSERT_EQ(posted.readings.size(), 3U);
  EXPECT_EQ(posted.readings[1].value, Value{-2'500.0});
  EXPECT_EQ(posted.readings[2].value, Value{4.0});
  EXPECT_EQ(posted.readings[2].time, now);
}

TEST(LineProtocol, reads_the_timestamp_in_the_precision_that_was_said) {
  const WallTime time{Millis{1'768'493'375'000}};
  EXPECT_EQ(take("a value=1 1768493375", *precision_from("s")).readings.front().time, time);
  EXPECT_EQ(take("a value=1 1768493375000", *precision_from("ms")).readings.front().time, time);
  EXPECT_EQ(take("a value=1 1768493375000000", *precision_from("us")).readings.front().time, time);
  EXPECT_EQ(take("a value=1 1768493375000000000", *precision_from("ns")).readings.front().time, time);
  EXPECT_EQ(take("a value=1 29474889", *precision_from("m")).readings.front().time,
            WallTime{Millis{29'474'889LL * 60'000}});
  EXPECT_FALSE(precision_from("day").has_value());
  for (const char* microseconds : {"u", "us", "\xc2\xb5", "\xc2\xb5s", "\xce\xbc"})
    EXPECT_EQ(precision_from(microseconds), 1'000) << microseconds;
  EXPECT_EQ(precision_from("n"), 1);
  EXPECT_EQ(precision_from("ns"), 1);
  EXPECT_EQ(precision_from("h"), 3'600'000'000'000);
}

TEST(LineProtocol, names_each_line_that_is_wrong) {
  for (const char* bad : {"a",
                          "a ",
                          " =1",
                          "a b",
                          "a b=",
                          "a b=x",
                          "a,t b=1",
                          "a,=x b=1",
                          "a,t= b=1",
                          "a,t=1,t=2 b=1",
                          "a,t=1,t=1 b=1",
                          "a b=1,",
                          "a b=\"open",
                          "a b=1 x",
                          "a b=1 -5",
                          "a b=1 999999999999999999",
                          ",t=1 b=1",
                          "a b=1i5",
                          "a b=nan",
                          "a b=inf",
                          "a b=\"x\"y",
                          "a b=1e999"}) {
    const Result<PostedReadings> posted =
        decode_line_protocol(std::string("ok value=1\n") + bad, now, *precision_from("s"), max_posted_readings);
    ASSERT_TRUE(posted.has_value()) << bad;
    ASSERT_EQ(posted->bad_rows.size(), 1U) << bad;
    EXPECT_EQ(posted->bad_rows.front().row, 1U) << bad;
    EXPECT_EQ(posted->readings.size(), 1U) << bad;
  }
  EXPECT_EQ(take("a b=\"" + std::string(300, 'x') + "\"").bad_rows.size(), 1U) << "a text that is too long";
  EXPECT_EQ(take("a b=\"\xff\"").bad_rows.size(), 1U) << "not UTF-8";
}

TEST(LineProtocol, finds_nothing_in_a_body_without_lines) {
  for (const char* body : {"", "\n", "\r\n", " ", " \n \n", "# nothing", "# nothing\n\n"}) {
    const PostedReadings posted = take(body);
    EXPECT_TRUE(posted.readings.empty() && posted.bad_rows.empty()) << body;
  }
}

TEST(LineProtocol, refuses_a_body_with_too_many) {
  std::string many;
  for (int i = 0; i < 1'001; ++i) many += "a value=1\n";
  const Result<PostedReadings> posted = decode_line_protocol(many, now, 1, 1'000);
  ASSERT_FALSE(posted.has_value());
  EXPECT_EQ(posted.error().code, ErrorCode::too_large);
  EXPECT_EQ(decode_line_protocol(many, now, 1, 1'001)->readings.size(), 1'001U);
}

TEST(LineProtocol, a_line_with_more_fields_than_are_taken_at_once_is_too_large_however_many_they_are) {
  for (const std::size_t fields : {11U, 12U, 13U, 500U}) {
    std::string line = "m a0=1";
    for (std::size_t i = 1; i < fields; ++i) line += ",a" + std::to_string(i) + "=1";
    for (const std::string& body : {line, line + " 1", line + " 1\nm b=\"1\n", "m b=\"x\n" + line}) {
      const Result<PostedReadings> posted = decode_line_protocol(body, now, 1, 10);
      ASSERT_FALSE(posted.has_value()) << fields;
      EXPECT_EQ(posted.error().code, ErrorCode::too_large) << fields;
    }
  }
}

}  // namespace
}  // namespace sensors::bridge
