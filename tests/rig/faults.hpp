// Faults that a test plays on a running rig: kill -9 and SIGSTOP of its parts at random instants, from a seed that
// gives the same choice of faults again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>

#include "common/core/time.hpp"
#include "tests/rig/rig.hpp"

namespace sensors::rig {

enum class Part { publisher, persistence, bridge, broker, api };
const char* name_of(Part part);

/// The process of `part`, `node` being the publisher's.
Process& process_of(Rig& rig, Part part, std::size_t node = 0);

/// Starts `part`, which does not run.
void start(Rig& rig, Part part, std::size_t node = 0);

struct Fault {
  Part part = Part::broker;
  std::size_t node = 0;  // of the publisher
  bool freeze = false;   // SIGSTOP and SIGCONT instead of kill -9 and start
  Millis wait{0};        // before it
  Millis down{0};        // until it is started, or goes on
};

class FaultPlan {
 public:
  struct Options {
    std::size_t nodes = 1;
    double freeze_share = 0.25;
    Millis wait_least{50};
    Millis wait_most{500};
    Millis down_least{50};
    Millis down_most{500};
  };
  FaultPlan(Options options, std::uint64_t seed) : options_(options), random_(seed) {}

  /// The next fault, of any part but the API; depends on the seed and on nothing else.
  Fault next();

 private:
  Millis between(Millis least, Millis most);

  Options options_;
  std::mt19937_64 random_;
};

/// Waits, plays `fault`, and brings the part back. `before_restart` is called while a killed part is down.
void play(
    Rig& rig, const Fault& fault, const std::function<void()>& before_restart = [] {});

/// How often which part was killed and frozen.
struct FaultCount {
  std::map<std::string, int> kills;
  std::map<std::string, int> freezes;
  void add(const Fault& fault) { ++(fault.freeze ? freezes : kills)[name_of(fault.part)]; }
};

}  // namespace sensors::rig
