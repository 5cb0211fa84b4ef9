// The saved breaker: its text, and its file.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "common/codec/time_text.hpp"
#include "common/runtime/small_file.hpp"
#include "services/sensor-http-bridge/delivery/saved_breaker.hpp"
#include "services/sensor-http-bridge/state_file.hpp"
#include "tests/rig/temp_dir.hpp"

namespace sensors::bridge {
namespace {

const WallTime now = *parse_time("1994-11-06T08:49:07Z");

const SavedBreaker open_breaker{CircuitBreaker::State::open, 2, Millis{60'000}, now, 100, "API failures: x", false, {}};

TEST(SavedBreaker, comes_back_as_it_was_written) {
  EXPECT_EQ(decode_saved_breaker(encode_saved_breaker(open_breaker)).value(), open_breaker);
}

TEST(SavedBreaker, remembers_that_an_operator_isolated_it) {
  SavedBreaker isolated = open_breaker;
  isolated.isolated = true;
  EXPECT_EQ(decode_saved_breaker(encode_saved_breaker(isolated)).value(), isolated);
}

TEST(SavedBreaker, of_an_older_version_does_not_say_what_it_is_about) {
  const std::string of_old =
      "sensor-http-bridge-breaker 1\nstate open\nopenings 2\nleft_ms 60000\nsaved_at_ms 784111747000\n"
      "refused_in_row 100\nreason API failures: x\n";
  EXPECT_EQ(decode_saved_breaker(of_old).value(), open_breaker);
  EXPECT_EQ(encode_saved_breaker(open_breaker), of_old);
}

SavedBreaker about(std::string destination) {
  SavedBreaker breaker = open_breaker;
  breaker.about = std::move(destination);
  return breaker;
}

TEST(SavedBreaker, says_what_it_is_about) {
  EXPECT_EQ(decode_saved_breaker(encode_saved_breaker(about("1f3a"))).value().about, "1f3a");
}

TEST(SavedBreaker, refuses_what_it_did_not_write) {
  const std::string text = encode_saved_breaker(about("1f3a"));
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(decode_saved_breaker(text.substr(0, size)).has_value());
  EXPECT_FALSE(decode_saved_breaker(text + "more\n").has_value());
  for (const char* other : {"about \n", "about a\tb\n", "about\n", "about 1\nabout 2\n", "aboutx 1\n"}) {
    std::string changed = text;
    EXPECT_FALSE(decode_saved_breaker(changed.replace(changed.find("about"), 11, other)).has_value()) << other;
  }
  const std::string reason = "reason " + open_breaker.reason;
  for (const char* other : {"reason ", "reason API \x1b[31m", "reason a\tb"}) {
    std::string changed = text;
    EXPECT_FALSE(decode_saved_breaker(changed.replace(changed.find(reason), reason.size(), other)).has_value())
        << other;
  }
}

TEST(SavedBreaker, never_waits_longer_than_was_left_whatever_the_wall_clock_did) {
  EXPECT_EQ(open_time_left(open_breaker, now + Millis{10'000}), Millis{50'000});
  EXPECT_EQ(open_time_left(open_breaker, now - std::chrono::hours{9'000}), Millis{60'000});
  EXPECT_EQ(open_time_left(open_breaker, now + std::chrono::hours{9'000}), Millis{0});
}

TEST(StateFile, comes_back_and_is_absent_at_first) {
  const rig::TempDir folder;
  const std::string path = folder.file("breaker");
  EXPECT_FALSE(load_saved_breaker(path).value().has_value());
  ASSERT_TRUE(replace_file(path, encode_saved_breaker(open_breaker)).has_value());
  EXPECT_EQ(load_saved_breaker(path).value(), open_breaker);
  ASSERT_TRUE(replace_file(path, "rubbish").has_value());
  EXPECT_EQ(load_saved_breaker(path).error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace sensors::bridge
