// Whatever happens, in any order: the promises that Delivery makes about batches and permits.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <set>

#include "tests/support/clock_steps.hpp"
#include "tests/support/masked_times.hpp"
#include "tests/unit/services/sensor-http-bridge/delivery/timeline.hpp"

namespace sensors::bridge {
namespace {

/// Plays random events and checks each effect as it comes.
class Chaos {
 public:
  Chaos() { t_.store.rows = 450; }

  void play(int choice, int detail) {
    switch (choice) {
      case 0: t_.connect(); break;
      case 1: t_.step(MqttDisconnected{"gone"}); break;
      case 2: t_.pass(Millis{detail * 700}); break;
      case 3:
        if (!t_.requests.empty()) t_.store_answers();
        break;
      case 4:
        if (!t_.requests.empty()) t_.store_answers(t_.requests[static_cast<std::size_t>(detail) % t_.requests.size()]);
        break;
      case 5: answer_post(200); break;
      case 6: answer_post(detail % 2 == 0 ? 500 : 503); break;
      case 7:
        if (t_.posts.empty()) break;
        answered_.insert(t_.posts.back().id);
        t_.api_fails(ErrorCode::timeout);
        break;
      case 8: t_.store.rows += static_cast<std::uint64_t>(detail); break;
      default:
        t_.step(MqttMessage{"sensors/kitchen/rpc-reply/sensor-http-bridge", "{\"x\":", "", "nobody", false});
        break;
    }
    check();
  }

  /// Everything works again: all rows arrive in bounded virtual time.
  bool recovers() {
    t_.connect();
    const Instant end = t_.now.monotonic + std::chrono::minutes{30};
    while (t_.store.cursor < t_.store.rows && t_.now.monotonic < end) {
      if (!t_.requests.empty()) t_.store_answers();
      if (!t_.posts.empty()) answer_post(200);
      check();
      t_.pass(Millis{100});
    }
    return t_.store.cursor == t_.store.rows;
  }

 private:
  void answer_post(int status) {
    if (t_.posts.empty()) return;
    const HttpPost& post = t_.posts.back();
    const bool counts = !answered_.contains(post.id) && !given_up(post);
    if (status == 200 && counts) delivered_.insert(key_range(post));
    answered_.insert(post.id);
    t_.api_answers(status, status == 503 ? std::optional<std::string>("30") : std::nullopt);
  }

  bool given_up(const HttpPost& post) const {
    return posted_at_.contains(post.id) &&
           t_.now.monotonic >= posted_at_.at(post.id) + post.total_timeout + stuck_sink_after;
  }

  void check() {
    for (; seen_posts_ < t_.posts.size(); ++seen_posts_) {
      const HttpPost& post = t_.posts[seen_posts_];
      posted_at_[post.id] = t_.now.monotonic;
    }
    for (; seen_requests_ < t_.requests.size(); ++seen_requests_) {
      const MqttPublish& request = t_.requests[seen_requests_];
      if (!request.topic.ends_with("/uploaded")) continue;
      const UploadedRequest range = decode_uploaded_request(request.payload).value();
      const std::string key =
          range.store + ":" + range.destination + ":" + std::to_string(range.first) + "-" + std::to_string(range.last);
      RC_ASSERT(delivered_.contains(key));
    }
    RC_ASSERT(t_.store.cursor <= t_.store.rows);
    if (t_.posts.size() < 2) return;
    // One in flight: a POST starts only when the one before has its outcome or was given up.
    const HttpPost& before = t_.posts[t_.posts.size() - 2];
    RC_ASSERT(answered_.contains(before.id) || given_up(before));
  }

  Timeline t_;
  std::map<std::uint64_t, Instant> posted_at_;
  std::set<std::uint64_t> answered_;
  std::set<std::string> delivered_;
  std::size_t seen_posts_ = 0;
  std::size_t seen_requests_ = 0;
};

TEST(BridgeLogicProperty, confirms_only_what_was_delivered_posts_one_at_a_time_and_always_recovers) {
  EXPECT_TRUE(rc::check("any order of events", [] {
    Chaos chaos;
    const auto events = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 10), rc::gen::inRange(0, 100)));
    for (const auto& [choice, detail] : events) chaos.play(choice, detail);
    RC_ASSERT(chaos.recovers());
  }));
}

/// All that can be seen of a timeline, without times; what the breaker's file holds is checked by its own tests.
std::string seen(Timeline& timeline) {
  std::string text;
  for (const MqttPublish& message : timeline.messages)
    text += message.topic + ' ' + masked_times(message.payload) + '\n';
  timeline.messages.clear();
  for (const HttpPost& post : timeline.posts) text += post.idempotency_key + ' ';
  for (const std::string& line : timeline.log) text += line + '\n';
  const std::optional<Instant> wake = timeline.logic.wake_at();
  return text + std::to_string(timeline.requests.size()) +
         (wake.has_value() ? std::to_string(wake->time_since_epoch().count()) : "never");
}

void act(Timeline& timeline, int action, int size) {
  switch (action) {
    case 0: timeline.connect(); break;
    case 1: timeline.step(MqttDisconnected{"gone"}); break;
    case 2:
    case 3:
      if (!timeline.requests.empty()) timeline.store_answers();
      break;
    case 4:
      if (!timeline.posts.empty()) timeline.api_answers(size % 2 == 0 ? 200 : 500);
      break;
    case 5:
      if (!timeline.posts.empty()) timeline.api_answers(503, std::to_string(size));
      break;
    default: timeline.pass(Millis{size * 500}); break;
  }
}

TEST(BridgeWallClockSteps, change_nothing_but_times) {
  EXPECT_TRUE(rc::check("two bridges, one with a wall clock that is stepped by years", [] {
    Timeline steady;
    Timeline stepped;
    steady.store.rows = stepped.store.rows = 450;
    check_that_clock_steps_change_nothing(steady, stepped, act, seen);
  }));
}

}  // namespace
}  // namespace sensors::bridge
