// Line protocol as agents send it, and what is none.
#include "services/sensor-http-bridge/web/line_protocol.hpp"

#include <gtest/gtest.h>

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
  const std::vector<Reading> expected{{"cpu.cpu0.web1.usage_idle", 97.5, "", time},
                                      {"cpu.cpu0.web1.n", 3.0, "", time},
                                      {"cpu.cpu0.web1.u", 4.0, "", time},
                                      {"cpu.cpu0.web1.up", true, "", time},
                                      {"cpu.cpu0.web1.s", std::string("a, \"b\" \\"), "", time}};
  EXPECT_EQ(posted.readings, expected);
}

TEST(LineProtocol, leaves_out_the_name_of_a_field_that_is_just_the_value) {
  EXPECT_EQ(take("temperature,room=attic value=21.5").readings.front().sensor, "temperature.attic");
}

TEST(LineProtocol, replaces_what_no_name_may_have) {
  EXPECT_EQ(take("disk\\ io,path=/var/lib,x=a\\,b\\=c read\\ bytes=1").readings.front().sensor,
            "disk_io._var_lib.a_b_c.read_bytes");
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
}

TEST(LineProtocol, names_each_line_that_is_wrong) {
  for (const char* bad :
       {"a", "a ", " =1", "a b", "a b=", "a b=x", "a,t b=1", "a,=x b=1", "a b=1,", "a b=\"open", "a b=1 x", "a b=1 -5",
        "a b=1 999999999999999999", ",t=1 b=1", "a b=1i5", "a b=nan", "a b=inf", "a b=\"x\"y", "a b=1e999"}) {
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

TEST(LineProtocol, refuses_a_body_without_readings_or_with_too_many) {
  EXPECT_FALSE(decode_line_protocol("", now, 1, 1'000).has_value());
  EXPECT_FALSE(decode_line_protocol("# nothing\n", now, 1, 1'000).has_value());
  std::string many;
  for (int i = 0; i < 1'001; ++i) many += "a value=1\n";
  const Result<PostedReadings> posted = decode_line_protocol(many, now, 1, 1'000);
  ASSERT_FALSE(posted.has_value());
  EXPECT_EQ(posted.error().code, ErrorCode::too_large);
  EXPECT_EQ(decode_line_protocol(many, now, 1, 1'001)->readings.size(), 1'001U);
}

TEST(LineProtocol, keeps_both_ends_of_a_name_that_is_too_long_and_tells_such_names_apart) {
  const std::string series = "disk,device=mmcblk0p1,fstype=vfat,host=raspberrypi,mode=rw,path=/boot/firmware ";
  const PostedReadings posted = take(series + "inodes_used_percent=1,inodes_free=2i");
  ASSERT_EQ(posted.readings.size(), 2U) << "as Telegraf names its readings on a Raspberry Pi";
  const std::string& sensor = posted.readings.front().sensor;
  EXPECT_EQ(sensor, "disk.mmcblk0p1.vfat.raspb_" + sensor.substr(26, 12) + "_mware.inodes_used_percent");
  EXPECT_EQ(take(series + "inodes_used_percent=3").readings.front().sensor, sensor) << "always the same";
  const std::string tail(64, 'x');
  EXPECT_NE(take("a,t=" + tail + "1" + tail + " value=1").readings.front().sensor,
            take("a,t=" + tail + "2" + tail + " value=1").readings.front().sensor);
  EXPECT_EQ(take(std::string(64, 'm') + " value=1").readings.front().sensor, std::string(64, 'm'));
}

}  // namespace
}  // namespace sensors::bridge
