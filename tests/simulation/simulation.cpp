#include "tests/simulation/simulation.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tests/simulation/configuration.hpp"

namespace sensors::simulation {

namespace {

constexpr std::uint64_t most_events_at_once = 1'000'000;

}  // namespace

Outcome simulate(const SimulationOptions& options) { return Simulation(options).run(); }

Simulation::Simulation(const SimulationOptions& options)
    : options_(options), world_(options.seed, options.timeline_lines), api_(world_, destination) {
  outcome_.seed = options.seed;
  world_.ledger.add_destination(destination);
  make_services();
  plan_ = plan_faults(world_.random);
  if (!plan_.empty()) {
    for (const PlannedFault& fault : plan_more(options.seed)) plan_.push_back(fault);
  }
  make_client();
  make_second_bridge();
}

void Simulation::make_services() {
  Random& random = world_.random;
  const BrokerOptions broker = broker_options(random);
  broker_ = std::make_unique<BrokerModel>(world_, broker);
  const InboxSize inbox_of_store = inbox_size(random);
  persistence::LogicOptions store = persistence_options(random);
  if (Random other = random_of_second(); second_bridge(other) == SecondBridge::delivers_elsewhere)
    store.destinations.emplace_back(other_destination);
  persistence_ = std::make_unique<PersistenceService>(world_, *broker_, store, inbox_of_store);
  bridge_ = std::make_unique<BridgeService>(world_, *broker_, api_, bridge_options(random, broker.latency_most),
                                            bridge::HttpSinkOptions{upload_format(), bridge::AnswerTrust::strict},
                                            inbox_size(random));
  operator_ = std::make_unique<Operator>(world_, *broker_, main_node);
  const std::size_t publishers = random.between(1, 2);
  for (std::size_t i = 1; i <= publishers; ++i) {
    publishers_.push_back(std::make_unique<PublisherService>(
        world_, *broker_, publisher_options(random, "node-" + std::to_string(i)), inbox_size(random)));
  }
  if (Random(options_.seed ^ 0x7368617265642121U).chance(0.2)) publishers_.front()->share_names(true);
  api_.set_remembers_keys(random.chance(0.5));
}

/// With a chance of its own: a format is no reason that anything else comes otherwise.
UploadFormat Simulation::upload_format() const {
  Random random(options_.seed ^ 0x666f726d61747321U);
  if (random.chance(0.5)) return UploadFormat::batch;
  return random.chance(0.3) ? UploadFormat::json : UploadFormat::influx;
}

/// With chances of its own: a seed that has none is as it would be.
void Simulation::make_second_bridge() {
  Random random = random_of_second();
  const SecondBridge second = second_bridge(random);
  if (second == SecondBridge::none) return;
  bridge::DeliveryOptions options = bridge_options(random, broker_->latency_most());
  options.service = bridge_service_of(other_destination);
  ApiModel* api = &api_;
  if (second == SecondBridge::delivers_elsewhere) {
    second_api_ = std::make_unique<ApiModel>(world_, other_destination);
    second_api_->set_remembers_keys(random.chance(0.5));
    api = second_api_.get();
    options.upload.destination = other_destination;
    world_.ledger.add_destination(other_destination);
  }
  const UploadFormat format = second_api_ != nullptr && random.chance(0.5) ? UploadFormat::batch : upload_format();
  second_bridge_ =
      std::make_unique<BridgeService>(world_, *broker_, *api, options,
                                      bridge::HttpSinkOptions{format, bridge::AnswerTrust::strict}, inbox_size(random));
  if (plan_.empty()) return;
  for (const PlannedFault& fault : plan_second_bridge(random, second_api_ != nullptr)) plan_.push_back(fault);
}

/// With chances of its own: a seed that has none is as it would be.
void Simulation::make_client() {
  Random random(options_.seed ^ 0x7772697465727321U);
  if (random.chance(0.5)) return;
  bridge_->serve(web_options(random));
  client_ = std::make_unique<WritingClient>(world_, *bridge_, Random(random.next()));
  if (!plan_.empty() && random.chance(0.5))
    plan_.push_back({FaultKind::interrupt_write, random.of_any_size(Millis{10 * 60'000}, Millis{3 * 3'600'000})});
}

/// In some seeds the bridge begins without a destination, and its owner names one and takes it away by turns.
void Simulation::move_destination() {
  if (faults_are_over_) return;
  bridge_->deliver(!bridge_->delivers());
  world_.note("owner", bridge_->delivers() ? "names a destination" : "takes the destination away");
  const bool kills = world_.random.chance(0.5);
  kills ? bridge_->end(End::killed, restart_time()) : bridge_->stop(restart_time());  // it does not run yet at first
  world_.after(world_.random.exponential(Millis{2 * 3'600'000}), [this] { move_destination(); });
}

Outcome Simulation::run() {
  if (second_bridge_ == nullptr && Random(options_.seed ^ 0x6e6f776865726521U).chance(0.15)) move_destination();
  persistence_->start();
  bridge_->start();
  if (second_bridge_ != nullptr) second_bridge_->start();
  for (const auto& publisher : publishers_) publisher->start();
  if (client_ != nullptr) client_->start();
  for (const PlannedFault& fault : plan_) arm(fault);
  take_backups();
  if (run_until(Scheduler::start + options_.time)) {
    heal();
    check_end();
    check_silence();
    check_takeover();
    check_namesakes();
  }
  outcome_.violation = world_.ledger.violation();
  outcome_.simulated = world_.elapsed();
  outcome_.events = world_.scheduler.events();
  outcome_.hash = world_.hash.value();
  outcome_.readings = world_.ledger.totals();
  outcome_.timeline.assign(world_.timeline.lines().begin(), world_.timeline.lines().end());
  return std::move(outcome_);
}

/// False when a check failed before.
bool Simulation::run_until(Instant end) {
  Instant before = world_.scheduler.now();
  std::uint64_t at_once = 0;
  while (!world_.ledger.violation().has_value() && world_.scheduler.run_next(end)) {
    at_once = world_.scheduler.now() == before ? at_once + 1 : 0;
    before = world_.scheduler.now();
    if (at_once == most_events_at_once) world_.ledger.violate("time goes on", "so many things never happen at once");
  }
  return !world_.ledger.violation().has_value();
}

// ---- faults ----

void Simulation::arm(const PlannedFault& fault) {
  world_.after(world_.random.exponential(fault.mean_interval), [this, fault] {
    if (faults_are_over_) return;
    ++outcome_.faults[static_cast<std::size_t>(fault.kind)];
    inject(fault.kind);
    arm(fault);
  });
}

Millis Simulation::outage() { return world_.random.of_any_size(Millis{1'000}, Millis{2 * 3'600'000}); }

std::vector<Service*> Simulation::services() {
  std::vector<Service*> all{persistence_.get(), bridge_.get()};
  for (const auto& publisher : publishers_) all.push_back(publisher.get());
  if (second_bridge_ != nullptr) all.push_back(second_bridge_.get());
  return all;
}

std::vector<ApiModel*> Simulation::apis() {
  if (second_api_ == nullptr) return {&api_};
  return {&api_, second_api_.get()};
}

Service& Simulation::any_service() {
  std::vector<Service*> all = services();
  return *world_.random.one_of(all);
}

const std::string& Simulation::any_client() {
  std::vector<const std::string*> all{&persistence_->client_id(), &bridge_->client_id()};
  for (const auto& publisher : publishers_) all.push_back(&publisher->client_id());
  if (second_bridge_ != nullptr) all.push_back(&second_bridge_->client_id());
  return *world_.random.one_of(all);
}

void Simulation::inject(FaultKind kind) {
  Random& random = world_.random;
  switch (kind) {
    case FaultKind::kill_publisher: return any_publisher().end(End::killed, restart_time());
    case FaultKind::kill_persistence: return persistence_->end(End::killed, restart_time());
    case FaultKind::kill_bridge: return bridge_->end(End::killed, restart_time());
    case FaultKind::kill_broker: return broker_->end(false, restart_time());
    case FaultKind::power_cut_publisher: return any_publisher().end(End::power_cut, outage());
    case FaultKind::power_cut_persistence: return persistence_->end(End::power_cut, outage());
    case FaultKind::power_cut_machine: return cut_power_of_machine();
    case FaultKind::stop_service: return any_service().stop(restart_time());
    case FaultKind::freeze_service: return any_service().freeze(random.of_any_size(Millis{10}, Millis{60'000}));
    case FaultKind::block_loop: return any_service().block_loop(random.of_any_size(Millis{10}, Millis{20'000}));
    case FaultKind::hold_link:
      return broker_->hold_link(any_client(), random.of_any_size(Millis{100}, Millis{600'000}));
    case FaultKind::reset_link: return broker_->reset_link(any_client());
    case FaultKind::refuse_data: return broker_->refuse_data(random.chance(0.5) ? 1.0 : random.fraction(), outage());
    case FaultKind::cut_new_links:
      broker_->cut_new_links(random.of_any_size(Millis{1'000}, Millis{600'000}));
      return broker_->end(false, Millis{30'000});
    case FaultKind::outbox_full:
    case FaultKind::outbox_error:
    case FaultKind::outbox_stall: return fault_a_disk(any_publisher().outbox().disk(), kind);
    case FaultKind::store_full:
    case FaultKind::store_error:
    case FaultKind::store_stall: return fault_a_disk(persistence_->store().disk(), kind);
    case FaultKind::api_misbehaves: return misbehave(api_);
    case FaultKind::api_refuses: return refuse(api_);
    case FaultKind::dead_letters_handled: return operator_->act();
    case FaultKind::hang_http_client: return bridge_->hang_client(random.of_any_size(Millis{1'000}, Millis{120'000}));
    case FaultKind::hang_driver: return any_publisher().hang_driver(random.of_any_size(Millis{1'000}, Millis{600'000}));
    case FaultKind::burst: return any_publisher().burst(random.between(10, 3'000));
    case FaultKind::step_clock: return step_clock();
    case FaultKind::lose_store:
    case FaultKind::restore_store:
    case FaultKind::restore_outbox: return go_back(kind);
    case FaultKind::lose_outbox:
    case FaultKind::late_outbox: return open_late(kind);
    case FaultKind::rename_machine: return rename_machine();
    case FaultKind::clone_machine: return clone_machine();
    case FaultKind::interrupt_write: return interrupt_write();
    case FaultKind::rename_store: return rename_store();
    case FaultKind::stall_probe: return stall_probe();
    case FaultKind::delete_outbox: return any_publisher().outbox().disk().lose_name();
    case FaultKind::kill_second_bridge:
      return second_bridge_->end(End::killed, random.chance(0.5) ? restart_time() : outage());
    case FaultKind::second_api_misbehaves: return misbehave(*second_api_);
    case FaultKind::second_api_refuses: return refuse(*second_api_);
    case FaultKind::change_destination:
      bridge_->change_destination(std::to_string(random.next()));
      return bridge_->stop(restart_time());
    case FaultKind::delete_store:
      for (ApiModel* const api : apis()) api->store_changed();  // when it is killed before that is noticed
      return persistence_->store().disk().lose_name();
  }
}

void Simulation::fault_a_disk(Disk& disk, FaultKind kind) {
  switch (kind) {
    case FaultKind::outbox_stall:
    case FaultKind::store_stall: return disk.stall(world_.random.of_any_size(Millis{100}, Millis{180'000}));
    case FaultKind::outbox_error:
    case FaultKind::store_error:
      return disk.fail_for(world_.random.chance(0.5) ? ErrorCode::io : ErrorCode::read_only,
                           world_.random.of_any_size(Millis{1}, Millis{600'000}));
    default: return disk.fail_for(ErrorCode::disk_full, outage());
  }
}

void Simulation::cut_power_of_machine() {
  const Millis dark = outage();
  broker_->end(true, dark);
  persistence_->end(End::power_cut, dark + restart_time());
  bridge_->end(End::power_cut, dark + restart_time());
  if (second_bridge_ != nullptr) second_bridge_->end(End::power_cut, dark + restart_time());
  publishers_.front()->end(End::power_cut, dark + restart_time());
}

/// Somebody sets the clock of one machine, or a time server that all of them believe is wrong.
void Simulation::step_clock() {
  constexpr Millis most{std::int64_t{30} * 365 * 24 * 3'600'000};
  const Millis size = world_.random.of_any_size(Millis{1'000}, most);
  const Millis step = world_.random.chance(0.5) ? size : -size;
  world_.note("clock", fmt::format("steps by {} s", step.count() / 1'000));
  if (world_.random.chance(0.5)) return any_service().clock().step(step, world_.random.chance(0.5));
  for (Service* const service : services()) service->clock().step(step, true);
}

void Simulation::misbehave(ApiModel& api) {
  const auto mood = static_cast<ApiMood>(1 + world_.random.below(static_cast<std::uint64_t>(ApiMood::captive_portal)));
  api.misbehave(mood, world_.random.chance(0.6) ? 1.0 : world_.random.fraction(), outage());
}

void Simulation::refuse(ApiModel& api) {
  constexpr std::uint64_t kinds = static_cast<std::uint64_t>(ApiRefusal::too_large) + 1;
  const auto how = static_cast<ApiRefusal>(world_.random.below(kinds));
  // One row in a thousand to all of them, each order of magnitude as likely as another.
  const double share = static_cast<double>(world_.random.of_any_size(Millis{1}, Millis{1'000}).count()) / 1'000;
  api.refuse(how, world_.random.chance(0.1) ? 1.0 : share, outage());
}

void Simulation::interrupt_write() {
  client_->write();
  world_.after(world_.random.of_any_size(Millis{1}, Millis{200}), [this] {
    if (faults_are_over_) return;
    switch (world_.random.below(3)) {
      case 0: return persistence_->end(End::killed, restart_time());
      case 1: return broker_->end(false, restart_time());
      default: return bridge_->end(End::killed, restart_time());
    }
  });
}

void Simulation::go_back(FaultKind kind) {
  if (kind == FaultKind::restore_outbox) {
    PublisherService& publisher = any_publisher();
    if (!publisher.outbox().has_saved()) return;
    publisher.end(End::power_cut, restart_time());
    return publisher.outbox().restore_saved();
  }
  persistence_->end(End::power_cut, restart_time());
  for (ApiModel* const api : apis()) api->store_changed();
  if (kind == FaultKind::lose_store) return persistence_->store().replace();
  for (ApiModel* const api : apis()) api->store_went_back();
  persistence_->store().restore_saved();
}

/// A publisher that starts without its outbox numbers its readings in memory until there is one. With a new file the
/// first of them never get a position: now and then the store that has them is lost soon after.
void Simulation::open_late(FaultKind kind) {
  Random& random = world_.random;
  PublisherService& publisher = any_publisher();
  const Millis dark = restart_time();
  publisher.end(End::power_cut, dark);
  if (kind == FaultKind::lose_outbox) publisher.outbox().replace();
  if (kind == FaultKind::lose_outbox && random.chance(0.3)) return;
  const Millis late = dark + random.of_any_size(Millis{1'000}, Millis{3'600'000});
  publisher.outbox().disk().fail_for(random.chance(0.5) ? ErrorCode::io : ErrorCode::read_only, late);
  if (kind != FaultKind::lose_outbox || random.chance(0.5)) return;
  world_.after(late + random.of_any_size(Millis{1'000}, Millis{600'000}), [this] {
    if (!faults_are_over_) go_back(FaultKind::lose_store);
  });
}

/// Now and then it gets a name that it had before.
void Simulation::rename_machine() {
  const std::size_t which = world_.random.below(publishers_.size());
  PublisherService& publisher = *publishers_[which];
  publisher.end(world_.random.chance(0.5) ? End::power_cut : End::killed, restart_time());
  publisher.rename(fmt::format("node-{}-{}", which + 1, world_.random.below(4)));
}

/// A machine with store, bridge and a client's readings on their way gets another name, or one that it had before.
void Simulation::rename_store() {
  if (client_ != nullptr) client_->write();
  world_.after(world_.random.of_any_size(Millis{1}, Millis{200}), [this] {
    if (faults_are_over_) return;
    const std::uint64_t which = world_.random.below(3);
    const std::string node = which == 0 ? main_node : fmt::format("{}-store-{}", main_node, which);
    persistence_->end(End::killed, restart_time());
    bridge_->end(End::killed, restart_time());
    persistence_->rename(node);
    bridge_->rename(node);
    operator_->turn_to(node);
    if (second_bridge_ == nullptr) return;
    second_bridge_->end(End::killed, restart_time());
    second_bridge_->rename(node);
  });
}

void Simulation::stall_probe() {
  if (world_.random.chance(0.5)) return bridge_->stall_probe();
  any_publisher().stall_probe();
}

/// Both go on.
void Simulation::clone_machine() {
  if (publishers_.size() > 2) return;
  const PublisherService& original = any_publisher();
  publisher::LogicOptions options = original.options();
  options.node = fmt::format("node-{}", publishers_.size() + 1);
  auto clone = std::make_unique<PublisherService>(world_, *broker_, options, inbox_size(world_.random));
  clone->outbox().copy(original.outbox());
  clone->start();
  publishers_.push_back(std::move(clone));
}

/// States to go back to, where the plan has faults that do so.
void Simulation::take_backups() {
  const auto is_planned = [this](FaultKind kind) {
    return std::any_of(plan_.begin(), plan_.end(), [kind](const PlannedFault& fault) { return fault.kind == kind; });
  };
  if (faults_are_over_) return;
  if (is_planned(FaultKind::restore_store)) persistence_->store().save();
  if (is_planned(FaultKind::restore_outbox)) {
    for (const auto& publisher : publishers_) publisher->outbox().save();
  }
  if (!is_planned(FaultKind::restore_store) && !is_planned(FaultKind::restore_outbox)) return;
  world_.after(world_.random.exponential(Millis{1'800'000}), [this] { take_backups(); });
}

}  // namespace sensors::simulation
