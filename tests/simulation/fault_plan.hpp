// FaultPlan decides which faults a seed has and how often they come. Each seed has a few kinds only, at rates of its
// own (swarm testing: Groce and others, 2012), so that rare combinations are not drowned by common ones.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "tests/simulation/random.hpp"

namespace sensors::simulation {

enum class FaultKind {
  kill_publisher,
  kill_persistence,
  kill_bridge,
  kill_broker,
  power_cut_publisher,
  power_cut_persistence,
  power_cut_machine,  // of broker, store, bridge and the first publisher at once
  stop_service,       // SIGTERM
  freeze_service,     // SIGSTOP
  block_loop,
  hold_link,  // nothing passes; both sides think they are connected
  reset_link,
  refuse_data,
  cut_new_links,  // the broker accepts a connection and closes it a moment later
  outbox_full,
  outbox_error,
  outbox_stall,
  store_full,
  store_error,
  store_stall,
  api_misbehaves,
  api_refuses,           // rows, in the ways there are
  dead_letters_handled,  // an operator lists, requeues or purges some
  hang_http_client,
  hang_driver,
  burst,
  step_clock,     // of one machine or of all
  lose_store,     // another store, with another id
  restore_store,  // an earlier state: a backup, or a disk that lied
  restore_outbox,
  lose_outbox,  // a new file; in half of the cases its disk fails until the publisher has started
  late_outbox,  // the disk of an outbox fails until the publisher has started
  rename_machine,
  clone_machine,    // a copy of its card in another machine with another name, once
  interrupt_write,  // a client hands readings in over HTTP, and bridge, store or broker are killed a moment later
  rename_store,     // and the bridge: their machine gets another name, while a client's readings are on their way
  stall_probe,      // the answer to a probe comes in time, and its service sees it when that is over
  delete_outbox,    // the file, beneath the publisher
  delete_store,
  kill_second_bridge,  // for a moment or for long
  second_api_misbehaves,
  second_api_refuses,
  change_destination,  // an owner gives the bridge another url or token, and restarts it
};
inline constexpr std::size_t fault_kinds = static_cast<std::size_t>(FaultKind::change_destination) + 1;

const char* name_of(FaultKind kind);

struct PlannedFault {
  FaultKind kind;
  Millis mean_interval;
};

/// All but interrupt_write, which is for seeds that have a client, and those of plan_more().
std::vector<PlannedFault> plan_faults(Random& random);

/// The kinds behind interrupt_write, with chances of their own; but for those of a second bridge.
std::vector<PlannedFault> plan_more(std::uint64_t seed);

/// Of a second bridge, and of its API if it has one.
std::vector<PlannedFault> plan_second_bridge(Random& random, bool has_api);

}  // namespace sensors::simulation
