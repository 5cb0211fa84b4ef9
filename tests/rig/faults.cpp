// The plan draws every number of a fault whether it is used or not, so that the plan is a function of the seed.
#include "tests/rig/faults.hpp"

#include <csignal>

#include "tests/rig/rig_error.hpp"

namespace sensors::rig {

Process& process_of(Rig& rig, Part part, std::size_t node) {
  switch (part) {
    case Part::publisher: return rig.publisher(node).process();
    case Part::persistence: return rig.persistence().process();
    case Part::bridge: return rig.bridge().process();
    case Part::api: return rig.api().process();
    case Part::broker: break;
  }
  return rig.broker().process();
}

void start(Rig& rig, Part part, std::size_t node) {
  switch (part) {
    case Part::publisher: return rig.publisher(node).start();
    case Part::persistence: return rig.persistence().start();
    case Part::bridge: return rig.bridge().start();
    case Part::broker: return rig.broker().start();
    case Part::api: return rig.api().start();
  }
}

const char* name_of(Part part) {
  switch (part) {
    case Part::publisher: return "publisher";
    case Part::persistence: return "persistence";
    case Part::bridge: return "bridge";
    case Part::api: return "api";
    case Part::broker: break;
  }
  return "broker";
}

Millis FaultPlan::between(Millis least, Millis most) {
  return Millis{std::uniform_int_distribution<Millis::rep>(least.count(), most.count())(random_)};
}

Fault FaultPlan::next() {
  Fault fault;
  fault.part = static_cast<Part>(std::uniform_int_distribution<int>(0, 3)(random_));
  fault.node = std::uniform_int_distribution<std::size_t>(0, options_.nodes - 1)(random_);
  fault.freeze = std::uniform_real_distribution<double>(0, 1)(random_) < options_.freeze_share;
  fault.wait = between(options_.wait_least, options_.wait_most);
  fault.down = between(options_.down_least, options_.down_most);
  return fault;
}

void play(Rig& rig, const Fault& fault, const std::function<void()>& before_restart) {
  let_pass(fault.wait);
  Process& process = process_of(rig, fault.part, fault.node);
  // A part that is not there now ended by itself, which none may.
  if (!process.running())
    throw RigError(process.options().name + ": ended without being killed\n" + rig.folder().log_tails());
  if (fault.freeze) {
    process.signal(SIGSTOP);
    let_pass(fault.down);
    process.signal(SIGCONT);
    return;
  }
  process.kill();
  let_pass(fault.down);
  before_restart();
  start(rig, fault.part, fault.node);
}

}  // namespace sensors::rig
