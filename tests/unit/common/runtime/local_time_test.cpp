#include "common/runtime/local_time.hpp"

#include <cstdlib>
#include <ctime>
#include <string>

#include <gtest/gtest.h>

namespace sensors {
namespace {

/// The zone of the process, for the life of the object.
class Zone {
 public:
  explicit Zone(const char* zone) {
    if (const char* had = std::getenv("TZ"); had != nullptr) before_ = had;
    setenv("TZ", zone, 1);
    tzset();
  }
  ~Zone() {
    before_.empty() ? unsetenv("TZ") : setenv("TZ", before_.c_str(), 1);
    tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

 private:
  std::string before_;
};

WallTime at(unsigned month, unsigned day, int hour) {
  const std::chrono::year_month_day date{std::chrono::year{2026}, std::chrono::month{month}, std::chrono::day{day}};
  return WallTime{std::chrono::sys_days{date}} + std::chrono::hours{hour};
}

using Moments = std::vector<WallTime>;

TEST(LocalTime, is_of_the_zone_of_the_machine) {
  const Zone central_europe("CET-1CEST,M3.5.0,M10.5.0/3");  // needs no file
  EXPECT_EQ(moments_of_local(at(1, 15, 12)), Moments{at(1, 15, 11)});
  EXPECT_EQ(moments_of_local(at(7, 15, 12)), Moments{at(7, 15, 10)});
}

TEST(LocalTime, has_an_hour_twice_when_clocks_are_put_back_and_not_at_all_when_they_are_put_forward) {
  const Zone central_europe("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(moments_of_local(at(10, 25, 2)), (Moments{at(10, 25, 0), at(10, 25, 1)}));
  EXPECT_EQ(moments_of_local(at(10, 25, 3)), Moments{at(10, 25, 2)});
  EXPECT_TRUE(moments_of_local(at(3, 29, 2)).empty());
  EXPECT_EQ(moments_of_local(at(3, 29, 3)), Moments{at(3, 29, 1)});
}

TEST(LocalTime, is_UTC_where_the_zone_is) {
  const Zone utc("UTC0");
  EXPECT_EQ(moments_of_local(at(10, 25, 2)), Moments{at(10, 25, 2)});
}

}  // namespace
}  // namespace sensors
