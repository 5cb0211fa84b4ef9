// Liveness: the watchdog is fed only while nothing is overdue.
#include <gtest/gtest.h>

#include "common/core/liveness.hpp"

namespace sensors {
namespace {

using std::chrono::seconds;

constexpr Instant start{seconds{1'000}};

TEST(Liveness, has_nothing_overdue_without_obligations) { EXPECT_FALSE(Liveness{}.overdue(start).has_value()); }

TEST(Liveness, names_work_only_after_its_deadline) {
  Liveness liveness;
  liveness.begin("commit", start + seconds{10});
  EXPECT_FALSE(liveness.overdue(start + seconds{10}).has_value());
  EXPECT_EQ(liveness.overdue(start + seconds{10} + Millis{1}), "commit");
}

TEST(Liveness, forgets_work_that_ended) {
  Liveness liveness;
  liveness.begin("commit", start + seconds{10});
  liveness.end("commit");
  liveness.end("never begun");
  EXPECT_FALSE(liveness.overdue(start + seconds{60}).has_value());
}

TEST(Liveness, counts_the_newest_deadline_of_a_name) {
  Liveness liveness;
  liveness.begin("read", start + seconds{10});
  liveness.begin("read", start + seconds{30});
  EXPECT_FALSE(liveness.overdue(start + seconds{20}).has_value());
}

TEST(Liveness, names_the_work_that_is_overdue_longest) {
  Liveness liveness;
  liveness.begin("a", start + seconds{20});
  liveness.begin("b", start + seconds{10});
  EXPECT_EQ(liveness.overdue(start + seconds{60}), "b");
}

}  // namespace
}  // namespace sensors
