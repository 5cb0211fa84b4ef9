#include "services/sensor-persistence/logic/recent_gaps.hpp"

#include <gtest/gtest.h>

namespace sensors::persistence {
namespace {

using namespace std::chrono_literals;

class RecentGapsTest : public testing::Test {
 protected:
  void commit(const std::string& node, std::uint64_t first, std::uint64_t last) {
    StreamRows rows;
    rows.node = node;
    rows.gaps.push_back(Gap{first, last, "outbox_full", WallTime{}});
    gaps.begin({rows});
    gaps.committed(now);
  }

  std::string said() const {
    StatusWriter status;
    gaps.describe(now, status);
    return status.object();
  }

  WallTime now{1'768'493'375s};
  RecentGaps gaps;
};

TEST_F(RecentGapsTest, are_said_for_a_day_by_when_the_store_heard_of_them) {
  EXPECT_EQ(said(), "{}");
  commit("attic", 4, 8);
  EXPECT_EQ(said(), R"({"gaps":{"node":"attic","reason":"outbox_full","readings":5,"since":"2026-01-15T16:09:35.000Z",)"
                    R"("time":"2026-01-15T16:09:35.000Z"}})");
  now += 24h - 1ms;
  EXPECT_NE(said(), "{}");
  now += 1ms;
  EXPECT_EQ(said(), "{}");
}

TEST_F(RecentGapsTest, are_one_story_until_there_is_a_day_without_any) {
  commit("attic", 1, 1);
  now += 23h;
  commit("shed", 2, 4);
  EXPECT_EQ(said(), R"({"gaps":{"node":"shed","reason":"outbox_full","readings":4,"since":"2026-01-15T16:09:35.000Z",)"
                    R"("time":"2026-01-16T15:09:35.000Z"}})");
  now += 24h;
  commit("shed", 5, 5);
  EXPECT_EQ(said(), R"({"gaps":{"node":"shed","reason":"outbox_full","readings":1,"since":"2026-01-17T15:09:35.000Z",)"
                    R"("time":"2026-01-17T15:09:35.000Z"}})");
}

TEST_F(RecentGapsTest, count_only_when_their_commit_succeeded) {
  StreamRows rows;
  rows.gaps.push_back(Gap{1, 9, "outbox_full", WallTime{}});
  gaps.begin({rows});
  EXPECT_EQ(said(), "{}");
  gaps.begin({});  // it failed, and the next one has none
  gaps.committed(now);
  EXPECT_EQ(said(), "{}");
}

TEST_F(RecentGapsTest, are_known_again_from_the_store_where_they_are_of_today) {
  gaps.restart(
      {{"old", "x", 100, now - 24h}, {"attic", "a", 2, now - 3h}, {"attic", "b", 3, now - 1h}, {"f", "f", 9, now + 1h}},
      now);
  EXPECT_EQ(said(), R"({"gaps":{"node":"attic","reason":"b","readings":5,"since":"2026-01-15T13:09:35.000Z",)"
                    R"("time":"2026-01-15T15:09:35.000Z"}})");
}

}  // namespace
}  // namespace sensors::persistence
