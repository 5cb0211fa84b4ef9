// Random pipelines: whatever services say, in whatever order, and whatever bytes come, a verdict keeps its rules.
#include <algorithm>
#include <iostream>
#include <random>
#include <set>
#include <tuple>

#include "tests/unit/common/verdict/watch_bench.hpp"

namespace sensors::verdict {
namespace {

struct Heard {
  std::string node;
  std::string kind;
  std::string name;
  std::string payload;
};

class Speakers {
 public:
  explicit Speakers(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }
  auto& random() { return random_; }

  /// At most one message of each topic: which of two is the newer is told by their order.
  std::vector<Heard> messages(WallTime now) {
    std::vector<Heard> all;
    for (const char* node : {"attic", "kitchen", "shed"}) {
      for (const char* service : {"sensor-publisher", "sensor-persistence", "sensor-http-bridge", "sensor-alerts"}) {
        if (chance(70)) all.push_back({node, "status", service, status(service, now)});
        if (chance(60)) all.push_back({node, "queue", service, queue()});
        if (chance(30)) all.push_back({node, "silent", service, silent(now)});
      }
    }
    return all;
  }

  /// One of them, changed somewhere.
  std::string broken(std::string payload) {
    for (std::size_t i = below(4) + 1; i > 0 && !payload.empty(); --i) {
      const std::size_t at = below(payload.size());
      if (chance(50)) payload[at] = static_cast<char>(below(256));
      if (chance(20)) payload.erase(at, below(20) + 1);
      if (chance(20)) payload.insert(at, payload.substr(0, below(30)));
    }
    return payload;
  }

 private:
  std::string status(const char* service, WallTime now) {
    static constexpr std::array<ServiceState, 5> states{ServiceState::up, ServiceState::up, ServiceState::up,
                                                        ServiceState::degraded, ServiceState::down};
    StatusReport report{service, states.at(below(5)), "", now - Millis{below(100'000)}, "1", R"("interval_ms":10000)"};
    if (report.state != ServiceState::up && chance(80))
      report.reason = chance(50) ? "store: gone" : "it failed; see to it";
    if (chance(20)) report.details += R"(,"clock":{"synced":false})";
    if (chance(30)) report.details += R"(,"disk":{"free_bytes":1,"size_bytes":100,"risk":"memory"})";
    if (chance(30)) report.details += R"(,"breaker":{"state":"open","reason":"refused"})";
    if (chance(30)) report.details += R"(,"dead_letters":7,"destinations":{"api":{"waiting":1,"dead_letters":7}})";
    if (chance(20)) report.details += R"(,"pace_ms":10000,"pressure":"x")";
    if (chance(20)) report.details += R"(,"delivers":false)";
    return encode_status(report);
  }

  std::string queue() { return encode_queue_depth({.depth = below(100), .high = 50, .limit = chance(50) ? 100U : 0U}); }

  std::string silent(WallTime now) {
    SilentReport report{below(100), {}, chance(20) ? below(9) : 0};
    for (std::size_t i = below(6); i > 0; --i) {
      report.silent.push_back({chance(50) ? "attic" : "kitchen", fmt::format("d{}.s{}", below(3), below(3)),
                               now - Millis{below(1'000'000)}, 10s, chance(30) ? "driver" : ""});
    }
    return encode_silent(report);
  }

  std::mt19937_64 random_;
};

void expect_rules(const Verdict& verdict) {
  EXPECT_FALSE(verdict.headline.empty());
  EXPECT_EQ(verdict.headline.find('\n'), std::string::npos);
  EXPECT_EQ(verdict.ok(), verdict.headline.starts_with("All is well"));
  EXPECT_LE(verdict.problems.size(), PipelineWatch::max_problems);
  std::set<std::tuple<std::string, std::string, std::string>> names;
  for (const Problem& problem : verdict.problems) {
    EXPECT_NE(std::find(kinds.begin(), kinds.end(), problem.kind), kinds.end()) << problem.kind;
    EXPECT_FALSE(problem.what.empty()) << problem.kind;
    EXPECT_FALSE(problem.advice.empty()) << problem.kind;
    EXPECT_TRUE(names.emplace(problem.kind, problem.node, problem.object).second) << problem.kind << problem.object;
  }
  const auto rank = [](const Problem& problem) {
    if (problem.kind == "disk_at_risk") return 2;
    return problem.severity == Severity::critical ? 0 : 1;
  };
  const auto order = [&](const Problem& a, const Problem& b) {
    return std::pair(rank(a), a.since) < std::pair(rank(b), b.since);
  };
  EXPECT_TRUE(std::is_sorted(verdict.problems.begin(), verdict.problems.end(), order));
}

class VerdictProperty : public testing::Test {
 protected:
  static std::uint64_t seed() {
    const char* text = std::getenv("SENSOR_TEST_SEED");
    const std::uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 10) : 20'261'130;
    std::cout << "SENSOR_TEST_SEED=" << seed << "\n";
    return seed;
  }

  static bool hear(PipelineWatch& watch, const Heard& heard, Now now) {
    return watch.take(TopicView{"sensors", heard.node, heard.kind, heard.name}, heard.payload, now);
  }

  const Now first{Instant{1h}, WallTime{std::chrono::hours{490'000}}};
};

TEST_F(VerdictProperty, is_the_same_in_any_order_of_the_same_messages) {
  Speakers speakers(seed());
  for (int round = 0; round < 1'000; ++round) {
    SCOPED_TRACE(round);
    std::vector<Heard> heard = speakers.messages(first.wall);
    const Millis later{speakers.below(40'000)};
    Now now = first;
    now.monotonic += later;
    now.wall += later;
    std::optional<Verdict> one;
    for (int order = 0; order < 3; ++order) {
      PipelineWatch watch({.node = "kitchen"});
      watch.connected(first);
      for (const Heard& each : heard) ASSERT_TRUE(hear(watch, each, first)) << each.payload;
      expect_rules(watch.judge(now));
      if (one.has_value()) {
        EXPECT_EQ(watch.judge(now), *one);
      }
      one = watch.judge(now);
      std::shuffle(heard.begin(), heard.end(), speakers.random());
    }
    if (HasFailure()) return;
  }
}

TEST_F(VerdictProperty, takes_any_bytes_and_keeps_its_rules) {
  Speakers speakers(seed());
  PipelineWatch watch({.node = "kitchen", .max_services = 9});
  Now now = first;
  watch.connected(now);
  std::size_t refused = 0;
  for (int round = 0; round < 1'000 && !HasFailure(); ++round) {
    for (Heard& each : speakers.messages(now.wall)) {
      if (speakers.chance(30)) each.payload = speakers.broken(each.payload);
      if (speakers.chance(5)) each.payload.clear();
      if (speakers.chance(5)) each.node = fmt::format("n{}", speakers.below(1'000));
      if (!hear(watch, each, now)) ++refused;
    }
    if (speakers.chance(5)) watch.disconnected(now);
    if (speakers.chance(10)) watch.connected(now);
    now.monotonic += Millis{speakers.below(20'000)};
    now.wall += Millis{speakers.below(20'000)};
    expect_rules(watch.judge(now));
    EXPECT_LE(watch.services().size(), 12U);
  }
  EXPECT_GT(refused, 0U);
}

}  // namespace
}  // namespace sensors::verdict
