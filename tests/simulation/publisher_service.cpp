#include "tests/simulation/publisher_service.hpp"

#include <algorithm>
#include <utility>

#include "common/codec/topic.hpp"

namespace sensors::simulation {

using publisher::OutboxRead;
using publisher::OutboxReadDone;
using publisher::OutboxWrite;
using publisher::OutboxWritten;

namespace {

std::vector<std::string> subscriptions_of(const publisher::LogicOptions& options) {
  std::vector<std::string> filters{topic_of(options.root, options.node, "committed", publisher::service_name),
                                   topic_of(options.root, options.node, "status", publisher::service_name)};
  for (const char* kind : {"queue", "status"}) {
    for (const char* service : {"sensor-persistence", "sensor-http-bridge"})
      filters.push_back(topic_of(options.root, "+", kind, service));
  }
  return filters;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

PublisherService::PublisherService(World& world, BrokerModel& broker, publisher::LogicOptions options, InboxSize inbox)
    : HostedService(world, options.node + "/" + publisher::service_name, inbox),
      broker_(broker),
      options_(std::move(options)),
      client_id_(std::string(publisher::service_name) + "." + options_.node),
      outbox_(world, options_.node),
      breaker_(world, name(), {}) {}

void PublisherService::open() {
  stream_ = world_.random.id();
  world_.ledger.stream_begins(stream_, clock_.boot());
  knows_boot_time_ = false;
  deletion_asked_through_ = 0;
  sent_through_.clear();
  publisher::OutboxContents known;
  known.streams.push_back({stream_, 0, clock_.boot()});
  known.streams.back().node = options_.node;
  Result<publisher::OutboxContents> contents = open_outbox(known, false);
  if (!contents.has_value()) {
    world_.note(name(), contents.error().message);
    known.failure = contents.error().message;
    known.reserve_held = has_reserve_;
    contents = known;
  }
  outbox_fails_ = failed_in_this_run_ = !contents->failure.empty();
  says_outbox_fails_ = sends_from_memory_ = is_degraded_ = false;
  gave_up_ = false;
  owners_.clear();
  devices_.clear();
  pace_ = Millis{0};  // as in every run that begins
  shared_ = 0;
  breaker_.restart();
  writing_.reset();
  in_flight_.clear();
  of_former_.clear();
  for (std::optional<Instant>* since : {&writing_since_, &reading_since_, &scanning_since_, &opening_since_})
    since->reset();
  connected_ = false;
  worker_free_at_ = Instant{};
  publisher::LogicOptions options = options_;
  options.seed = world_.random.next();
  options.instance = client_id_ + "/" + std::to_string(runs());
  host(std::make_unique<publisher::Logic>(options, *contents));
  connect();
}

void PublisherService::connect() {
  MqttLinkOptions options;
  options.client_id = client_id_;
  options.subscriptions = subscriptions_of(options_);
  MqttPublish will = Self::last_will(publisher::self_options(options_, stream_), "connection lost", clock_.now().wall);
  options.will_topic = std::move(will.topic);
  options.will_payload = std::move(will.payload);
  MqttLinkCallbacks callbacks;
  callbacks.on_connected = [this] { control(MqttConnected{}); };
  callbacks.on_disconnected = [this](std::string reason) { control(MqttDisconnected{std::move(reason)}); };
  callbacks.on_published = [this](MqttPublished published) { control(std::move(published)); };
  callbacks.on_message = [this](const MqttMessage& message) {
    data(message, message.topic.size() + message.payload.size());
  };
  callbacks.is_frozen = [this] { return is_frozen(); };
  link_ = std::make_unique<MqttLink>(world_, broker_, std::move(options), std::move(callbacks));
}

void PublisherService::closed(End how) {
  if (how == End::stopped && finishing_ && burst_ > 0 && !cut_off_) {
    world_.ledger.violate("what a program had printed before an orderly end is taken",
                          fmt::format("{}: {} lines are in its pipe", name(), burst_));
  }
  burst_ = 0;
  asked_.clear();
  finishing_ = cut_off_ = false;
  if (link_ != nullptr && how == End::stopped) link_->leave();
  if (link_ != nullptr && how == End::power_cut) link_->vanish();
  link_.reset();
  if (writing_.has_value()) outbox_.torn(*std::exchange(writing_, std::nullopt));
  outbox_.closed(how == End::stopped);
  // A graceful end may give up what only memory has, if the outbox cannot be written, and if it says so.
  if (!stream_.empty()) world_.ledger.stream_ends(stream_, how != End::stopped || (outbox_fails_ && gave_up_));
}

void PublisherService::rename(const std::string& node) {
  world_.note(name(), "is called " + node + " from its next start on");
  options_.node = node;
  client_id_ = std::string(publisher::service_name) + "." + node;
}

void PublisherService::unfrozen() {
  if (link_ != nullptr) link_->unfrozen();
}

std::optional<Instant> PublisherService::waits_since() const {
  std::optional<Instant> oldest;
  for (const std::optional<Instant>& since : {writing_since_, reading_since_, scanning_since_}) {
    if (since.has_value()) oldest = oldest.has_value() ? std::min(*oldest, *since) : *since;
  }
  if (opening_since_.has_value()) {
    // It may take longer by so much.
    const Instant since = *opening_since_ + (options_.outbox.open_deadline - Millis{30'000});
    oldest = oldest.has_value() ? std::min(*oldest, since) : since;
  }
  return oldest;
}

// ---- what goes in ----

void PublisherService::before_step(const publisher::Event& event) {
  const Now now = clock_.now();
  if (now.clock_synced) {
    knows_boot_time_ = true;
    world_.ledger.vouched({clock_.boot(), now.wall - uptime_at(now.monotonic)});
  }
  if (const auto* read = std::get_if<publisher::DriverRead>(&event)) {
    for (const Sample& sample : read->report.samples)
      world_.ledger.taken(stream_, Ledger::number_of(sample.value).value_or(0),
                          {now.wall, uptime_at(now.monotonic), now.clock_synced});
    note_owners(*read);
    note_heard(*read);
  } else if (const auto* written = std::get_if<OutboxWritten>(&event)) {
    outbox_fails_ = !written->result.has_value();
    failed_in_this_run_ |= outbox_fails_;
  } else if (const auto* read_done = std::get_if<OutboxReadDone>(&event)) {
    outbox_fails_ = outbox_fails_ || !read_done->entries.has_value();
    failed_in_this_run_ |= outbox_fails_;
  } else if (const auto* published = std::get_if<MqttPublished>(&event)) {
    in_flight_.erase(published->id);
    using Outcome = BreakerWatch::Outcome;
    Outcome outcome = Outcome::success;
    if (!published->result.has_value()) {
      const bool is_failure =
          published->result.error().code != ErrorCode::disconnected && !of_former_.contains(published->id);
      outcome = is_failure ? Outcome::failure : Outcome::neither;
    }
    of_former_.erase(published->id);
    breaker_.outcome(published->id, outcome);
  } else if (std::holds_alternative<MqttConnected>(event)) {
    connected_ = true;
    // The answers for what an earlier connection carried may wait behind this in the inbox of a loop that was blocked:
    // the breaker does not wait for them, and its next probe is not a second one.
    for (const std::uint64_t id : std::exchange(in_flight_, {})) breaker_.outcome(id, BreakerWatch::Outcome::neither);
  } else if (std::holds_alternative<MqttDisconnected>(event)) {
    if (!std::exchange(connected_, false)) breaker_.failed_at_once();
  }
}

// While the outbox fails, what it has cannot be read, so that there may be nothing to probe with.
void PublisherService::stepped() {
  check_memory();
  if (std::exchange(sends_from_memory_, false) && !is_degraded_)
    world_.ledger.violate("1: what is sent from memory is shown as degraded", name());
  breaker_.check(connected_ && !outbox_fails_ && outbox_.has_news());
}

// ---- what comes out ----

void PublisherService::logged(const LogLine& line) {
  breaker_.logged(line);
  if (contains(line.text, "readings wait in memory and are sent from there")) says_outbox_fails_ = true;
  if (contains(line.text, "the outbox can be written again")) says_outbox_fails_ = false;
  if (contains(line.text, "readings are lost: they waited in memory")) gave_up_ = true;
  if (contains(line.text, "was cut off")) cut_off_ = true;
}

void PublisherService::apply(publisher::Effect& effect) {
  std::visit([this](auto& known) { carry_out(known); }, effect);
}

void PublisherService::carry_out(const MqttSubscribe& more) {
  link_->subscribe(more.filter);
  after(Millis{1}, [this] { broker_.reset_link(client_id_); });
}

void PublisherService::carry_out(const MqttReconnect&) {
  after(Millis{1}, [this] { broker_.reset_link(client_id_); });
}

void PublisherService::carry_out(MqttPublish& message) {
  const bool is_data = contains(message.topic, "/reading/") || contains(message.topic, "/backlog/");
  if (is_data) {
    check_published(message);
    breaker_.attempt(message.id, options_.send.puback_timeout);
    if (breaker_.state() == BreakerWatch::State::half_open && std::exchange(stalls_probe_, false))
      block_loop(options_.send.puback_timeout + world_.random.between(Millis{1}, Millis{5'000}));
    in_flight_.insert(message.id);
    if (!message.topic.starts_with(options_.root + "/" + options_.node + "/")) of_former_.insert(message.id);
    if (in_flight_.size() > static_cast<std::size_t>(options_.send.window.max_unacknowledged_messages)) {
      world_.ledger.violate("7: every queue is bounded", name() + ": more messages without PUBACK than the window has");
    }
  } else if (contains(message.topic, "/status/")) {
    note_status(message.payload);
  } else if (contains(message.topic, "/silent/") && !message.payload.empty()) {
    note_silent(message);
  } else if (contains(message.topic, "/event/")) {
    note_event(message);
  }
  link_->publish(std::move(message));
}

/// One thing after the other, each when the disk has done it and does not stand still.
void PublisherService::on_outbox_worker(std::optional<Instant>& since, std::function<void()> job) {
  if (since.has_value()) world_.ledger.violate("one of each is outstanding at the outbox", name());
  since = world_.scheduler.now();
  worker_free_at_ = std::max(worker_free_at_, outbox_.disk().end_of_operation());
  world_.scheduler.at(worker_free_at_, [this, &since, job = std::move(job), run = runs()] {
    if (!is_running() || run != runs()) return;
    when_not_stalled([&since, job] {
      since.reset();
      job();
    });
  });
}

void PublisherService::when_not_stalled(std::function<void()> job) {
  if (world_.scheduler.now() >= outbox_.disk().stalled_until()) return job();
  world_.scheduler.at(outbox_.disk().stalled_until(), [this, job = std::move(job), run = runs()] {
    if (is_running() && run == runs()) when_not_stalled(job);
  });
}

void PublisherService::carry_out(OutboxWrite& write) {
  check_written(write);
  deletion_asked_through_ = std::max(deletion_asked_through_, write.delete_through);
  writing_ = std::move(write);
  on_outbox_worker(writing_since_, [this] {
    using Reserve = DiskReserve::Action;
    if (writing_->reserve == Reserve::release) has_reserve_ = false;
    Result<void> result = outbox_.write(*writing_);
    OutboxWrite done = std::move(*std::exchange(writing_, std::nullopt));
    if (done.reserve == Reserve::restore && result.has_value()) has_reserve_ = true;
    control(OutboxWritten{std::move(result), std::move(done), outbox_.used_bytes(), has_reserve_});
  });
}

void PublisherService::carry_out(const OutboxRead& read) {
  on_outbox_worker(reading_since_, [this, read] {
    control(OutboxReadDone{read.first, outbox_.read(read.first, read.max_entries)});
  });
}

void PublisherService::carry_out(const publisher::OutboxScan& scan) {
  on_outbox_worker(scanning_since_, [this, scan] {
    control(publisher::OutboxScanned{scan.first, outbox_.read(scan.first, scan.max_entries)});
  });
}

Result<publisher::OutboxContents> PublisherService::open_outbox(const publisher::OutboxContents& known,
                                                                bool is_settled) {
  Result<publisher::OutboxContents> contents = outbox_.open(known, is_settled);
  if (contents.has_value()) contents->reserve_held = has_reserve_;
  return contents;
}

void PublisherService::carry_out(const publisher::OutboxOpen& open) {
  on_outbox_worker(opening_since_, [this, open] {
    if (open.release_reserve) has_reserve_ = false;
    control(publisher::OutboxOpened{open_outbox(open.known, open.is_settled)});
  });
}

}  // namespace sensors::simulation
