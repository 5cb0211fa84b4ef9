#include "tests/simulation/bridge_service.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/codec/topic.hpp"
#include "services/sensor-http-bridge/delivery/own_topics.hpp"

namespace sensors::simulation {

using bridge::Attempt;
using bridge::Attempted;
using bridge::HttpFinished;
using bridge::HttpPost;
using bridge::SaveBreaker;
using bridge::SavedBreaker;

namespace {

constexpr std::size_t event_overhead_bytes = 256;
constexpr Millis longest_asked{600'000};  // Retry-After
constexpr Millis shortest_small{60'000};  // after a 413

std::string client_id_of(const bridge::DeliveryOptions& options) { return options.node + "-" + options.service; }

}  // namespace

BridgeService::BridgeService(World& world, BrokerModel& broker, ApiModel& api, bridge::DeliveryOptions options,
                             bridge::HttpSinkOptions http, InboxSize inbox)
    : HostedService(world, options.node + "/" + options.service, inbox),
      broker_(broker),
      api_(api),
      options_(std::move(options)),
      http_(http),
      attempts_(http),
      client_id_(client_id_of(options_)),
      breaker_(world, name(), {.longest_open = longest_asked + Millis{1'000}}) {}

void BridgeService::open() {
  std::optional<SavedBreaker> saved;
  if (state_file_.has_value()) {
    Result<SavedBreaker> read = bridge::decode_saved_breaker(*state_file_);
    if (!read.has_value()) world_.ledger.violate("the state of the breaker can be read", read.error().message);
    if (read.has_value()) saved = std::move(*read);
  }
  must_be_closed_ = saved.has_value() && saved->about != options_.about;
  // Its first step says by a log line that the breaker is still open.
  breaker_.restart();
  posts_.clear();
  attempts_ = bridge::HttpAttempts(http_);
  most_rows_until_ = Instant{};
  delivered_some_ = false;
  given_up_in_row_ = settled_through_ = 0;
  asked_to_wait_until_ = Instant{};  // kept by the wall clock, which may have stepped meanwhile
  options_.delivers = next_delivers_;
  bridge::DeliveryOptions options = options_;
  options.seed = world_.random.next();
  options.instance = client_id_ + "/" + std::to_string(runs());
  if (web_.has_value()) ++web_->seed;  // another run, other names
  if (web_.has_value() && write_homes_file_.has_value()) {
    Result<std::vector<bridge::WriteHome>> homes = bridge::decode_write_homes(*write_homes_file_);
    if (!homes.has_value()) world_.ledger.violate("the file of write homes can be read", homes.error().message);
    if (homes.has_value()) web_->write_homes = std::move(*homes);
  }
  host(std::make_unique<bridge::Bridge>(options, std::move(saved), web_, std::nullopt));
  connect();
}

void BridgeService::connect() {
  const MqttPublish will = Self::last_will(bridge::self_options(options_), "the connection to the broker ended",
                                           clock_.now().wall, bridge::down_details(options_));
  MqttLinkOptions options;
  options.client_id = client_id_;
  options.subscriptions = {bridge::reply_topic(options_), bridge::status_topic(options_)};
  // What people watch is left out: it decides nothing, and is most of the traffic.
  if (web_.has_value()) options.subscriptions.push_back(topic_of(options_.root, "+", "committed", bridge_service));
  options.will_topic = will.topic;
  options.will_payload = will.payload;
  MqttLinkCallbacks callbacks;
  callbacks.on_connected = [this] { control(MqttConnected{}); };
  callbacks.on_disconnected = [this](std::string reason) { control(MqttDisconnected{std::move(reason)}); };
  callbacks.on_published = [this](MqttPublished published) { control(std::move(published)); };
  callbacks.on_message = [this](const MqttMessage& message) {
    data(message, message.payload.size() + event_overhead_bytes);
  };
  callbacks.is_frozen = [this] { return is_frozen(); };
  link_ = std::make_unique<MqttLink>(world_, broker_, std::move(options), std::move(callbacks));
}

void BridgeService::closed(End how) {
  if (link_ != nullptr && how == End::stopped) link_->leave();
  if (link_ != nullptr && how == End::power_cut) link_->vanish();
  link_.reset();
  posts_.clear();
  for (const auto& [id, answered] : std::exchange(asked_, {})) answered(std::nullopt);
}

/// That the file of write homes is lost in the milliseconds before a rename is excluded (ADR 35).
void BridgeService::rename(const std::string& node) {
  world_.note(name(), "is called " + node + " from its next start on");
  if (saving_write_homes_.has_value()) write_homes_file_ = std::exchange(saving_write_homes_, std::nullopt);
  options_.node = node;
  client_id_ = client_id_of(options_);
  if (web_.has_value()) web_->node = node;
}

void BridgeService::ask(WebRequest request, std::function<void(std::optional<WebResponse>)> answered) {
  if (!is_running()) return answered(std::nullopt);
  const std::uint64_t id = request.id = ++last_asked_;
  const std::size_t size_bytes = request.body.size() + request.target.size() + event_overhead_bytes;
  if (!data(std::move(request), size_bytes)) return answered(WebResponse{id, 503, {}, ""});
  asked_.emplace(id, std::move(answered));
}

void BridgeService::unfrozen() {
  if (link_ != nullptr) link_->unfrozen();
}

std::optional<Instant> BridgeService::waits_since() const {
  return posts_.empty() ? std::nullopt : std::optional(posts_.begin()->second.since);
}

void BridgeService::before_step(const bridge::BridgeEvent& event) {
  if (const auto* attempted = std::get_if<Attempted>(&event)) answer(*attempted);
}

/// The Logic learns how a request ended.
void BridgeService::answer(const Attempted& attempted) {
  const auto node = posts_.extract(attempted.id);
  if (node.empty()) return;
  const ApiExchange& exchange = node.mapped().exchange;
  // A probe's answer behind its deadline counts for nothing, whatever it asks for.
  const bool is_late = breaker_.state() == BreakerWatch::State::half_open &&
                       world_.scheduler.now() - node.mapped().since >= options_.breaker.probe_deadline;
  if (exchange.asks_to_wait > Millis{0} && breaker_.counts(attempted.id) && !is_late) {
    asked_to_wait_until_ = world_.scheduler.now() + std::clamp(exchange.asks_to_wait, Millis{1'000}, longest_asked);
  }
  note_size(attempted.id, exchange);
  delivered_some_ = !exchange.taken.empty();
  if (delivered_some_) given_up_in_row_ = 0;
  breaker_.outcome(attempted.id, exchange.is_success ? BreakerWatch::Outcome::success : BreakerWatch::Outcome::failure);
  const std::string& destination = options_.upload.destination;
  for (const ApiRow& row : exchange.taken) world_.ledger.bridge_answered(destination, row);
  for (const ApiRow& row : exchange.refused) world_.ledger.bridge_refused(destination, row);
}

void BridgeService::stepped() {
  if (std::exchange(must_be_closed_, false) && breaker_.state() != BreakerWatch::State::closed)
    world_.ledger.violate("a breaker that was saved of another destination starts closed", name());
  breaker_.check();
}

/// A batch of so many rows is too large: half of it may come next, and for a minute no more.
void BridgeService::note_size(std::uint64_t id, const ApiExchange& exchange) {
  if (!exchange.reply.has_value() || exchange.reply->status != 413 || !breaker_.counts(id)) return;
  most_rows_ = std::max<std::size_t>(1, exchange.rows / 2);
  most_rows_until_ = exchange.rows > 1 ? world_.scheduler.now() + shortest_small : Instant{};
}

/// A batch that was handed out before may come again as it was.
void BridgeService::check_size(const ApiExchange& exchange) {
  if (exchange.is_again || world_.scheduler.now() >= most_rows_until_ || exchange.rows <= most_rows_) return;
  world_.ledger.violate("413 halves the batch",
                        fmt::format("{}: {} rows, and {} are as many as may be", name(), exchange.rows, most_rows_));
}

void BridgeService::check_given_up(const UploadedRequest& request) {
  if (std::exchange(settled_through_, request.last) == request.last || delivered_some_) return;
  given_up_in_row_ += request.rejected.size();
  const std::size_t most = options_.upload.max_refused_in_row;
  if (most == 0 || given_up_in_row_ <= most) return;
  world_.ledger.violate("rows are held when too many are refused in a row",
                        fmt::format("{}: gave up {} and may give up {}", name(), given_up_in_row_, most));
}

void BridgeService::apply(bridge::BridgeEffect& effect) {
  std::visit([this](auto& known) { carry_out(known); }, effect);
}

void BridgeService::carry_out(MqttPublish& message) {
  if (message.topic.find("/status/") != std::string::npos) {
    is_well_ = message.payload.find("\"state\":\"up\"") != std::string::npos;
    is_one_too_many_ = message.payload.find("is delivered to by") != std::string::npos;
  }
  if (!options_.delivers) check_without_destination(message);
  if (options_.delivers && message.topic.ends_with("/rpc/withdraw"))
    world_.ledger.violate("a bridge withdraws no destination that it has", name());
  if (message.topic.ends_with("/rpc/uploaded")) {
    const Result<UploadedRequest> request = decode_uploaded_request(message.payload);
    if (!request.has_value()) return world_.ledger.violate("what is published can be read", request.error().message);
    check_given_up(*request);
  }
  if (message.topic.find("/backlog/") != std::string::npos) note_handed_in(message);
  link_->publish(std::move(message));
}

void BridgeService::check_without_destination(const MqttPublish& message) {
  constexpr const char* idle = "a bridge without a destination asks for nothing, and slows nobody down";
  if (message.topic.find("/rpc/upload") != std::string::npos) world_.ledger.violate(idle, message.topic);
  if (message.topic.find("/queue/") != std::string::npos &&
      message.payload.find("\"pressure\":true") != std::string::npos)
    world_.ledger.violate(idle, message.payload);
}

void BridgeService::carry_out(Attempt& attempt) {
  if (!options_.delivers) return world_.ledger.violate("without a destination nothing is tried", name());
  const std::uint64_t id = attempt.id;
  const Result<HttpPost> written = attempts_.begin(std::move(attempt));
  if (!written.has_value())
    return world_.ledger.violate("what the store hands out can be sent", written.error().message);
  const HttpPost& post = *written;
  ApiExchange exchange = api_.post(post);
  check_size(exchange);
  if (world_.timeline.is_on()) {
    const bool answered = exchange.reply.has_value();
    world_.note("API", post.idempotency_key + ": " +
                           (answered ? std::to_string(exchange.reply->status) : exchange.reply.error().message));
  }
  Millis deadline = post.total_timeout + bridge::stuck_sink_after;
  if (breaker_.state() == BreakerWatch::State::half_open) {
    deadline = std::min(deadline, options_.breaker.probe_deadline);
    if (std::exchange(stalls_probe_, false)) block_loop(deadline + world_.random.between(Millis{1}, Millis{5'000}));
  }
  breaker_.attempt(id, deadline);
  const Instant now = world_.scheduler.now();
  if (now < asked_to_wait_until_) {
    world_.ledger.violate("Retry-After is kept",
                          fmt::format("{}: {} s too early", name(),
                                      std::chrono::ceil<std::chrono::seconds>(asked_to_wait_until_ - now).count()));
  }
  Millis took = std::min(exchange.took, post.total_timeout);
  if (client_hang_ > Millis{0}) {
    world_.note(name(), "the HTTP client hangs");
    took = post.total_timeout + std::exchange(client_hang_, Millis{0});
    exchange = {};
    exchange.reply = fail(ErrorCode::timeout, "no answer in time");
  }
  const Result<bridge::HttpReply> reply = exchange.reply;
  posts_[id] = {now, std::move(exchange)};
  after(took, [this, id, took, reply] { control(attempts_.finish(HttpFinished{id, reply, took}, clock_.now().wall)); });
}

void BridgeService::note_handed_in(const MqttPublish& message) {
  const auto decoded = decoder_.batch(message.payload);
  if (decoded.has_value() && decoded->bad_rows == 0) return world_.ledger.handed_in(decoded->batch);
  world_.ledger.violate("what is published can be read",
                        decoded.has_value() ? decoded->first_error : decoded.error().message);
}

void BridgeService::carry_out(WebResponse& response) {
  const auto node = asked_.extract(response.id);
  if (node.empty()) return world_.ledger.violate("a request has one answer", response.body);
  node.mapped()(std::move(response));
}

void BridgeService::carry_out(const SaveBreaker& save) {
  // On a worker: a crash before that leaves the file as it was.
  after(world_.random.between(Millis{0}, Millis{20}), [this, text = save.text] { state_file_ = text; });
}

void BridgeService::carry_out(const bridge::SaveWriteHomes& save) {
  saving_write_homes_ = save.text;
  after(world_.random.between(Millis{0}, Millis{20}), [this, text = save.text] {
    write_homes_file_ = text;
    if (saving_write_homes_ == text) saving_write_homes_.reset();
  });
}

}  // namespace sensors::simulation
