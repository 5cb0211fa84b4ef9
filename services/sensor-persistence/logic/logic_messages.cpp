// The part of Logic that reads what arrives over the broker: readings, batches, requests. Nothing of it is trusted.
#include <algorithm>

#include <fmt/format.h>

#include "common/codec/control_json.hpp"
#include "common/codec/time_text.hpp"
#include "services/sensor-persistence/logic/logic.hpp"

namespace sensors::persistence {
namespace {

constexpr std::string_view live_publisher =
    "sensor-publisher";  // all live readings of a node are its, docs/protocol.md

}  // namespace

void Logic::on(const MqttMessage& message, Now now) {
  const std::optional<TopicView> topic = parse_topic(message.topic);
  if (!topic.has_value() || topic->root != options_.root) {
    refuse_message("topic refused", message.topic.substr(0, 300) + ": not <root>/<node>/<kind>/<name> of ours", now);
  } else if (topic->kind == "reading") {
    on_reading(*topic, message, now);
  } else if (topic->kind == "backlog") {
    on_backlog(*topic, message, now);
  } else if (topic->kind == "status") {
    on_status(*topic, message, now);
  } else if (topic->kind == "silent") {
    on_silent(*topic, message, now);
  } else if (topic->kind == "control" && topic->node == options_.node) {
    on_order(message, now);
  } else if (topic->kind == "clock") {
    on_clock(*topic, message, now);
  } else if (topic->kind == "rpc" && topic->node == options_.node && !message.retained) {
    on_request(topic->name, message, now);
  } else {
    refuse_message("topic refused", message.topic + ": not for this store", now);
  }
}

void Logic::on_status(const TopicView& topic, const MqttMessage& message, Now now) {
  if (topic.name == service_name) {
    self_.hear(topic, message, now, effects_);
  } else {
    silence_.take_status(topic, message, now, effects_);
  }
}

void Logic::on_silent(const TopicView& topic, const MqttMessage& message, Now now) {
  const Result<void> taken = silence_.take_silent(topic, message);
  if (!taken.has_value()) refuse_message("silent sensors refused", message.topic + ": " + taken.error().message, now);
}

/// A retained order would be carried out again at each connect.
void Logic::on_order(const MqttMessage& message, Now now) {
  if (message.retained) return;
  const Result<ForgetOrder> order = decode_forget_order(message.payload);
  if (!order.has_value()) return self_.warn("order ignored", order.error().message, now, effects_);
  const std::string name = order->sensor + " of " + order->node;
  log(LogLevel::info, silence_.forget(*order)
                          ? "sensor " + name + " is forgotten, as an operator asked for; its readings stay"
                          : "sensor " + name + " is to be forgotten, and is not known");
}

void Logic::on_reading(const TopicView& topic, const MqttMessage& message, Now now) {
  ++counters_.messages;
  Result<Batch> batch = decoder_.reading(message.payload);
  if (!batch.has_value()) return refuse_message("reading refused", message.topic + ": " + batch.error().message, now);
  const std::string& sensor = batch->readings.front().reading.sensor;
  if (sensor != topic.name) {
    return refuse_message("reading refused", message.topic + ": its payload names another sensor, " + sensor, now);
  }
  offer(topic, live_publisher, std::move(*batch), now);
}

void Logic::on_backlog(const TopicView& topic, const MqttMessage& message, Now now) {
  ++counters_.messages;
  Result<ReadingDecoder::DecodedBatch> decoded = decoder_.batch(message.payload);
  if (!decoded.has_value()) return refuse_message("batch refused", message.topic + ": " + decoded.error().message, now);
  if (decoded->bad_rows > 0) {
    counters_.malformed_rows += decoded->bad_rows;
    self_.warn("bad rows",
               fmt::format("{}: {} of them, the first: {}", message.topic, decoded->bad_rows, decoded->first_error),
               now, effects_);
  }
  offer(topic, topic.name, std::move(decoded->batch), now);
}

/// When the machine of a publisher started, now that its clock is right.
void Logic::on_clock(const TopicView& topic, const MqttMessage& message, Now now) {
  const Result<BootTime> boot = decode_boot_time(message.payload);
  if (!boot.has_value()) return refuse_message("clock refused", message.topic + ": " + boot.error().message, now);
  if (!clocks_.learn(BootKey{std::string(topic.node), std::string(topic.name), boot->boot}, boot->time))
    refuse_message("clock refused", message.topic + ": too many boots at once", now);
}

void Logic::offer(const TopicView& topic, std::string_view publisher, Batch batch, Now now) {
  note_times(topic, batch, now);
  ingest_.offer(Origin{std::string(topic.node), std::string(publisher)}, std::move(batch), now.monotonic);
}

/// Whoever sends it would wait for ever: it is told, as are those who look after the store. Not retained, since that
/// is the place of the watermark.
void Logic::tell_of_refusals(Now now) {
  for (const Refusal& refusal : ingest_.take_refusals()) {
    ++counters_.refused_messages;
    const Origin& sender = refusal.origin;
    self_.announce_seldom(
        LogLevel::warning, "refused",
        fmt::format("stream {} of {}/{} is refused: it belongs to {}/{}. If that machine was renamed, set `node` back "
                    "to {} until its outbox is empty, or install a sensor-publisher that keeps the names",
                    refusal.stream, sender.node, sender.publisher, refusal.owner.node, refusal.owner.publisher,
                    refusal.owner.node),
        now, effects_);
    publish(topic_of(options_.root, sender.node, "committed", sender.publisher),
            encode_committed(Committed{uploads_.store(), refusal.stream, 0, false, refusal.owner.node}), false);
  }
}

/// A reading from the future is kept as it was told, and said: its sensor's clock is wrong.
void Logic::note_times(const TopicView& topic, const Batch& batch, Now now) {
  const std::optional<WallTime> future = retention_.future_begins(now);
  if (!future.has_value()) return;
  for (const auto& [seq, reading] : batch.readings) {
    if (reading.time < *future || reading.uptime.has_value()) continue;
    ++counters_.from_future;
    self_.warn("time from the future",
               fmt::format("{} of {} says that it is {}; it is stored so, and does not count as the newest. Check the "
                           "clock that it is of",
                           reading.sensor, topic.node, time_text(reading.time)),
               now, effects_);
  }
}

void Logic::refuse_message(std::string_view kind, const std::string& text, Now now) {
  ++counters_.refused_messages;
  self_.warn(kind, text, now, effects_);
}

// ---- requests ----

void Logic::on_request(std::string_view verb, const MqttMessage& message, Now now) {
  ++counters_.calls;
  Result<ReplyTo> reply = desk_.reply_to(message);
  if (!reply.has_value()) {
    ++counters_.refused_calls;
    return self_.warn("request refused", reply.error().message, now, effects_);
  }
  if (verb == "upload") {
    on_upload(*reply, message, now);
  } else if (verb == "uploaded") {
    on_uploaded(*reply, message, now);
  } else if (verb == "withdraw") {
    on_withdraw(*reply, message, now);
  } else if (verb == "query") {
    on_query(*reply, message, now);
  } else if (verb == "dead-letters") {
    on_dead_letters(*reply, message);
  } else if (verb == "streams") {
    on_streams(*reply, message);
  } else {
    refuse_call(*reply, Error{ErrorCode::not_found,
                              fmt::format("there is no request {}; there are upload, uploaded, withdraw, query, "
                                          "dead-letters and streams",
                                          verb)});
  }
}

bool Logic::store_is_ready(const ReplyTo& reply) {
  if (is_stopping_) {
    refuse_call(reply, Error{ErrorCode::disconnected, "the store is stopping; ask again"});
  } else if (health_.error().has_value()) {
    refuse_call(reply, Error{health_.error()->code, trouble()});
  } else if (!health_.is_open()) {
    refuse_call(reply, Error{ErrorCode::disconnected, "the store is being opened; ask again"});
  }
  return !is_stopping_ && health_.is_working();
}

/// An asker that is another one is told so.
bool Logic::is_bridge_of(const std::string& destination, const ReplyTo& reply, Now now) {
  const std::string client(parse_topic(reply.topic)->name);
  const Result<void> served = uploads_.serve(destination, client, now.monotonic);
  if (!served.has_value()) refuse_call(reply, served.error());
  return served.has_value();
}

void Logic::on_upload(const ReplyTo& reply, const MqttMessage& message, Now now) {
  const Result<UploadRequest> request = decode_upload_request(message.payload);
  if (!request.has_value()) return refuse_call(reply, request.error());
  if (!store_is_ready(reply)) return;
  if (!is_bridge_of(request->destination, reply, now)) return;
  Result<std::optional<HandOut>> hand_out = uploads_.hand_out(0, *request);
  if (!hand_out.has_value()) return refuse_call(reply, hand_out.error());
  if (!hand_out->has_value())
    return publish_reply(reply, encode_upload_batch(uploads_.nothing_waits(request->destination)));
  const std::optional<std::uint64_t> call = open_call(reply);
  if (!call.has_value()) return;
  (*hand_out)->call = *call;
  waiting_hand_outs_.push_back(std::move(**hand_out));
}

void Logic::on_uploaded(const ReplyTo& reply, const MqttMessage& message, Now now) {
  const Result<UploadedRequest> request = decode_uploaded_request(message.payload);
  if (!request.has_value()) return refuse_call(reply, request.error());
  if (!store_is_ready(reply)) return;
  if (!is_bridge_of(request->destination, reply, now)) return;
  Result<std::optional<Confirmation>> confirmation = uploads_.confirm(*request);
  if (!confirmation.has_value()) return refuse_call(reply, confirmation.error());
  if (!confirmation->has_value())
    return publish_reply(reply, encode_uploaded_answer(uploads_.answer(request->destination)));
  const std::optional<std::uint64_t> call = open_call(reply);
  if (call.has_value()) waiting_confirmations_.push_back(ConfirmationCall{*call, std::move(**confirmation)});
}

void Logic::on_withdraw(const ReplyTo& reply, const MqttMessage& message, Now now) {
  const Result<WithdrawRequest> request = decode_withdraw_request(message.payload);
  if (!request.has_value()) return refuse_call(reply, request.error());
  if (!store_is_ready(reply)) return;
  const std::string client(parse_topic(reply.topic)->name);
  const Result<bool> is_news = uploads_.withdraw(request->destination, client, now.monotonic);
  if (!is_news.has_value()) return refuse_call(reply, is_news.error());
  if (!*is_news) return publish_reply(reply, encode_uploaded_answer(uploads_.answer(request->destination)));
  const std::optional<std::uint64_t> call = open_call(reply);
  if (call.has_value()) waiting_withdrawals_.push_back({*call, request->destination});
}

void Logic::on_query(const ReplyTo& reply, const MqttMessage& message, Now now) {
  Result<QueryRequest> request = decode_query_request(message.payload);
  if (!request.has_value()) return refuse_call(reply, request.error());
  // One that is open and cannot write can still be read.
  if (!health_.is_open() && !store_is_ready(reply)) return;
  const std::optional<std::uint64_t> call = open_query(reply);
  if (!call.has_value()) return;
  effects_.push_back(RunQuery{*call, std::move(*request), options_.query_time_limit, retention_.future_begins(now)});
}

/// Also what is taken and not committed yet counts as known: the asker would send it under another name otherwise.
void Logic::on_streams(const ReplyTo& reply, const MqttMessage& message) {
  const Result<std::vector<std::string>> names = decode_streams_request(message.payload);
  if (!names.has_value()) return refuse_call(reply, names.error());
  if (!store_is_ready(reply)) return;
  StreamsCall waiting{0, {}, {uploads_.store(), {}}};
  for (const std::string& name : *names) {
    if (const std::optional<std::uint64_t> accepted = ingest_.accepted(name); !accepted.has_value()) {
      waiting.unknown.push_back(name);
    } else if (*accepted > 0) {
      waiting.answer.streams.push_back({name, *accepted});
    }
  }
  if (waiting.unknown.empty()) return publish_reply(reply, encode_streams_answer(waiting.answer));
  const std::optional<std::uint64_t> call = open_call(reply);
  if (!call.has_value()) return;
  waiting.call = *call;
  for (const std::string& name : waiting.unknown) effects_.emplace_back(LoadStream{name});
  waiting_streams_.push_back(std::move(waiting));
}

/// What was held of the stream until it was loaded is taken by now, and is known from memory.
void Logic::stream_loaded(const StreamLoaded& event) {
  const std::optional<std::uint64_t> accepted = ingest_.accepted(event.stream);
  const bool is_stored = event.state.has_value() && event.state->id != 0;
  std::erase_if(waiting_streams_, [&](StreamsCall& waiting) {
    if (std::erase(waiting.unknown, event.stream) == 0) return false;
    if (!event.state.has_value()) {
      ++counters_.refused_calls;
      answer(waiting.call, encode_error(event.state.error()));
      return true;
    }
    if (accepted.value_or(0) > 0 || is_stored)
      waiting.answer.streams.push_back({event.stream, std::max(accepted.value_or(0), event.state->through)});
    if (waiting.unknown.empty()) answer(waiting.call, encode_streams_answer(waiting.answer));
    return waiting.unknown.empty();
  });
}

std::optional<std::uint64_t> Logic::open_query(const ReplyTo& reply) {
  if (running_queries_ >= options_.max_queries) {
    refuse_call(reply, Error{ErrorCode::overloaded,
                             fmt::format("{} queries are waiting already; ask again later", running_queries_)});
    return std::nullopt;
  }
  const std::optional<std::uint64_t> call = open_call(reply);
  if (call.has_value()) ++running_queries_;
  return call;
}

void Logic::on(QueryDone event, Now now) {
  --running_queries_;

  if (event.rows.has_value()) {
    QueryRows& rows = *event.rows;
    if (rows.is_latest) silence_.tell(rows.readings);
    answer(event.call, rows.has_buckets ? encode_bucket_answer(rows.buckets, rows.truncated, rows.next)
                                        : encode_query_answer(rows.readings, rows.truncated, rows.next));
  } else {
    ++counters_.refused_calls;
    answer(event.call, encode_error(event.rows.error()));
    if (event.rows.error().code != ErrorCode::timeout) read_failed("a query failed", event.rows.error(), now);
  }
}

std::optional<std::uint64_t> Logic::open_call(const ReplyTo& reply) {
  const std::optional<std::uint64_t> call = desk_.open(reply);
  if (!call.has_value()) {
    refuse_call(reply, Error{ErrorCode::overloaded,
                             fmt::format("{} requests are waiting already; ask again later", desk_.waiting())});
  }
  return call;
}

void Logic::refuse_call(const ReplyTo& reply, const Error& error) {
  ++counters_.refused_calls;
  publish_reply(reply, encode_error(error));
}

void Logic::answer(std::uint64_t call, std::string payload) {
  if (const std::optional<ReplyTo> reply = desk_.close(call); reply.has_value())
    publish_reply(*reply, std::move(payload));
}

void Logic::publish_reply(const ReplyTo& reply, std::string payload) {
  MqttPublish message;
  message.topic = reply.topic;
  message.payload = std::move(payload);
  message.correlation = reply.correlation;
  effects_.push_back(std::move(message));
}

// ---- publishing ----

void Logic::publish(const std::string& topic, std::string payload, bool retain) {
  MqttPublish message;
  message.topic = topic;
  message.payload = std::move(payload);
  message.retain = retain;
  effects_.push_back(std::move(message));
}

void Logic::publish_watermarks(const std::vector<Watermark>& watermarks) {
  for (const Watermark& watermark : watermarks) {
    publish(topic_of(options_.root, watermark.node, "committed", watermark.publisher),
            encode_committed(Committed{uploads_.store(), watermark.stream, watermark.through, watermark.resend}), true);
  }
}

void Logic::log(LogLevel level, std::string text) { effects_.push_back(LogLine{level, std::move(text)}); }

}  // namespace sensors::persistence
