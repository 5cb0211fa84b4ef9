#include "tests/simulation/fault_plan.hpp"

namespace sensors::simulation {

const char* name_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::kill_publisher: return "kill publisher";
    case FaultKind::kill_persistence: return "kill persistence";
    case FaultKind::kill_bridge: return "kill bridge";
    case FaultKind::kill_broker: return "kill broker";
    case FaultKind::power_cut_publisher: return "power cut of a publisher";
    case FaultKind::power_cut_persistence: return "power cut of persistence";
    case FaultKind::power_cut_machine: return "power cut of the machine";
    case FaultKind::stop_service: return "stop a service";
    case FaultKind::freeze_service: return "freeze a service";
    case FaultKind::block_loop: return "block a loop";
    case FaultKind::hold_link: return "half-open link";
    case FaultKind::reset_link: return "reset a link";
    case FaultKind::refuse_data: return "broker refuses";
    case FaultKind::cut_new_links: return "new connections are cut";
    case FaultKind::outbox_full: return "outbox disk full";
    case FaultKind::outbox_error: return "outbox disk error";
    case FaultKind::outbox_stall: return "outbox disk stalls";
    case FaultKind::store_full: return "store disk full";
    case FaultKind::store_error: return "store disk error";
    case FaultKind::store_stall: return "store disk stalls";
    case FaultKind::api_misbehaves: return "API misbehaves";
    case FaultKind::api_refuses: return "API refuses rows";
    case FaultKind::dead_letters_handled: return "dead letters handled";
    case FaultKind::hang_http_client: return "HTTP client hangs";
    case FaultKind::hang_driver: return "driver hangs";
    case FaultKind::burst: return "burst of readings";
    case FaultKind::step_clock: return "clock steps";
    case FaultKind::lose_store: return "another store";
    case FaultKind::restore_store: return "store goes back";
    case FaultKind::restore_outbox: return "outbox goes back";
    case FaultKind::lose_outbox: return "another outbox";
    case FaultKind::late_outbox: return "outbox opens late";
    case FaultKind::rename_machine: return "machine is renamed";
    case FaultKind::clone_machine: return "machine is cloned";
    case FaultKind::interrupt_write: return "kill during a write over HTTP";
    case FaultKind::rename_store: return "machine of the store is renamed";
    case FaultKind::stall_probe: return "loop stalls over a probe";
    case FaultKind::delete_outbox: return "outbox deleted beneath its service";
    case FaultKind::delete_store: return "store deleted beneath its service";
    case FaultKind::kill_second_bridge: return "kill the second bridge";
    case FaultKind::second_api_misbehaves: return "second API misbehaves";
    case FaultKind::second_api_refuses: return "second API refuses rows";
    case FaultKind::change_destination: return "another url or token";
  }
  return "?";
}

std::vector<PlannedFault> plan_faults(Random& random) {
  std::vector<PlannedFault> plan;
  // One seed in ten is quiet, some have nearly everything.
  const double share = random.chance(0.1) ? 0 : 0.05 + 0.75 * random.fraction();
  for (std::size_t i = 0; i < static_cast<std::size_t>(FaultKind::interrupt_write); ++i) {
    const auto kind = static_cast<FaultKind>(i);
    const Millis mean = random.of_any_size(Millis{60'000}, Millis{3 * 3'600'000});
    // Hardware that loses data excuses losses: most seeds must do without.
    const bool excuses = kind == FaultKind::lose_store || kind == FaultKind::restore_store ||
                         kind == FaultKind::restore_outbox || kind == FaultKind::lose_outbox;
    // A burst costs as much time as hours without one.
    const bool is_rare = excuses || kind == FaultKind::burst;
    if (random.chance(excuses ? share / 4 : share)) plan.push_back({kind, is_rare ? mean * 4 : mean});
  }
  return plan;
}

std::vector<PlannedFault> plan_more(std::uint64_t seed) {
  Random random(seed ^ 0x6f776e6572732021U);
  std::vector<PlannedFault> plan;
  const auto add = [&](FaultKind kind, double share, Millis shortest_mean) {
    const Millis mean = random.of_any_size(shortest_mean, Millis{3 * 3'600'000});
    if (random.chance(share)) plan.push_back({kind, mean});
  };
  // A write is known under eight pairs of names: no client waits for so many renames.
  add(FaultKind::rename_store, 0.2, Millis{10 * 60'000});
  add(FaultKind::stall_probe, 0.3, Millis{60'000});
  // With a kill before it is noticed the file is lost.
  add(FaultKind::delete_outbox, 0.15, Millis{10 * 60'000});
  add(FaultKind::delete_store, 0.15, Millis{10 * 60'000});
  add(FaultKind::change_destination, 0.3, Millis{10 * 60'000});
  return plan;
}

std::vector<PlannedFault> plan_second_bridge(Random& random, bool has_api) {
  std::vector<PlannedFault> plan;
  for (const FaultKind kind :
       {FaultKind::kill_second_bridge, FaultKind::second_api_misbehaves, FaultKind::second_api_refuses}) {
    const Millis mean = random.of_any_size(Millis{10 * 60'000}, Millis{3 * 3'600'000});
    if (random.chance(0.5) && (has_api || kind == FaultKind::kill_second_bridge)) plan.push_back({kind, mean});
  }
  return plan;
}

}  // namespace sensors::simulation
