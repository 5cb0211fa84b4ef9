#include "common/runtime/breaker_config.hpp"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

/// The mistakes in `text` as a [breaker] table; empty: none.
std::string mistakes_in(const std::string& text, CircuitBreakerOptions& breaker) {
  const TemporaryFolder folder;
  Result<ConfigFile> file = ConfigFile::load(folder.write("breaker.toml", "[breaker]\n" + text));
  read_breaker_config(file->root().table("breaker"), breaker);
  const Result<void> finished = file->finish();
  return finished.has_value() ? "" : finished.error().message;
}

TEST(BreakerConfig, reads_every_key_and_keeps_what_is_not_given) {
  CircuitBreakerOptions breaker;
  EXPECT_EQ(mistakes_in("consecutive_failures = 2\nopen_times = [\"10ms\", \"1h\"]\njitter = 0.0\n", breaker), "");
  EXPECT_EQ(breaker.consecutive_failures, 2);
  EXPECT_EQ(breaker.open_times, (std::vector<Millis>{Millis{10}, Millis{3'600'000}}));
  EXPECT_EQ(breaker.jitter, 0.0);
  EXPECT_EQ(breaker.window, CircuitBreakerOptions{}.window);
}

TEST(BreakerConfig, a_breaker_that_opens_for_no_time_is_a_mistake) {
  CircuitBreakerOptions breaker;
  EXPECT_NE(mistakes_in("open_times = []\n", breaker).find(":2: breaker.open_times"), std::string::npos);
}

TEST(BreakerConfig, no_more_failures_are_waited_for_than_the_window_holds) {
  CircuitBreakerOptions breaker;
  EXPECT_NE(mistakes_in("window = 4\nfailures_in_window = 5\n", breaker).find("failures_in_window"), std::string::npos);
}

}  // namespace
}  // namespace sensors
