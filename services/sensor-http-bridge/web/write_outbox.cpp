// Two kinds of streams. A write with a key is a stream of its own, whose name is made of the key and the rows: the same
// write again, also after a crash of the bridge in whatever moment, is the same rows of the same stream, of which the
// store takes each once and says how far it has come. All writes without a key are one stream for each run; what a run
// that died had sent and the store did not take is nowhere waited for.
//
// A write is kept whole until all of it is confirmed. So a store that comes back with less gets it again, and only of
// writes that have been answered there may be rows that nobody has any more: for them a gap record goes first, as a
// publisher's does.
#include "services/sensor-http-bridge/web/write_outbox.hpp"

#include <algorithm>
#include <utility>

#include "common/codec/reading_json.hpp"
#include "common/codec/topic.hpp"
#include "services/sensor-http-bridge/delivery/delivery_options.hpp"

namespace sensors::bridge {

namespace {

constexpr std::size_t message_bytes = 64 * 1024;

}  // namespace

void WriteOutbox::add(std::uint64_t write, const std::string& stream, const std::string& node,
                      std::vector<Reading> readings) {
  Stream& target = streams_[stream.empty() ? options_.run_stream : stream];
  target.node = stream.empty() ? options_.node : node;
  std::uint64_t seq = target.last();
  Write& added = target.writes.emplace_back(Write{write, {}});
  for (Reading& reading : readings) added.readings.push_back({++seq, std::move(reading)});
  rows_ += added.readings.size();
}

bool WriteOutbox::withdraw(std::uint64_t write) {
  for (auto entry = streams_.begin(); entry != streams_.end(); ++entry) {
    Stream& stream = entry->second;
    const auto found = std::find_if(stream.writes.begin(), stream.writes.end(),
                                    [&](const Write& candidate) { return candidate.number == write; });
    if (found == stream.writes.end()) continue;
    if (found->readings.front().seq <= stream.highest) return false;
    const std::size_t count = found->readings.size();
    rows_ -= count;
    for (auto later = stream.writes.erase(found); later != stream.writes.end(); ++later) {
      for (SequencedReading& reading : later->readings) reading.seq -= count;
    }
    if (stream.writes.empty() && entry->first != options_.run_stream) streams_.erase(entry);
    return true;
  }
  return false;
}

void WriteOutbox::disconnected() {
  is_connected_ = false;
  messages_.clear();
  for (auto& [name, stream] : streams_) {
    stream.sent = std::min(stream.sent, stream.confirmed);
    stream.resend_at.reset();
    stream.resend_wait = Millis{0};
  }
}

void WriteOutbox::acknowledged(const MqttPublished& published) { messages_.erase(published.id); }

std::vector<WriteOutbox::Done> WriteOutbox::committed(const Committed& watermark, Instant now) {
  const auto found = streams_.find(watermark.stream);
  if (found == streams_.end() || watermark.through > std::max(found->second.highest, found->second.last())) {
    ++foreign_watermarks_;
    return {};
  }
  Stream& stream = found->second;
  if (watermark.through > stream.confirmed || watermark.resend) {
    stream.resend_wait = Millis{0};
    stream.resend_at.reset();
  }
  if (watermark.resend) {
    if (watermark.through < stream.sent) ++resends_;
    stream.confirmed = stream.sent = watermark.through;
  } else {
    stream.confirmed = std::max(stream.confirmed, watermark.through);
    stream.sent = std::max(stream.sent, stream.confirmed);
  }
  if (stream.sent > stream.confirmed && !stream.resend_at.has_value()) stream.resend_at = now + options_.resend_after;
  stream.highest = std::max(stream.highest, stream.sent);
  std::vector<Done> done;
  while (!stream.writes.empty() && stream.writes.front().readings.back().seq <= stream.confirmed) {
    Write& write = stream.writes.front();
    rows_ -= write.readings.size();
    stream.base = write.readings.back().seq;
    done.push_back(Done{write.number, stream.node, found->first, std::move(write.readings)});
    stream.writes.pop_front();
  }
  if (stream.writes.empty()) stream.resend_at.reset();
  if (stream.writes.empty() && found->first != options_.run_stream) streams_.erase(found);
  return done;
}

std::uint64_t WriteOutbox::unconfirmed() const {
  std::uint64_t rows = 0;
  for (const auto& [name, stream] : streams_) rows += stream.sent - std::min(stream.sent, stream.confirmed);
  return rows;
}

std::vector<MqttPublish> WriteOutbox::take_messages(Instant now) {
  std::vector<MqttPublish> messages;
  if (!is_connected_) return messages;
  std::uint64_t unconfirmed_rows = unconfirmed();
  for (auto& [name, stream] : streams_) {
    if (stream.resend_at.has_value() && now >= *stream.resend_at) {
      unconfirmed_rows -= stream.sent - stream.confirmed;
      stream.sent = stream.confirmed;
      stream.resend_at.reset();
      stream.resend_wait =
          std::min(std::max(2 * stream.resend_wait, 2 * options_.resend_after), options_.resend_longest);
      ++resends_;
    }
    while (stream.sent < stream.last() && !stream.writes.empty() && messages_.size() < options_.max_messages &&
           unconfirmed_rows < options_.max_unconfirmed) {
      const std::uint64_t sent_before = stream.sent;
      MqttPublish message;
      message.id = ++last_message_;
      message.topic = topic_of(options_.root, stream.node, "backlog", bridge_service);
      message.payload = encode_batch(next_batch(name, stream));
      messages_.insert(message.id);
      messages.push_back(std::move(message));
      unconfirmed_rows += stream.sent - sent_before;
      if (!stream.resend_at.has_value()) stream.resend_at = now + std::max(stream.resend_wait, options_.resend_after);
    }
  }
  return messages;
}

/// What follows `sent`, which moves.
Batch WriteOutbox::next_batch(const std::string& name, Stream& stream) const {
  Batch batch;
  batch.stream = name;
  if (stream.sent < stream.base) {
    const WallTime when = stream.writes.front().readings.front().reading.time;
    batch.gaps.push_back(Gap{stream.sent + 1, stream.base, "other_store", when});
    stream.sent = stream.base;
  }
  std::size_t bytes = 0;
  for (const Write& write : stream.writes) {
    for (const SequencedReading& reading : write.readings) {
      if (reading.seq <= stream.sent) continue;
      bytes += encoded_size_bound(reading);
      const bool is_full = batch.readings.size() >= options_.message_rows || bytes > message_bytes;
      if (is_full && !batch.readings.empty()) return batch;
      batch.readings.push_back(reading);
      stream.sent = reading.seq;
      stream.highest = std::max(stream.highest, reading.seq);
    }
  }
  return batch;
}

std::optional<Instant> WriteOutbox::wake_at() const {
  std::optional<Instant> earliest;
  if (!is_connected_) return earliest;
  for (const auto& [name, stream] : streams_) {
    if (stream.resend_at.has_value() && (!earliest.has_value() || *stream.resend_at < *earliest))
      earliest = stream.resend_at;
  }
  return earliest;
}

}  // namespace sensors::bridge
