#include "tests/simulation/outbox_model.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

#include <fmt/format.h>

namespace sensors::simulation {

using publisher::DroppedEntries;
using publisher::OutboxContents;
using publisher::OutboxEntry;
using publisher::OutboxStream;
using publisher::OutboxWrite;

Result<OutboxContents> OutboxModel::open(const OutboxContents& known, bool is_settled) {
  if (const std::optional<Error> failure = disk_.opens()) return tl::unexpected<Error>(*failure);
  const OutboxStream& ours = known.streams.back();
  OutboxContents contents;
  contents.known_store = file_.store;
  contents.confirmed = file_.confirmed;
  contents.last = file_.confirmed;
  if (!file_.readings.empty()) contents.last = std::max(contents.last, file_.readings.rbegin()->first);
  for (const auto& [first, gap] : file_.gaps) contents.last = std::max(contents.last, gap.first);
  for (const OutboxStream& stream : file_.streams) {
    if (stream.id != ours.id) contents.last = std::max(contents.last, stream.start());
  }
  if (!is_settled) {
    std::erase_if(file_.streams, [&](const OutboxStream& stream) { return stream.id == ours.id; });
    file_.streams.push_back(ours);
    file_.streams.back().base = contents.last - ours.skipped;
  }
  std::vector<publisher::EndedStream> unused;
  while (file_.streams.size() > 1 && file_.streams[1].start() <= file_.confirmed) {
    const OutboxStream& first = file_.streams.front();
    const std::uint64_t last = first.seq_at(file_.streams[1].start());
    (last > 0 ? file_.ended : unused).push_back({first.id, first.node, last});
    file_.streams.erase(file_.streams.begin());
  }
  for (const auto& [name, sensor] : file_.sensors) contents.sensors.push_back(sensor);
  contents.streams = file_.streams;
  contents.ended = file_.ended;
  contents.ended.insert(contents.ended.end(), unused.begin(), unused.end());
  return contents;
}

const OutboxStream& OutboxModel::stream_of(Position position) const {
  const auto behind = std::partition_point(file_.streams.begin(), file_.streams.end(),
                                           [&](const OutboxStream& stream) { return stream.start() < position; });
  return behind == file_.streams.begin() ? *behind : *std::prev(behind);
}

/// After an error of input or output nobody knows what is on the disk: the write may be there after all.
Result<void> OutboxModel::write(const OutboxWrite& write) {
  const std::optional<Error> failure = disk_.failure();
  if (!failure.has_value()) {
    apply(write);
    return {};
  }
  if (!disk_.has_name() || (failure->code == ErrorCode::io && world_.random.chance(0.5))) {
    apply(write);
    for (const OutboxEntry& entry : write.append) file_.doubtful.insert(entry.first);
  }
  return tl::unexpected<Error>(*failure);
}

void OutboxModel::apply(const OutboxWrite& write) {
  if (write.thin.has_value()) thin(*write.thin);
  if (write.delete_through != 0) delete_through(write.delete_through);
  if (write.drop.has_value()) drop(*write.drop);
  if (!write.known_store.empty()) file_.store = write.known_store;
  for (const OutboxEntry& entry : write.append) append(entry);
  for (const KnownSensor& sensor : write.sensors.forgotten) file_.sensors.erase(sensor.sensor);
  for (const KnownSensor& sensor : write.sensors.kept) file_.sensors[sensor.sensor] = sensor;
  if (write.boot.has_value()) {
    for (OutboxStream& stream : file_.streams) {
      if (stream.boot == write.boot->boot) stream.boot_time = write.boot->time;
    }
  }
}

void OutboxModel::thin(const publisher::ThinnedRange& range) {
  std::map<Position, Reading> keep;
  for (const OutboxEntry& entry : range.keep) keep.emplace(entry.first, std::get<Reading>(entry.what));
  if (range.first > range.last) return;
  const auto begin = file_.readings.lower_bound(range.first);
  const auto end = file_.readings.upper_bound(range.last);
  for (auto row = begin; row != end; ++row) {
    const OutboxStream& stream = stream_of(row->first);
    if (!keep.contains(row->first))
      world_.ledger.gap_kept(stream.id, row->first - stream.base, row->first - stream.base);
  }
  file_.readings.erase(begin, end);
  for (auto& [position, reading] : keep) {
    // What was confirmed meanwhile is deleted again with the next deletion; the real outbox does the same.
    if (position > file_.confirmed) file_.readings.emplace(position, std::move(reading));
  }
  file_.thinned = std::max(file_.thinned, range.last);
}

std::int64_t OutboxModel::used_bytes() const {
  constexpr std::int64_t row_bytes = 35;
  return 4'096 + row_bytes * static_cast<std::int64_t>(size());
}

void OutboxModel::torn(const OutboxWrite& write) {
  if (world_.random.chance(0.5)) apply(write);
}

void OutboxModel::delete_through(Position through) {
  const auto end = file_.readings.upper_bound(through);
  for (auto row = file_.readings.begin(); row != end; ++row) {
    const OutboxStream& stream = stream_of(row->first);
    world_.ledger.confirmed_row_deleted(stream.id, row->first - stream.base);
  }
  file_.readings.erase(file_.readings.begin(), end);
  for (auto gap = file_.gaps.begin(); gap != file_.gaps.end() && gap->second.first <= through;) {
    const OutboxStream& stream = stream_of(gap->first);
    world_.ledger.confirmed_row_deleted(stream.id, gap->first - stream.base);
    gap = file_.gaps.erase(gap);
  }
  file_.confirmed = through;
}

void OutboxModel::drop(const OutboxEntry& gap) {
  file_.readings.erase(file_.readings.lower_bound(gap.first), file_.readings.upper_bound(gap.last));
  std::erase_if(file_.gaps, [&](const auto& row) { return row.first >= gap.first && row.second.first <= gap.last; });
  if (const auto longer = file_.gaps.lower_bound(gap.first); longer != file_.gaps.end() && longer->first <= gap.last) {
    auto rest = file_.gaps.extract(longer);
    rest.key() = gap.last + 1;
    file_.gaps.insert(std::move(rest));
  }
  if (const auto before = file_.gaps.lower_bound(gap.first); before != file_.gaps.begin()) {
    Position& last = std::prev(before)->second.first;
    last = std::min(last, gap.first - 1);
  }
  append_gap(gap);
}

void OutboxModel::append(const OutboxEntry& entry) {
  const Reading* reading = std::get_if<Reading>(&entry.what);
  if (reading == nullptr) return append_gap_over_doubt(entry);
  // Only a write that failed, and was there all the same, may be repeated.
  const bool was_in_doubt = file_.doubtful.erase(entry.first) > 0;
  const auto there = file_.readings.find(entry.first);
  if (was_in_doubt && there != file_.readings.end() && there->second == *reading) return;
  const OutboxStream& stream = stream_of(entry.first);
  world_.ledger.kept(stream.id, {entry.first - stream.base, *reading});
  if (!file_.readings.emplace(entry.first, *reading).second) {
    world_.ledger.violate("the outbox gives each position once", fmt::format("{} {}", disk_.name(), entry.first));
  }
}

/// What memory could not hold may be on the disk, by a write that failed; nothing else may be there.
void OutboxModel::append_gap_over_doubt(const OutboxEntry& gap) {
  for (auto row = file_.readings.lower_bound(gap.first); row != file_.readings.end() && row->first <= gap.last; ++row) {
    if (file_.doubtful.erase(row->first) > 0) continue;
    world_.ledger.violate("what became a gap record in memory was never written",
                          fmt::format("{} {}..{}: {} was", disk_.name(), gap.first, gap.last, row->first));
  }
  drop(gap);
}

void OutboxModel::append_gap(const OutboxEntry& entry) {
  const OutboxStream& stream = stream_of(entry.first);
  if (&stream != &stream_of(entry.last)) {
    world_.ledger.violate("a gap record is of one stream",
                          fmt::format("{} {}..{}", disk_.name(), entry.first, entry.last));
  }
  world_.ledger.gap_kept(stream.id, entry.first - stream.base, entry.last - stream.base);
  file_.gaps.insert_or_assign(entry.first, std::pair(entry.last, std::get<DroppedEntries>(entry.what)));
}

Result<std::vector<OutboxEntry>> OutboxModel::read(Position first, std::size_t max_entries) const {
  std::vector<OutboxEntry> entries;
  Position next = first;
  auto reading = file_.readings.lower_bound(first);
  auto gap = file_.gaps.begin();
  std::size_t readings = 0;
  std::size_t gaps = 0;
  while (true) {
    while (gap != file_.gaps.end() && gap->second.first < first) ++gap;
    const bool has_reading = reading != file_.readings.end() && readings < max_entries;
    const bool has_gap = gap != file_.gaps.end() && gaps < max_entries;
    if (!has_reading && !has_gap) return entries;
    const bool is_gap = has_gap && (!has_reading || gap->first < reading->first);
    const Position from = is_gap ? gap->first : reading->first;
    if (from > next && from - 1 <= file_.thinned) {
      entries.push_back({next, from - 1, DroppedEntries{"thinned", world_.wall()}});
    } else if (from > next && !entries.empty()) {
      return entries;
    }
    if (is_gap) {
      entries.push_back({from, gap->second.first, gap->second.second});
      ++gap;
      ++gaps;
    } else {
      entries.push_back({from, from, reading->second});
      ++reading;
      ++readings;
    }
    next = entries.back().last + 1;
  }
}

bool OutboxModel::holds(const std::string& stream, std::uint64_t seq, Position behind) const {
  for (std::size_t i = 0; i < file_.streams.size(); ++i) {
    if (file_.streams[i].id != stream) continue;
    const Position position = file_.streams[i].base + seq;
    const Position end =
        i + 1 < file_.streams.size() ? file_.streams[i + 1].start() : std::numeric_limits<Position>::max();
    // Numbers that the stream skipped have the positions of the stream before it.
    return position > std::max(behind, file_.streams[i].start()) && position <= end &&
           file_.readings.contains(position) && !file_.doubtful.contains(position);
  }
  return false;
}

bool OutboxModel::has_news() const {
  if (file_.readings.empty()) return false;
  const Position newest = file_.readings.rbegin()->first;
  const OutboxStream& stream = stream_of(newest);
  return !world_.ledger.has(stream.id, newest - stream.base, in_store);
}

bool OutboxModel::knows_run_of(const std::string& node, const std::string& text) const {
  const auto is_it = [&](const auto& run) { return run.node == node && text.find(run.id) != std::string::npos; };
  return std::any_of(file_.streams.begin(), file_.streams.end(), is_it) ||
         std::any_of(file_.ended.begin(), file_.ended.end(), is_it);
}

void OutboxModel::save() { saved_ = file_; }

void OutboxModel::restore_saved() {
  if (!saved_.has_value()) return;
  world_.note(disk_.name(), "is as it was earlier");
  change_to(*saved_);
}

void OutboxModel::closed(bool in_order) {
  if (!disk_.remains(in_order)) replace();
}

void OutboxModel::replace() {
  world_.note(disk_.name(), "is lost, and begun anew");
  saved_.reset();
  change_to({});
}

/// What was thinned out is a hole, which goes with the rows.
void OutboxModel::change_to(File file) {
  Position last = file_.readings.empty() ? 0 : file_.readings.rbegin()->first;
  for (const auto& [first, gap] : file_.gaps) last = std::max(last, gap.first);
  for (Position position = file_.confirmed + 1; position <= last; ++position) {
    if (file.readings.contains(position)) continue;
    const OutboxStream& stream = stream_of(position);
    world_.ledger.lost(stream.id, position - stream.base);
  }
  // Of these the new file does not know to what number they went.
  for (const OutboxStream& stream : file_.streams) world_.ledger.forgotten(stream.id);
  for (const publisher::EndedStream& stream : file_.ended) {
    if (std::find(file.ended.begin(), file.ended.end(), stream) == file.ended.end()) world_.ledger.forgotten(stream.id);
  }
  file_ = std::move(file);
}

}  // namespace sensors::simulation
