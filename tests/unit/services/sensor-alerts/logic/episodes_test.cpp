// The words of an episode that goes on. When it begins and ends is tested with all of the Logic.
#include "services/sensor-alerts/logic/episodes.hpp"

#include <gtest/gtest.h>

namespace sensors::alerts {
namespace {

class EpisodeWords : public testing::Test {
 protected:
  void observe(const std::string& text, const std::string& severity = "warning") {
    Trouble trouble;
    trouble.alert.name = "queue";
    trouble.alert.severity = severity;
    trouble.alert.text = text;
    trouble.alert.advice = "advice on " + text;
    episodes_.observe(
        {trouble}, [](const Alert&) { return false; }, now_);
  }

  void pass(Millis time) {
    now_.monotonic += time;
    now_.wall += time;
  }

  const Alert& alert() const { return episodes_.all().at("queue").alert; }

  Now now_{};
  Episodes episodes_{EpisodeOptions{}, {}, 1};
};

TEST_F(EpisodeWords, follow_what_is_wrong_at_most_every_five_minutes) {
  observe("12 wait");
  episodes_.take_changed();
  for (int i = 0; i < 599; ++i) {  // 9 min 59 s, each second another number
    pass(Millis{1'000});
    observe(std::to_string(13 + i) + " wait");
  }
  EXPECT_EQ(alert().text, "312 wait") << "as it was after 300 s";
  EXPECT_EQ(alert().advice, "advice on 312 wait");
  EXPECT_EQ(episodes_.take_changed().size(), 1U);
  pass(Millis{1'000});
  observe("now 700 wait");
  EXPECT_EQ(alert().text, "now 700 wait");
}

TEST_F(EpisodeWords, that_stay_the_same_are_no_change) {
  observe("12 wait");
  episodes_.take_changed();
  pass(Millis{3'600'000});
  observe("12 wait");
  EXPECT_TRUE(episodes_.take_changed().empty());
}

TEST_F(EpisodeWords, are_those_of_what_became_critical_at_once) {
  observe("95 % full");
  episodes_.take_changed();
  pass(Millis{1'000});
  observe("100 % full", "critical");
  EXPECT_EQ(alert().severity, "critical");
  EXPECT_EQ(alert().text, "100 % full");
  pass(Millis{600'000});
  observe("96 % full");
  EXPECT_EQ(alert().severity, "critical") << "it never falls";
  EXPECT_EQ(alert().text, "96 % full");
}

TEST_F(EpisodeWords, known_from_before_a_start_are_made_new_at_once) {
  observe("12 wait");
  episodes_ = Episodes{EpisodeOptions{}, episodes_.take_changed(), 2};
  observe("40 wait");
  EXPECT_EQ(alert().text, "40 wait");
}

}  // namespace
}  // namespace sensors::alerts
