// Judge makes a verdict of what a PipelineWatch has, at one moment. What follows from another problem is not said
// again: without the broker nothing else is known; of a machine that is silent, not its services and sensors; while
// nothing can be stored or delivered, not that queues grow and sensors are read more slowly. What it does not say for
// such a reason it leaves out by name, so that nobody takes it for the end of a problem. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/verdict/pipeline_watch.hpp"
#include "common/verdict/verdict.hpp"
#include "common/verdict/words.hpp"

namespace sensors::verdict {

class Judge {
 public:
  /// So long after the connection a service that was never heard is not missed.
  static constexpr Millis settle_time{3'000};

  /// A service that has been down for less may be restarting: it is amber.
  static constexpr Millis restart_time{10'000};

  /// Deliveries that fail for longer, and a store that has been in trouble for longer, are critical.
  static constexpr Millis long_failure{900'000};
  static constexpr Millis long_store_trouble{60'000};

  /// Least time without a status until a service is silent; else three of its intervals.
  static constexpr Millis least_silence{5'000};
  static constexpr Millis usual_interval{10'000};

  Judge(const PipelineWatch& watch, Now now) : watch_(watch), now_(now) {}

  Verdict verdict();

 private:
  enum class Life { unknown, alive, down, silent };

  struct Found {
    Problem problem;
    std::string brief;
  };

  using Name = PipelineWatch::Name;

  void judge_all();
  void find_blocked();
  void judge_life(const Name& name, const WatchedService& service);
  void judge_missing();
  void judge_machines();
  void judge_service(const Name& name, const WatchedService& service);
  void judge_breaker(const Name& name, const WatchedService& service);
  void judge_queue(const Name& name, const WatchedService& service);
  void judge_dead_letters(const Name& name, const WatchedService& service);
  void judge_store(const Name& name, const WatchedService& service);
  void judge_machine_of(const Name& name, const WatchedService& service);
  void judge_degraded(const Name& name, const WatchedService& service);
  bool is_explained(const Name& name, const WatchedService& service) const;
  void judge_drivers(const Name& name, const WatchedService& service);
  void judge_sensors();
  void judge_silent(const Name& reporter, const WatchedService& service);
  bool is_of_dead(const std::string& node) const;

  /// What it says is not known.
  void leave_out(const Name& name);
  void leave_out(std::string_view kind, std::string_view node, std::string_view object);

  /// Nothing: it was never heard.
  const WatchedService* at(const std::string& node, std::string_view service) const;
  Life life_of(const WatchedService& service) const;
  bool is_dead(const WatchedService& service) const;
  bool may_restart(const WatchedService& service) const;
  Millis interval_of(const WatchedService& service) const;
  std::uint64_t waiting_for(const Name& bridge) const;
  void add(std::string_view kind, Severity severity, const Name& name, Words words, WallTime since);
  void count(Verdict& verdict) const;
  std::string headline(const Verdict& verdict) const;

  const PipelineWatch& watch_;
  const Now now_;
  std::vector<Found> found_;
  std::set<std::pair<std::string_view, Name>> said_;  // kind, and node and object
  std::vector<LeftOut> left_out_;
  std::set<std::string> silent_machines_;
  bool is_blocked_ = false;  // nothing is stored, or nothing delivered
  std::uint64_t silent_sensors_ = 0;
};

}  // namespace sensors::verdict
