// How a simulation ends: nothing fails any more, everything must come to where it belongs, and two of one name show up.
#include <fmt/format.h>

#include <algorithm>

#include "common/codec/topic.hpp"
#include "services/sensor-persistence/logic/uploads.hpp"
#include "tests/simulation/simulation.hpp"

namespace sensors::simulation {

namespace {

// When faults stop, everything is delivered within this: services start (120 s), a breaker that is open (331 s, twice:
// publisher and bridge, or 600 s that the API asked for), a resend (60 s), and the backlog at the bridge's drain rate.
constexpr Millis delivery_bound{30 * 60'000};

// Then the pace is back at its base, and every service says that it is up.
constexpr Millis calm_bound{10 * 60'000};

// Two of one name hear each other's statuses, at most a minute apart, twice.
constexpr Millis namesake_bound{3 * 60'000};

constexpr Millis look_again{10'000};

// A publisher is back after a crash, and nobody new has been silent for long enough.
constexpr Millis crash_bound{45'000};

constexpr Millis last_rename_after{5 * 60'000};

// After the bridge that is gone has asked last, which it does once a minute.
constexpr Millis takeover_least = persistence::Uploads::bridge_kept - Millis{2 * 60'000};
constexpr Millis takeover_most = persistence::Uploads::bridge_kept + Millis{2 * 60'000};
constexpr Millis never{std::int64_t{365} * 24 * 3'600'000};
constexpr const char* one_bridge = "of two bridges of one destination one delivers, and the other says so";

}  // namespace

void Simulation::heal() {
  world_.note("simulation", "faults are over");
  faults_are_over_ = true;
  broker_->heal();
  for (ApiModel* const api : apis()) api->heal();
  persistence_->store().disk().heal();
  persistence_->start();
  bridge_->hang_client(Millis{0});
  if (!bridge_->delivers()) bridge_->end(End::killed, Millis{1'000});
  bridge_->deliver(true);
  bridge_->start();
  if (second_bridge_ != nullptr) second_bridge_->start();
  for (const auto& publisher : publishers_) {
    publisher->outbox().disk().heal();
    publisher->hang_driver(Millis{0});
    publisher->share_names(false);
    publisher->burst(0);
    publisher->start();
  }
  if (client_ != nullptr) client_->heal();
  const bool renames = std::any_of(plan_.begin(), plan_.end(),
                                   [](const PlannedFault& fault) { return fault.kind == FaultKind::rename_machine; });
  if (renames) world_.after(last_rename_after, [this] { rename_at_last(); });
  for (Service* const service : services()) service->clock().synchronise();
}

/// The broker misses the run under the old name when the new one has long connected, and no connect follows with which
/// it would tell once more what it keeps.
void Simulation::rename_at_last() {
  PublisherService& publisher = any_publisher();
  broker_->hold_link(publisher.client_id(), Millis{60'000});
  publisher.end(End::killed, Millis{5'000});
  publisher.rename(publisher.options().node + "-now");
}

/// Everything is delivered within a bound, and then all is as at the beginning.
void Simulation::check_end() {
  const Instant healed = world_.scheduler.now();
  const std::uint64_t waiting = world_.ledger.unresolved();
  // New readings come meanwhile; when they have stopped for a moment, all must be there.
  while (world_.scheduler.now() < healed + delivery_bound) {
    if (!run_until(world_.scheduler.now() + look_again)) return;
    if (persistence_->store().dead_letters().count() > 0) operator_->requeue_all();
  }
  for (const auto& publisher : publishers_) publisher->set_reading(false);
  if (client_ != nullptr) client_->stop();
  if (!run_until(world_.scheduler.now() + calm_bound)) return;
  if (const std::uint64_t left = world_.ledger.unresolved(); left > 0) {
    world_.ledger.violate("6: nothing is dropped without a record, and all is delivered when faults stop",
                          fmt::format("{} of {} readings are neither delivered nor recorded {} min after the last "
                                      "fault: {}",
                                      left, waiting, (delivery_bound + calm_bound).count() / 60'000,
                                      world_.ledger.describe_unresolved(5)));
  }
  if (!persistence_->store().dead_letters().letters().empty()) {
    world_.ledger.violate("dead letters that were requeued are delivered", "some are left");
  }
  if (persistence_->store().waiting() > 0) world_.ledger.violate("the upload queue empties", "rows wait");
  if (client_ != nullptr && client_->waiting() > 0)
    world_.ledger.violate("a client that asks again is answered", fmt::format("{} writes wait", client_->waiting()));
  check_bridges();
  if (!persistence_->has_reserve()) world_.ledger.violate("the reserve of the disk comes back", persistence_->name());
  if (!persistence_->is_well()) world_.ledger.violate("all is well when faults stop", persistence_->name());
  for (const auto& publisher : publishers_) {
    if (publisher->outbox().size() > 0) {
      world_.ledger.violate("the outbox empties",
                            fmt::format("{}: {} rows", publisher->name(), publisher->outbox().size()));
    }
    if (publisher->pace() != Millis{10'000}) world_.ledger.violate("the pace returns to its base", publisher->name());
    if (!publisher->has_reserve()) world_.ledger.violate("the reserve of the disk comes back", publisher->name());
    if (!publisher->is_well()) world_.ledger.violate("all is well when faults stop", publisher->name());
  }
  check_former_names();
}

/// Nothing has been read for a while. Sensors are silent, stay so through a crash without being told again, and are not
/// when something comes of them.
void Simulation::check_silence() {
  if (world_.ledger.violation().has_value()) return;
  std::vector<std::uint64_t> told;
  for (const auto& publisher : publishers_) {
    publisher->check_silent(publisher->devices(), "after the last reading");
    told.push_back(publisher->silence_events());
  }
  std::vector<std::vector<std::string>> devices;
  for (const auto& publisher : publishers_) {
    devices.push_back(publisher->devices());
    publisher->end(End::killed, Millis{5'000});
  }
  if (!run_until(world_.scheduler.now() + crash_bound)) return;
  for (std::size_t i = 0; i < publishers_.size(); ++i) {
    publishers_[i]->check_silent(devices[i], "after a crash");
    if (publishers_[i]->silence_events() != told[i])
      world_.ledger.violate("silence is told once", publishers_[i]->name());
    publishers_[i]->set_reading(true);
  }
  if (!run_until(world_.scheduler.now() + calm_bound)) return;
  for (const auto& publisher : publishers_) {
    publisher->check_none_silent();
    publisher->set_reading(false);
  }
  run_until(world_.scheduler.now() + calm_bound);
}

/// All deliver; but of two that have one destination only one, and the other says why it does not.
void Simulation::check_bridges() {
  if (!share_destination()) {
    if (!bridge_->is_well()) world_.ledger.violate("all is well when faults stop", bridge_->name());
    if (second_bridge_ != nullptr && !second_bridge_->is_well())
      world_.ledger.violate("all is well when faults stop", second_bridge_->name());
    return;
  }
  if (bridge_->is_well() == second_bridge_->is_well())
    world_.ledger.violate(one_bridge, bridge_->is_well() ? "both are well" : "none is well");
  if (bridge_->is_one_too_many() == second_bridge_->is_one_too_many())
    world_.ledger.violate(one_bridge, "the one that gets no rows says so, and no other");
}

/// The bridge that the destination has is gone for good: the other one has its turn, no sooner than it may.
void Simulation::check_takeover() {
  if (!share_destination() || world_.ledger.violation().has_value()) return;
  BridgeService& gone = bridge_->is_well() ? *bridge_ : *second_bridge_;
  BridgeService& heir = bridge_->is_well() ? *second_bridge_ : *bridge_;
  heir.stall_probe(false);  // it may have had none since the faults
  gone.end(End::killed, never);
  for (const auto& publisher : publishers_) publisher->set_reading(true);
  if (!run_until(world_.scheduler.now() + takeover_least)) return;
  if (heir.is_well()) world_.ledger.violate(one_bridge, heir.name() + " took over too soon");
  if (!run_until(world_.scheduler.now() + takeover_most - takeover_least)) return;
  if (!heir.is_well()) world_.ledger.violate("a bridge takes over from one that is gone", heir.name());
  for (const auto& publisher : publishers_) publisher->set_reading(false);
  if (!run_until(world_.scheduler.now() + calm_bound)) return;
  if (world_.ledger.unresolved() > 0)
    world_.ledger.violate("a bridge takes over from one that is gone", world_.ledger.describe_unresolved(5));
}

/// Nobody is shown who is gone, as far as an outbox knows that a run went by that name.
void Simulation::check_former_names() {
  for (const auto& [name, message] : broker_->retained()) {
    const std::optional<TopicView> topic = parse_topic(name);
    if (!topic.has_value() || topic->kind != "status" || topic->name != publisher::service_name) continue;
    const std::string node(topic->node);
    const bool is_gone = !message->payload.empty() &&
                         std::none_of(publishers_.begin(), publishers_.end(),
                                      [&](const auto& publisher) { return publisher->options().node == node; });
    for (const auto& publisher : publishers_) {
      if (is_gone && publisher->outbox().knows_run_of(node, message->payload))
        world_.ledger.violate("what was left under a former name goes", name + ": " + message->payload);
    }
  }
}

/// A card is cloned and not renamed, and somebody begins a second store: all concerned say so. Nothing is read any
/// more.
void Simulation::check_namesakes() {
  if (world_.ledger.violation().has_value()) return;
  world_.note("simulation", "a twin of the first publisher and another store begin");
  PublisherService& first = *publishers_.front();
  twin_ = std::make_unique<PublisherService>(world_, *broker_, first.options(), InboxSize{});
  twin_->be_twin();
  twin_->set_reading(false);
  persistence::LogicOptions options = persistence_->options();
  options.node += "-other";
  other_store_ = std::make_unique<PersistenceService>(world_, *broker_, options, InboxSize{});
  const std::vector<Service*> concerned{&first, twin_.get(), persistence_.get(), other_store_.get()};
  for (Service* const service : concerned) service->expect_namesake();
  twin_->start();
  other_store_->start();
  if (!run_until(world_.scheduler.now() + namesake_bound)) return;
  for (const Service* const service : concerned) {
    if (!service->noticed_namesake()) world_.ledger.violate("two of one name, and two stores, say so", service->name());
  }
}

}  // namespace sensors::simulation
