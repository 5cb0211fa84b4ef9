// What is checked of a publisher beyond the Ledger: what it sends, writes, keeps in memory and says.
#include <algorithm>
#include <charconv>

#include "tests/simulation/publisher_service.hpp"

namespace sensors::simulation {

using publisher::OutboxWrite;

namespace {

bool mentions(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// The number behind `"key":` in a status.
std::uint64_t number_behind(const std::string& text, std::string_view key) {
  const std::size_t at = text.find(key);
  std::uint64_t number = 0;
  if (at != std::string::npos) std::from_chars(text.data() + at + key.size(), text.data() + text.size(), number);
  return number;
}

}  // namespace

/// Devices come on top of what the memory is for, with one round each.
void PublisherService::check_memory() {
  constexpr std::size_t most_values_of_devices = 10;
  const std::size_t waiting = logic()->readings_in_memory();
  if (waiting > options_.outbox.max_pending + most_values_of_devices) {
    world_.ledger.violate("7: every queue is bounded", fmt::format("{}: {} readings wait for the outbox, {} may",
                                                                   name(), waiting, options_.outbox.max_pending));
  }
}

void PublisherService::check_published(const MqttPublish& message) {
  if (mentions(message.topic, "/reading/")) {
    const Result<Batch> reading = decoder_.reading(message.payload);
    if (!reading.has_value())
      return world_.ledger.violate("what is published can be read", reading.error().message + ": " + message.payload);
    return check_sent(*reading);
  }
  const auto decoded = decoder_.batch(message.payload);
  if (!decoded.has_value())
    return world_.ledger.violate("what is published can be read", decoded.error().message + ": " + message.payload);
  const Batch& batch = decoded->batch;
  check_sent(batch);
  if (decoded->bad_rows > 0) return world_.ledger.violate("what is published can be read", decoded->first_error);
  if (batch.readings.size() + batch.gaps.size() > options_.send.batch_readings)
    world_.ledger.violate("7: every queue is bounded", name() + ": a batch is larger than it may be");
  for (const Gap& gap : batch.gaps) {
    // What a store lacks cannot be sent again from a disk that fails.
    if (gap.reason == "other_store" && outbox_fails_) continue;
    for (std::uint64_t seq = gap.first; seq <= gap.last; ++seq) {
      // One whose deletion was asked for may be there still.
      if (!outbox_.holds(batch.stream, seq, deletion_asked_through_)) continue;
      return world_.ledger.violate(
          "6: a gap record covers only what is gone",
          fmt::format("{}: ({}, {}) is in the outbox, and was reported as {}", name(), batch.stream, seq, gap.reason));
    }
  }
}

/// What is sent is on the disk, except of this run while the outbox fails and it says so; it goes on where it was, or
/// where the store is; and it has its time when that can be known.
void PublisherService::check_sent(const Batch& batch) {
  const bool may_be_from_memory = outbox_fails_ && says_outbox_fails_ && batch.stream == stream_;
  world_.ledger.published(batch, may_be_from_memory);
  std::uint64_t first = max_seq;
  std::uint64_t last = 0;
  for (const SequencedReading& row : batch.readings) {
    first = std::min(first, row.seq);
    last = std::max(last, row.seq);
    sends_from_memory_ |= !world_.ledger.has(batch.stream, row.seq, in_outbox);
    if (!row.reading.uptime.has_value() || batch.boot != clock_.boot() || !knows_boot_time_) continue;
    world_.ledger.violate("once the clock is right, what is sent has its time",
                          fmt::format("{}: ({}, {}) has its uptime", name(), batch.stream, row.seq));
  }
  for (const Gap& gap : batch.gaps) {
    first = std::min(first, gap.first);
    last = std::max(last, gap.last);
  }
  std::uint64_t& through = sent_through_[batch.stream];
  if (first > through + 1 && !world_.ledger.has(batch.stream, first - 1, in_store | gap_in_store)) {
    world_.ledger.violate("what is sent has no hole",
                          fmt::format("{}: {}..{} of {} follow {}", name(), first, last, batch.stream, through));
  }
  through = last;
}

void PublisherService::note_status(const std::string& payload) {
  pace_ = Millis{static_cast<Millis::rep>(number_behind(payload, "\"pace_ms\":"))};
  is_well_ = mentions(payload, "\"state\":\"up\"");
  // What is left out, for all sensors are read less often, is nobody's.
  if (!mentions(payload, "\"shared_names\":") || number_behind(payload, "\"left_out\":") > 0) return;
  if (const std::uint64_t told = number_behind(payload, "\"shared_names\":"); told != shared_)
    world_.ledger.violate("that two drivers have one name is told",
                          fmt::format("{}: {} times, and it is {}", name(), told, shared_));
}

void PublisherService::note_owners(const publisher::DriverRead& read) {
  for (const Sample& sample : read.report.samples) {
    const auto [owner, is_new] = owners_.emplace(sample.sensor, read.driver);
    if (owner->second != read.driver) ++shared_;
  }
}

/// What gives way in memory does so because the outbox could not be written, and for no other reason.
void PublisherService::check_written(const OutboxWrite& write) {
  if (failed_in_this_run_) return;
  for (const publisher::OutboxEntry& entry : write.append) {
    if (const auto* gap = std::get_if<publisher::DroppedEntries>(&entry.what); gap != nullptr) {
      world_.ledger.violate("on a disk that works no reading becomes a gap record",
                            fmt::format("{}: {}..{}: {}", name(), entry.first, entry.last, gap->reason));
    }
  }
}

}  // namespace sensors::simulation
