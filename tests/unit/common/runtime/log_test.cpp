// What log lines look like on stderr, with and without systemd, and that text from outside cannot forge one.
#include "common/runtime/log.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <regex>

#include <gtest/gtest.h>

namespace sensors {
namespace {

class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("JOURNAL_STREAM");
    testing::internal::CaptureStderr();
  }

  static std::string written() { return testing::internal::GetCapturedStderr(); }
};

TEST_F(LogTest, prefixes_lines_with_systemds_priority_under_systemd) {
  ::setenv("JOURNAL_STREAM", "8:1234", 1);
  start_log("sensor-test", LogLevel::debug);
  log(LogLevel::debug, "one");
  log(LogLevel::info, "two");
  log(LogLevel::warning, "three");
  log(LogLevel::error, "four");
  EXPECT_EQ(written(), "<7>one\n<6>two\n<4>three\n<3>four\n");
}

TEST_F(LogTest, shows_time_service_and_level_on_a_terminal) {
  start_log("sensor-test", LogLevel::info);
  log(LogLevel::warning, "the disk is nearly full");
  const std::string line = written();
  const std::regex form(
      R"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\d[+-]\d\d:\d\d sensor-test warning: the disk is nearly full\n)");
  EXPECT_TRUE(std::regex_match(line, form)) << line;
}

TEST_F(LogTest, leaves_out_what_is_below_the_level) {
  start_log("sensor-test", LogLevel::warning);
  log(LogLevel::info, "nobody reads this");
  EXPECT_EQ(written(), "");
}

TEST_F(LogTest, takes_braces_and_percent_signs_as_they_are) {
  ::setenv("JOURNAL_STREAM", "8:1234", 1);
  start_log("sensor-test", LogLevel::info);
  log(LogLevel::info, "{} {0} %v %n");
  EXPECT_EQ(written(), "<6>{} {0} %v %n\n");
}

TEST_F(LogTest, writes_each_line_of_a_list_as_a_line_of_its_own) {
  ::setenv("JOURNAL_STREAM", "8:1234", 1);
  start_log("sensor-test", LogLevel::info);
  log_lines(LogLevel::error, "a.toml:1: x\na.toml:2: y");
  EXPECT_EQ(written(), "<3>a.toml:1: x\n<3>a.toml:2: y\n");
}

TEST_F(LogTest, bounds_a_storm_of_lines_says_how_many_it_left_out_and_hides_no_error) {
  ::setenv("JOURNAL_STREAM", "8:1234", 1);
  start_log("sensor-test", LogLevel::info);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 50'000; ++i) log(LogLevel::warning, "again");
  log(LogLevel::error, "the disk fails");
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const std::string text = written();
  EXPECT_LE(static_cast<double>(std::count(text.begin(), text.end(), '\n')), 510 + 2 * 20 * seconds);
  EXPECT_TRUE(text.ends_with("<3>the disk fails\n"));
  testing::internal::CaptureStderr();
  std::string later;
  while (later.empty()) {
    log(LogLevel::warning, "later");
    later = written();
    testing::internal::CaptureStderr();
  }
  written();
  EXPECT_NE(later.find(" log lines left out"), std::string::npos) << later;
}

TEST(EscapeForLog, escapes_what_could_break_or_forge_a_line) {
  EXPECT_EQ(escape_for_log("a\nb"), "a\\nb");
  EXPECT_EQ(escape_for_log("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(escape_for_log(std::string_view("nul\0nul", 7)), "nul\\x00nul");
  EXPECT_EQ(escape_for_log("\x7f"), "\\x7f");
  EXPECT_EQ(escape_for_log("\xc2\x9b"
                           "31m"),
            "\\xc2\\x9b31m");  // CSI as one C1 character
}

TEST(EscapeForLog, keeps_utf8_and_escapes_bytes_that_are_not) {
  EXPECT_EQ(escape_for_log("21 °C, ünïcödé €"), "21 °C, ünïcödé €");
  EXPECT_EQ(escape_for_log("bad \xff\xfe"), "bad \\xff\\xfe");
}

TEST(EscapeForLog, cuts_a_long_line_between_characters) {
  std::string text(4'095, 'a');
  text += "€€€";
  EXPECT_EQ(escape_for_log(text), std::string(4'095, 'a') + " [cut]");
  EXPECT_EQ(escape_for_log(std::string(5'000, 'b')), std::string(4'096, 'b') + " [cut]");
}

TEST(LogLevelFrom, knows_the_four_levels_and_names_them_when_it_does_not) {
  EXPECT_EQ(log_level_from("debug").value(), LogLevel::debug);
  EXPECT_EQ(log_level_from("error").value(), LogLevel::error);
  const Result<LogLevel> unknown = log_level_from("loud");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, ErrorCode::invalid);
  EXPECT_NE(unknown.error().message.find("debug, info, warning or error"), std::string::npos);
}

}  // namespace
}  // namespace sensors
