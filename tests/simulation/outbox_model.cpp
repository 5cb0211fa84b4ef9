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

Result<OutboxContents> OutboxModel::open(const std::string& new_stream, const std::string& boot) {
  if (const std::optional<Error> failure = disk_.failure()) return tl::unexpected<Error>(*failure);
  OutboxContents contents;
  contents.known_store = file_.store;
  contents.confirmed = file_.confirmed;
  contents.last = file_.confirmed;
  if (!file_.readings.empty()) contents.last = std::max(contents.last, file_.readings.rbegin()->first);
  for (const auto& [first, gap] : file_.gaps) contents.last = std::max(contents.last, gap.first);
  for (const OutboxStream& stream : file_.streams) contents.last = std::max(contents.last, stream.base);
  file_.streams.push_back({new_stream, contents.last, boot});
  while (file_.streams.size() > 1 && file_.streams[1].base <= file_.confirmed)
    file_.streams.erase(file_.streams.begin());
  contents.streams = file_.streams;
  world_.ledger.stream_begins(new_stream);
  return contents;
}

const OutboxStream& OutboxModel::stream_of(Position position) const {
  const auto behind = std::partition_point(file_.streams.begin(), file_.streams.end(),
                                           [&](const OutboxStream& stream) { return stream.base < position; });
  return behind == file_.streams.begin() ? *behind : *std::prev(behind);
}

Result<void> OutboxModel::write(const OutboxWrite& write) {
  if (const std::optional<Error> failure = disk_.failure()) return tl::unexpected<Error>(*failure);
  if (write.delete_through != 0) delete_through(write.delete_through);
  if (write.drop.has_value()) drop(*write.drop);
  if (!write.known_store.empty()) file_.store = write.known_store;
  for (const OutboxEntry& entry : write.append) append(entry);
  if (write.boot.has_value()) {
    for (OutboxStream& stream : file_.streams) {
      if (stream.boot == write.boot->boot) stream.boot_time = write.boot->time;
    }
  }
  return {};
}

void OutboxModel::torn(const OutboxWrite& write) {
  if (world_.random.chance(0.5)) static_cast<void>(this->write(write));
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
  if (reading == nullptr) return append_gap(entry);
  const OutboxStream& stream = stream_of(entry.first);
  world_.ledger.kept(stream.id, entry.first - stream.base, reading->value);
  if (!file_.readings.emplace(entry.first, *reading).second) {
    world_.ledger.violate("the outbox gives each position once", fmt::format("{} {}", disk_.name(), entry.first));
  }
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
  for (auto row = file_.readings.lower_bound(first); row != file_.readings.end() && entries.size() < max_entries; ++row)
    entries.push_back({row->first, row->first, row->second});
  std::size_t gaps = 0;
  for (const auto& [gap_first, gap] : file_.gaps) {
    if (gap.first < first || gaps >= max_entries) continue;
    ++gaps;
    entries.push_back({gap_first, gap.first, gap.second});
  }
  if (gaps > 0) {
    std::stable_sort(entries.begin(), entries.end(),
                     [](const OutboxEntry& a, const OutboxEntry& b) { return a.first < b.first; });
  }
  for (std::size_t i = 1; i < entries.size(); ++i) {
    if (entries[i].first == entries[i - 1].last + 1) continue;
    entries.resize(i);
    break;
  }
  return entries;
}

bool OutboxModel::holds(const std::string& stream, std::uint64_t seq) const {
  for (std::size_t i = 0; i < file_.streams.size(); ++i) {
    if (file_.streams[i].id != stream) continue;
    const Position position = file_.streams[i].base + seq;
    const Position end =
        i + 1 < file_.streams.size() ? file_.streams[i + 1].base : std::numeric_limits<Position>::max();
    return position <= end && file_.readings.contains(position);
  }
  return false;
}

bool OutboxModel::has_news() const {
  if (file_.readings.empty()) return false;
  const Position newest = file_.readings.rbegin()->first;
  const OutboxStream& stream = stream_of(newest);
  return !world_.ledger.has(stream.id, newest - stream.base, in_store);
}

void OutboxModel::save() { saved_ = file_; }

void OutboxModel::restore_saved() {
  if (!saved_.has_value()) return;
  world_.note(disk_.name(), "is as it was earlier");
  for (const auto& [position, reading] : file_.readings) {
    if (saved_->readings.contains(position)) continue;
    const OutboxStream& stream = stream_of(position);
    world_.ledger.lost(stream.id, position - stream.base);
  }
  for (const auto& [first, gap] : file_.gaps) {
    const OutboxStream& stream = stream_of(first);
    for (Position position = first; position <= gap.first; ++position)
      world_.ledger.lost(stream.id, position - stream.base);
  }
  file_ = *saved_;
}

}  // namespace sensors::simulation
