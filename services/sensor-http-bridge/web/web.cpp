#include "services/sensor-http-bridge/web/web.hpp"

#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/codec/reading_json.hpp"
#include "common/codec/time_text.hpp"
#include "common/codec/topic.hpp"
#include "services/sensor-http-bridge/delivery/delivery_options.hpp"

namespace sensors::bridge {

namespace {

constexpr std::chrono::hours expiry_is_near{14 * 24};

std::string why_not_served(const Error& error) {
  switch (error.code) {
    case ErrorCode::in_use:
      return error.message +
             ": another program has that port; write another one at listen below [http], and restart this service";
    case ErrorCode::permission:
      return error.message +
             ": ports below 1024 are not for this service; write another one at listen below [http], and restart it";
    default: return error.message + "; see to listen, certificate_file and key_file below [http]";
  }
}

std::string committed_topic(const WebOptions& options, const std::string& node) {
  return topic_of(options.root, node, "committed", bridge_service);
}

/// Of this node, and of those that it was before: a write that was handed in there goes on under its stream.
std::set<std::string> committed_topics(const WebOptions& options) {
  std::set<std::string> topics{committed_topic(options, options.node)};
  for (const WriteHome& home : options.write_homes) topics.insert(committed_topic(options, home.node));
  return topics;
}

template <class Purpose>
StoreCalls<Purpose> calls_of(const WebOptions& options, std::string_view caller) {
  return StoreCalls<Purpose>({options.root, options.service, fmt::format("{}-{:x}", caller, options.seed),
                              options.max_queries, options.query_timeout});
}

std::string filter_of(const WebOptions& options, std::string_view kind) {
  return options.root + "/+/" + std::string(kind) + "/+";
}

}  // namespace

std::vector<std::string> web_subscriptions(const WebOptions& options) {
  std::vector<std::string> filters{filter_of(options, "status"), filter_of(options, "queue"),
                                   filter_of(options, "silent"), filter_of(options, "event"),
                                   filter_of(options, "alert"),  filter_of(options, "reading")};
  for (const std::string& topic : committed_topics(options)) filters.push_back(topic);
  return filters;
}

Web::Web(WebOptions options)
    : options_(std::move(options)),
      access_(options_),
      watch_({options_.node, options_.service, options_.max_services}),
      streams_(options_.max_streams, options_.stream_keepalive),
      reads_(calls_of<PendingRead>(options_, "read")),
      questions_(calls_of<std::uint64_t>(options_, "write")),
      writes_(options_),
      reply_topic_(topic_of(options_.root, options_.node, "rpc-reply", options_.service)),
      committed_topics_(committed_topics(options_)) {}

BridgeEffects Web::handle(const Tick&, Now now) {
  now_ = now;
  if (std::optional<WebStreamData> alive = streams_.keep_alive(now.monotonic)) add(std::move(*alive));
  for (const PendingRead& read : reads_.take_overdue(now.monotonic)) {
    ++counters_.unanswered;
    store_is_silent(read, fmt::format("the store gave no answer in {} ms", options_.query_timeout.count()));
  }
  for (const std::uint64_t write : questions_.take_overdue(now.monotonic)) writes_.unanswered(write, now.monotonic);
  add_written(writes_.take_late(now.monotonic));
  for (const std::string& gone : alerts_.take_gone(now.monotonic)) pass_alert_on(gone);
  warn_of_expiry();
  return take_effects();
}

BridgeEffects Web::handle(const StopRequested&, Now now) {
  now_ = now;
  is_stopping_ = true;
  for (const WebStreamEnd end : streams_.close_all()) add(end);
  for (const PendingRead& read : reads_.take_all()) store_is_silent(read, "the bridge is stopping");
  add_written(writes_.take_all());
  return take_effects();
}

BridgeEffects Web::handle(const MqttConnected&, Now now) {
  now_ = now;
  watch_.connected(now);
  verdict_stream_.changed(now.monotonic);
  alerts_.connected(now.monotonic);
  writes_.connected();
  return take_effects();
}

/// What services said last stays to be looked at, with its age; what is retained comes again with the connection.
BridgeEffects Web::handle(const MqttDisconnected&, Now now) {
  now_ = now;
  watch_.disconnected(now);
  verdict_stream_.changed(now.monotonic);
  alerts_.disconnected();
  for (const PendingRead& read : reads_.take_all()) store_is_silent(read, "the connection to the broker was lost");
  for (const std::uint64_t write : questions_.take_all()) writes_.unanswered(write, now.monotonic);
  writes_.disconnected();
  return take_effects();
}

BridgeEffects Web::handle(const MqttPublished& published, Now now) {
  now_ = now;
  if (const std::optional<PublishIds<Sender>::Answered> answered = ids_.take(published); answered.has_value())
    take_published(answered->asker, answered->published);
  return take_effects();
}

void Web::take_published(Sender sender, const MqttPublished& published) {
  if (sender == Sender::outbox) return writes_.outbox().acknowledged(published);
  if (sender == Sender::reads) {
    if (const std::optional<PendingRead> read = reads_.take_refusal(published); read.has_value())
      store_is_silent(*read, "the broker did not take the request: " + published.result.error().message);
  } else if (const std::optional<std::uint64_t> write = questions_.take_refusal(published); write.has_value()) {
    question_refused(*write, published.result.error());
  }
}

BridgeEffects Web::handle(const MqttMessage& message, Now now) {
  now_ = now;
  if (message.topic == reply_topic_) {
    if (const std::optional<PendingRead> read = reads_.take_answer(message); read.has_value())
      add(read_answer(*read, message.payload));
    if (const std::optional<std::uint64_t> write = questions_.take_answer(message); write.has_value())
      take_streams(*write, message.payload);
    return take_effects();
  }
  if (committed_topics_.contains(message.topic)) {
    take_committed(message.payload);
    return take_effects();
  }
  const std::optional<TopicView> topic = parse_topic(message.topic);
  if (!topic.has_value() || topic->root != options_.root) return take_effects();
  if (topic->kind == "status" || topic->kind == "queue" || topic->kind == "silent") {
    take_of_service(*topic, message);
  } else if (topic->kind == "reading" || topic->kind == "event") {
    take_passing(*topic, *EventStreams::kind_from(topic->kind), message);
  } else if (topic->kind == "alert") {
    take_alert(*topic, message);
  }
  return take_effects();
}

/// What a service says of itself is remembered, and passed on. An empty status takes it off.
void Web::take_of_service(const TopicView& topic, const MqttMessage& message) {
  const verdict::PipelineWatch::Name name{topic.node, topic.name};
  const bool was_there = watch_.services().contains(name);
  if (!watch_.take(topic, message.payload, now_, message.retained)) {
    ++counters_.refused_payloads;
    return;
  }
  verdict_stream_.changed(now_.monotonic);
  if (topic.kind == "silent") return;
  const EventStreams::Kind kind = *EventStreams::kind_from(topic.kind);
  const auto service = watch_.services().find(name);
  std::string line;
  if (message.payload.empty()) {
    if (was_there && kind == EventStreams::status) line = "{}";
  } else {
    line = kind == EventStreams::status ? service->second.status->payload : service->second.queue->payload;
  }
  if (line.empty()) return;
  if (std::optional<WebStreamData> data = streams_.event_for(kind, topic.node, topic.name, line)) add(std::move(*data));
}

void Web::take_alert(const TopicView& topic, const MqttMessage& message) {
  const std::optional<std::string> json = alerts_.take(topic, message);
  if (json.has_value()) pass_alert_on(*json);
}

void Web::pass_alert_on(const std::string& json) {
  if (std::optional<WebStreamData> data = streams_.alert_event(json); data.has_value()) add(std::move(*data));
}

void Web::take_passing(const TopicView& topic, EventStreams::Kind kind, const MqttMessage& message) {
  watch_.take(topic, message.payload, now_, message.retained);
  if (!streams_.wants(kind)) return;
  const Result<std::string> line = reader_.one_line(message.payload, verdict::topic_keys);
  if (!line.has_value()) {
    ++counters_.refused_payloads;
  } else if (std::optional<WebStreamData> data = streams_.event_for(kind, topic.node, topic.name, *line)) {
    add(std::move(*data));
  }
}

BridgeEffects Web::handle(const WebRequest& request, Now now) {
  now_ = now;
  ++counters_.requests;
  route(request);
  return take_effects();
}

BridgeEffects Web::handle(const WebGone& gone, Now now) {
  now_ = now;
  streams_.close(gone.id);
  return take_effects();
}

BridgeEffects Web::handle(const WebListening& listening, Now now) {
  now_ = now;
  trouble_.clear();
  if (listening.result.has_value()) {
    add(LogLine{LogLevel::info, "the web page and the HTTP API are served at " + options_.served_at});
  } else {
    trouble_ = "no web page: " + why_not_served(listening.result.error());
    add(LogLine{LogLevel::error, trouble_ + "; trying again every 5 s, and all else goes on"});
  }
  return take_effects();
}

BridgeEffects Web::handle(const WebCertificate& certificate, Now now) {
  now_ = now;
  if (certificate.expires.has_value()) {
    certificate_expires_ = *certificate.expires;
    look_at_expiry_at_ = now.monotonic;
    expiry_told_at_.reset();
    add(LogLine{LogLevel::info, fmt::format("new connections get the certificate that is valid until {}",
                                            time_text(*certificate_expires_))});
    warn_of_expiry();
  } else if (certificate_expires_.has_value()) {
    add(LogLine{LogLevel::error,
                "the new certificate is not taken, the one before stays: " + certificate.expires.error().message +
                    "; see [http] certificate_file and key_file"});
  }
  return take_effects();
}

/// Looks every hour, as the clock may be set meanwhile, and warns once a day, as long as nobody renews it.
void Web::warn_of_expiry() {
  if (!certificate_expires_.has_value() || now_.monotonic < look_at_expiry_at_) return;
  look_at_expiry_at_ = now_.monotonic + std::chrono::hours{1};
  const bool is_told = expiry_told_at_.has_value() && now_.monotonic - *expiry_told_at_ < std::chrono::hours{24};
  if (is_told || *certificate_expires_ - now_.wall > expiry_is_near) return;
  expiry_told_at_ = now_.monotonic;
  const bool is_over = *certificate_expires_ <= now_.wall;
  add(LogLine{
      is_over ? LogLevel::error : LogLevel::warning,
      fmt::format("the certificate of the HTTP side {} at {}: renew it, and let this service read it with "
                  "systemctl reload {}",
                  is_over ? "expired" : "expires", time_text(*certificate_expires_), unit_name_of(options_.service))});
}

std::optional<Instant> Web::wake_at() const {
  std::optional<Instant> earliest = streams_.wake_at();
  if (streams_.wants(EventStreams::verdict)) earliest = std::min(*earliest, verdict_stream_.wake_at());
  if (certificate_expires_.has_value() && (!earliest.has_value() || look_at_expiry_at_ < *earliest))
    earliest = look_at_expiry_at_;
  if (const std::optional<Instant> at = alerts_.wake_at(); at.has_value() && (!earliest.has_value() || *at < *earliest))
    earliest = at;
  if (const std::optional<Instant> at = reads_.wake_at(); at.has_value() && (!earliest.has_value() || *at < *earliest))
    earliest = at;
  if (const std::optional<Instant> at = questions_.wake_at();
      at.has_value() && (!earliest.has_value() || *at < *earliest))
    earliest = at;
  if (const std::optional<Instant> at = writes_.wake_at(); at.has_value() && (!earliest.has_value() || *at < *earliest))
    earliest = at;
  return earliest;
}

/// With what there is to be sent now, whatever the step was about.
BridgeEffects Web::take_effects() {
  while (watch_.is_connected() && writes_.may_ask(now_.monotonic) && !questions_.is_full()) {
    const std::optional<Writes::Question> question = writes_.take_question();
    if (!question.has_value()) break;
    send(Sender::questions, questions_.open(options_.node, "streams", encode_streams_request(question->streams),
                                            question->write, now_.monotonic));
  }
  if (streams_.wants(EventStreams::verdict)) {
    if (const std::optional<std::string> json = verdict_stream_.next(watch_, now_); json.has_value())
      add(*streams_.verdict_event(*json));
  }
  for (MqttPublish& message : writes_.outbox().take_messages(now_.monotonic)) send(Sender::outbox, std::move(message));
  return std::exchange(effects_, {});
}

/// Answers to writes that waited for the store.
void Web::add_written(std::vector<WebResponse> answers) {
  waiting_writes_ -= answers.size();
  for (WebResponse& answer : answers) add(std::move(answer));
}

/// It is asked again every second, and said once.
void Web::question_refused(std::uint64_t write, const Error& error) {
  writes_.unanswered(write, now_.monotonic);
  if (std::exchange(is_question_refused_, true)) return;
  add(LogLine{LogLevel::warning, "writes with an Idempotency-Key wait: the store does not say whether it knows them: " +
                                     error.message + "; may this user write " + options_.root + "/+/rpc/streams?"});
}

/// What is to be saved goes before what is to be sent.
void Web::take_streams(std::uint64_t write, const std::string& payload) {
  const Result<StreamsAnswer> answer = decode_streams_answer(payload);
  // One refusal is no news: the store may be about to be opened, as when all services start.
  if (!answer.has_value() && !std::exchange(was_refused_once_, true)) return writes_.unanswered(write, now_.monotonic);
  if (!answer.has_value()) return question_refused(write, answer.error());
  is_question_refused_ = was_refused_once_ = false;
  if (std::optional<std::string> text = writes_.answered(write, *answer); text.has_value())
    add(SaveWriteHomes{std::move(*text)});
}

/// Who listens to live readings hears of these when they are stored: they do not pass as live readings over the broker.
void Web::take_committed(const std::string& payload) {
  const Result<Committed> watermark = decode_committed(payload);
  if (!watermark.has_value()) {
    ++counters_.refused_payloads;
    return;
  }
  Writes::Stored stored = writes_.committed(*watermark, now_);
  add_written(std::move(stored.answers));
  if (!streams_.wants(EventStreams::reading)) return;
  for (const WriteOutbox::Done& done : stored.done) {
    for (const SequencedReading& row : done.readings) {
      if (std::optional<WebStreamData> data = streams_.event_for(EventStreams::reading, done.node, row.reading.sensor,
                                                                 encode_reading(row, done.stream)))
        add(std::move(*data));
    }
  }
}

}  // namespace sensors::bridge
