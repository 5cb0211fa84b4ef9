// The part of Sender that makes the messages of what goes next.
#include <utility>

#include "common/codec/reading_json.hpp"
#include "common/codec/topic.hpp"
#include "services/sensor-publisher/logic/sender.hpp"

namespace sensors::publisher {

Sender::Outgoing Sender::claim_message(const EndedStream& stream, Now now) const {
  const Batch batch{stream.id, {}, {Gap{1, stream.last, "other_store", now.wall}}};
  return {backlog_message(node_of(stream.node), encode_batch(batch)), window_.sent(), node_of(stream.node)};
}

Sender::Outgoing Sender::gap_message(Now now) {
  unfillable_->time = now.wall;
  const Batch batch{streams_.front().id, {}, {*unfillable_}};
  unfillable_.reset();
  const std::string& node = node_of(streams_.front().node);
  return {backlog_message(node, encode_batch(batch)), window_.sent(), node};
}

bool Sender::learn_boot_time(const BootTime& boot) {
  for (OutboxStream& stream : finished_) {
    if (stream.boot == boot.boot) stream.boot_time = boot.time;
  }
  bool is_news = false;
  for (OutboxStream& stream : streams_) {
    if (stream.boot != boot.boot) continue;
    if (&stream != &streams_.back() && !stream.boot_time.has_value()) is_news = true;
    stream.boot_time = boot.time;
  }
  return is_news;
}

/// A reading of the first stream: its time is what is known of its boot now, which may be more than when it was taken.
void Sender::stamp(Reading& reading) {
  const std::optional<WallTime>& boot_time = streams_.front().boot_time;
  if (!reading.uptime.has_value() || !boot_time.has_value()) return;
  reading.time = time_at_uptime(*boot_time, *reading.uptime);
  reading.uptime.reset();
  ++restamped_;
}

/// A live message when few readings wait, and this one is of this run and sent for the first time; a batch otherwise.
Sender::Outgoing Sender::next_message(Position last) {
  const bool is_reading = std::holds_alternative<Reading>(cache_.front().what);
  const bool is_fresh = streams_.size() == 1 && window_.sent() >= window_.highest_sent();
  if (is_reading && is_fresh && window_.synced() - window_.sent() <= options_.send.live_limit) return live_message();
  return batch_message(last);
}

Sender::Outgoing Sender::live_message() {
  const OutboxEntry entry = std::move(cache_.front());
  cache_.pop_front();
  const OutboxStream& stream = streams_.front();
  SequencedReading reading{entry.first - stream.base, std::get<Reading>(entry.what)};
  stamp(reading.reading);
  MqttPublish message;
  message.topic = topic_of(options_.root, node_of(stream.node), "reading", reading.reading.sensor);
  message.payload = encode_reading(reading, stream.id, stream.boot);
  return {std::move(message), entry.last, node_of(stream.node)};
}

Sender::Outgoing Sender::batch_message(Position last) {
  const OutboxStream& stream = streams_.front();
  Batch batch;
  batch.stream = stream.id;
  std::size_t size_bytes = 0;
  Position through = window_.sent();
  while (!cache_.empty() && cache_.front().first <= last &&
         batch.readings.size() + batch.gaps.size() < options_.send.batch_readings) {
    OutboxEntry& entry = cache_.front();
    if (Reading* reading = std::get_if<Reading>(&entry.what); reading != nullptr) {
      SequencedReading sequenced{entry.first - stream.base, std::move(*reading)};
      stamp(sequenced.reading);
      if (sequenced.reading.uptime.has_value()) batch.boot = stream.boot;
      size_bytes += encoded_size_bound(sequenced);
      batch.readings.push_back(std::move(sequenced));
    } else {
      const DroppedEntries& dropped = std::get<DroppedEntries>(entry.what);
      batch.gaps.push_back({entry.first - stream.base, entry.last - stream.base, dropped.reason, dropped.time});
    }
    through = entry.last;
    cache_.pop_front();
    if (size_bytes >= options_.send.batch_bytes) break;
  }
  return {backlog_message(node_of(stream.node), encode_batch(batch)), through, node_of(stream.node)};
}

MqttPublish Sender::backlog_message(const std::string& node, std::string payload) const {
  MqttPublish message;
  message.topic = topic_of(options_.root, node, "backlog", service_name);
  message.payload = std::move(payload);
  return message;
}

}  // namespace sensors::publisher
