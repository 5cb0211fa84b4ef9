#include "tests/simulation/persistence_service.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/codec/control_json.hpp"
#include "common/codec/topic.hpp"

namespace sensors::simulation {

using persistence::CommitTransaction;
using persistence::LoadStream;
using persistence::MeasureStore;
using persistence::OpenStore;
using persistence::QueryDone;
using persistence::QueryRows;
using persistence::RunQuery;
using persistence::StoreCommitted;
using persistence::StoreMeasured;
using persistence::StoreOpened;
using persistence::StreamLoaded;

namespace {

constexpr std::size_t message_overhead_bytes = 256;

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string client_id_of(const std::string& node) { return std::string(persistence::service_name) + "." + node; }

}  // namespace

PersistenceService::PersistenceService(World& world, BrokerModel& broker, persistence::LogicOptions options,
                                       InboxSize inbox)
    : HostedService(world, options.node + "/" + persistence::service_name, inbox),
      broker_(broker),
      options_(std::move(options)),
      client_id_(client_id_of(options_.node)),
      store_(world, options_.node, options_.destinations) {}

void PersistenceService::open() {
  committing_.reset();
  told_boots_.clear();
  heard_boots_.clear();
  asked_.clear();
  served_.clear();
  is_stopping_ = has_committed_ = false;
  may_be_future_ = must_be_future_ = 0;
  has_committed_once_ = observed_synced_ = false;
  is_opening_ = is_open_ = false;
  worker_free_at_ = Instant{};
  persistence::LogicOptions options = options_;
  options.health.seed = world_.random.next();
  options.instance = client_id_ + "/" + std::to_string(runs());
  host(std::make_unique<persistence::Logic>(options));
  connect();
}

void PersistenceService::connect() {
  MqttLinkOptions options;
  options.client_id = client_id_;
  options.subscriptions = {options_.root + "/+/reading/+",
                           options_.root + "/+/backlog/+",
                           options_.root + "/+/clock/+",
                           options_.root + "/" + options_.node + "/rpc/+",
                           options_.root + "/+/status/" + persistence::service_name,
                           options_.root + "/+/status/sensor-publisher",
                           options_.root + "/+/status/sensor-http-bridge",
                           options_.root + "/+/silent/sensor-publisher"};
  MqttPublish will =
      Self::last_will(persistence::self_options(options_), "the connection to the broker ended", clock_.now().wall);
  options.will_topic = std::move(will.topic);
  options.will_payload = std::move(will.payload);
  MqttLinkCallbacks callbacks;
  callbacks.on_connected = [this] { control(MqttConnected{}); };
  callbacks.on_disconnected = [this](std::string reason) { control(MqttDisconnected{std::move(reason)}); };
  callbacks.on_published = [this](MqttPublished published) { control(std::move(published)); };
  callbacks.on_message = [this](const MqttMessage& message) {
    data(message, message.topic.size() + message.payload.size() + message_overhead_bytes);
  };
  callbacks.is_frozen = [this] { return is_frozen(); };
  link_ = std::make_unique<MqttLink>(world_, broker_, std::move(options), std::move(callbacks));
}

void PersistenceService::closed(End how) {
  if (link_ != nullptr && how == End::stopped) link_->leave();
  if (link_ != nullptr && how == End::power_cut) link_->vanish();
  link_.reset();
  if (committing_.has_value()) store_.torn(*std::exchange(committing_, std::nullopt));
  store_.closed(how == End::stopped);
}

void PersistenceService::rename(const std::string& node) {
  world_.note(name(), "is called " + node + " from its next start on");
  options_.node = node;
  client_id_ = client_id_of(node);
}

void PersistenceService::unfrozen() {
  if (link_ != nullptr) link_->unfrozen();
}

void PersistenceService::apply(persistence::Effect& effect) {
  std::visit([this](auto& known) { carry_out(known); }, effect);
}

void PersistenceService::carry_out(MqttPublish& message) {
  check_published(message);
  link_->publish(std::move(message));
}

void PersistenceService::check_published(const MqttPublish& message) {
  if (contains(message.topic, "/status/")) {
    is_well_ = contains(message.payload, "\"state\":\"up\"");
    check_future(message.payload);
  }
  if (contains(message.topic, "/rpc-reply/")) return check_served(message);
  if (!contains(message.topic, "/committed/")) return;
  const Result<Committed> committed = decode_committed(message.payload);
  if (!committed.has_value()) return world_.ledger.violate("what is published can be read", committed.error().message);
  store_.check_watermark(committed->store, committed->stream, committed->through);
}

// ---- the store ----

void PersistenceService::post(std::function<void()> job) {
  worker_free_at_ = std::max(worker_free_at_, store_.disk().end_of_operation());
  world_.scheduler.at(worker_free_at_, [this, run = runs(), job = std::move(job)] {
    if (is_running() && run == runs()) run_job(job);
  });
}

void PersistenceService::run_job(std::function<void()> job) {
  if (world_.scheduler.now() >= store_.disk().stalled_until()) return job();
  world_.scheduler.at(store_.disk().stalled_until(), [this, run = runs(), job = std::move(job)] {
    if (is_running() && run == runs()) run_job(job);
  });
}

void PersistenceService::carry_out(const OpenStore& open) {
  if (committing_.has_value() || is_opening_)
    world_.ledger.violate("the store is opened when nothing is outstanding", name());
  is_opening_ = true;
  working_since_ = world_.scheduler.now();
  is_open_ = false;
  post([this, open] {
    is_opening_ = false;
    if (open.release_reserve) has_reserve_ = false;
    StoreOpened opened{store_.open(), std::nullopt, has_reserve_};
    is_open_ = opened.contents.has_value();
    held_since_.clear();
    if (is_open_) {
      for (const persistence::BootState& boot : opened.contents->boots) held_since_[boot.key] = world_.scheduler.now();
    }
    control(std::move(opened));
  });
}

void PersistenceService::carry_out(CommitTransaction& transaction) {
  if (committing_.has_value()) world_.ledger.violate("one transaction of the store is outstanding", name());
  if (!is_open_) world_.ledger.violate("the store is used while it is open", name());
  std::size_t rows = 0;
  for (const persistence::StreamRows& stream : transaction.streams) rows += stream.readings.size() + stream.gaps.size();
  // Of one message that came when there was room all rows are taken.
  if (rows > options_.ingest.max_pending_rows) {
    world_.ledger.violate("7: every queue is bounded", name() + ": more rows in one transaction than may wait");
  }
  check_clocks(transaction);
  has_committed_once_ = true;
  committing_ = std::move(transaction);
  working_since_ = world_.scheduler.now();
  post([this] {
    using Reserve = DiskReserve::Action;
    const Reserve reserve = std::exchange(committing_->reserve, Reserve::none);
    if (reserve == Reserve::release) has_reserve_ = false;
    StoreCommitted done{store_.commit(*committing_)};
    if (reserve == Reserve::restore && done.report.has_value()) has_reserve_ = true;
    if (reserve != Reserve::none) done.reserve_held = has_reserve_;
    committing_.reset();
    control(std::move(done));
  });
}

/// Rows without a time that can be relied on wait for it, but only so long; nothing is deleted by a clock that is not
/// set.
void PersistenceService::check_clocks(const CommitTransaction& transaction) {
  const Instant now = world_.scheduler.now();
  for (const persistence::StreamRows& rows : transaction.streams) {
    const bool has_unsynced = std::any_of(rows.readings.begin(), rows.readings.end(),
                                          [](const auto& row) { return row.reading.uptime.has_value(); });
    if (has_unsynced == rows.boot.empty())
      world_.ledger.violate("uptimes are of a boot", fmt::format("{}: stream {}", name(), rows.stream));
    if (!rows.boot.empty()) held_since_.try_emplace({rows.node, rows.publisher, rows.boot}, now);
  }
  for (const persistence::BootKey& boot : transaction.released) {
    const auto since = held_since_.find(boot);
    if (since == held_since_.end() || now - since->second < options_.clock.hold) {
      world_.ledger.violate("rows without a right time wait for it", name() + ": boot " + boot.boot);
    }
    const bool is_learning = std::any_of(transaction.boot_times.begin(), transaction.boot_times.end(),
                                         [&](const persistence::BootLearned& learned) { return learned.boot == boot; });
    if (told_boots_.contains(boot) && !is_learning && !store_.knows(boot)) {
      world_.ledger.violate("rows get the time of a boot that is known", name() + ": those of boot " + boot.boot);
    }
  }
  if (transaction.retention.has_value() && transaction.retention->older_than.has_value() && !clock_.now().clock_synced)
    world_.ledger.violate("nothing is deleted by a clock that is not set", name());
}

void PersistenceService::before_step(const persistence::Event& event) {
  const auto* committed = std::get_if<StoreCommitted>(&event);
  has_committed_ = committed != nullptr && committed->report.has_value();
  is_stopping_ = is_stopping_ || std::holds_alternative<StopRequested>(event);
  const Now now = clock_.now();
  was_misled_ |= now.clock_synced && std::chrono::abs(now.wall - world_.wall()) > std::chrono::hours{1};
  const auto* message = std::get_if<MqttMessage>(&event);
  if (message == nullptr) return;
  if (contains(message->topic, "/reading/") || contains(message->topic, "/backlog/")) note_times(*message);
  if (message->topic.ends_with("/rpc/upload")) note_asked(*message);
  if (!contains(message->topic, "/clock/")) return;
  const std::optional<TopicView> topic = parse_topic(message->topic);
  const Result<BootTime> boot = decode_boot_time(message->payload);
  if (!topic.has_value() || !boot.has_value())
    return world_.ledger.violate("what is published can be read", message->payload);
  const persistence::BootKey key{std::string(topic->node), std::string(topic->name), boot->boot};
  told_boots_.insert(key);
  heard_boots_[key] = boot->time;
}

/// Of a store whose clock never lied and that has committed nobody can say that it does not know what the future is.
void PersistenceService::note_times(const MqttMessage& message) {
  const Now now = clock_.now();
  if (!now.clock_synced) return;
  Result<Batch> batch = tl::unexpected<Error>(Error{});
  if (contains(message.topic, "/reading/")) {
    batch = decoder_.reading(message.payload);
  } else if (auto decoded = decoder_.batch(message.payload); decoded.has_value()) {
    batch = std::move(decoded->batch);
  }
  if (!batch.has_value()) return;
  const auto ahead = static_cast<std::uint64_t>(
      std::count_if(batch->readings.begin(), batch->readings.end(), [&](const SequencedReading& row) {
        return !row.reading.uptime.has_value() && row.reading.time >= now.wall + std::chrono::hours{24};
      }));
  may_be_future_ += ahead;
  if (!was_misled_ && has_committed_once_ && observed_synced_) must_be_future_ += ahead;
}

void PersistenceService::check_future(const std::string& status) {
  constexpr std::string_view key = "\"from_future\":";
  const std::size_t at = status.find(key);
  if (at == std::string::npos) return;  // it is down
  const std::uint64_t told = std::stoull(status.substr(at + key.size()));
  if (told >= must_be_future_ && told <= may_be_future_) return;
  world_.ledger.violate("readings from the future are told, and no others",
                        fmt::format("{}: {}, and they are {} to {}", name(), told, must_be_future_, may_be_future_));
}

void PersistenceService::note_asked(const MqttMessage& message) {
  const Result<UploadRequest> request = decode_upload_request(message.payload);
  if (request.has_value())
    asked_[{message.response_topic, message.correlation}] = {request->destination, world_.scheduler.now()};
}

/// Who is not refused is the bridge of the destination, and no other is for as long as it keeps it.
void PersistenceService::check_served(const MqttPublish& reply) {
  const auto asked = asked_.extract({reply.topic, reply.correlation});
  if (asked.empty() || reply.payload.starts_with("{\"error\"")) return;
  const auto& [destination, at] = asked.mapped();
  for (const auto& [bridge, asked_at] : served_) {
    if (bridge.first != destination || bridge.second == reply.topic) continue;
    if (std::chrono::abs(at - asked_at) >= persistence::Uploads::bridge_kept) continue;
    world_.ledger.violate("a destination has one bridge", bridge.second + " and " + reply.topic + " get its rows");
  }
  served_[{destination, reply.topic}] = at;
}

/// What was heard while a commit was under way goes into the next one at once: when there is none, the store has it.
void PersistenceService::stepped() {
  observed_synced_ = clock_.now().clock_synced && is_open_;
  if (!has_committed_ || committing_.has_value() || is_stopping_) return;
  for (const auto& [boot, time] : heard_boots_) {
    if (store_.began(boot) == time) continue;
    world_.ledger.violate("a boot time that was heard is in the store when nothing is under way",
                          name() + ": boot " + boot.boot);
  }
}

void PersistenceService::carry_out(const LoadStream& load) {
  post([this, stream = load.stream] { control(StreamLoaded{stream, store_.load_stream(stream)}); });
}

void PersistenceService::carry_out(const MeasureStore&) {
  post([this] { control(StoreMeasured{store_.measure()}); });
}

void PersistenceService::carry_out(const RunQuery& query) {
  after(Millis{5}, [this, call = query.call] { control(QueryDone{call, QueryRows{}}); });
}

void PersistenceService::carry_out(const persistence::ListDeadLetters& list) {
  after(Millis{5}, [this, list] {
    control(persistence::DeadLettersListed{list.call, store_.dead_letters().list(list.request)});
  });
}

}  // namespace sensors::simulation
