// The check reads the databases themselves: what the services say of themselves counts for nothing here.
#include "tests/system/delivery_check.hpp"

#include <fmt/format.h>

#include <set>

namespace sensors::rig {
namespace {

using Problems = std::vector<std::string>;

/// `rows` must be 1..length, each as the file has it. Only the first breach is told.
template <class Row>
void check_rows(const std::string& where, const std::vector<Row>& rows, std::uint64_t length,
                const WeatherFile& weather, Problems& problems) {
  if (rows.size() != length) problems.push_back(fmt::format("{}: {} readings, must be {}", where, rows.size(), length));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const WeatherFile::Reading expected = weather.reading(i);
    bool same_time = true;
    if constexpr (requires { row.time_ms; }) same_time = row.time_ms == expected.time_ms;
    if (row.seq == i + 1 && row.sensor == expected.sensor && row.value == expected.value && same_time) continue;
    problems.push_back(fmt::format("{}: reading {} is number {}, {} = {}; must be number {}, {} = {}", where, i + 1,
                                   row.seq, row.sensor, row.value, i + 1, expected.sensor, expected.value));
    return;
  }
}

void check_store_streams(const Rig& rig, const std::map<std::string, std::uint64_t>& lengths, Problems& problems) {
  std::set<std::string> seen;
  for (const StoreReader::Stream& stream : rig.store().streams()) {
    seen.insert(stream.name);
    const auto known = lengths.find(stream.name);
    const std::uint64_t length = known == lengths.end() ? 0 : known->second;
    if (stream.readings != stream.distinct)
      problems.push_back("store, stream " + stream.name + ": a number stands twice");
    if (stream.through != length) {
      problems.push_back(
          fmt::format("store, stream {}: watermark {}, the outbox took {}", stream.name, stream.through, length));
    }
  }
  for (const auto& [id, length] : lengths) {
    if (length > 0 && !seen.contains(id))
      problems.push_back(fmt::format("store: stream {} of {} readings is missing", id, length));
  }
}

}  // namespace

std::vector<std::string> check_delivery(const Rig& rig, const std::vector<StreamLedger>& ledgers,
                                        const WeatherFile& weather) {
  Problems problems;
  std::map<std::string, std::uint64_t> lengths;
  for (std::size_t node = 0; node < rig.nodes(); ++node) {
    lengths.merge(ledgers.at(node).lengths());
    const std::uint64_t waiting = rig.publisher(node).outbox().waiting();
    if (waiting != 0)
      problems.push_back(fmt::format("{}: {} entries are left in the outbox", rig.publisher(node).name(), waiting));
  }
  check_store_streams(rig, lengths, problems);
  for (const auto& [id, length] : lengths) {
    check_rows("store, stream " + id, rig.store().rows(id), length, weather, problems);
    check_rows("API, stream " + id, rig.api().rows(id), length, weather, problems);
  }
  const Rig::Progress progress = rig.progress();
  if (progress.stored != progress.taken)
    problems.push_back(fmt::format("{} taken, {} stored", progress.taken, progress.stored));
  if (progress.delivered != progress.taken)
    problems.push_back(fmt::format("{} taken, {} delivered", progress.taken, progress.delivered));
  if (progress.gaps != 0) problems.push_back(fmt::format("{} gap records in the store", progress.gaps));
  if (rig.api().gap_records() != 0)
    problems.push_back(fmt::format("{} gap records at the API", rig.api().gap_records()));
  if (rig.api().duplicates() != 0)
    problems.push_back(fmt::format("{} readings came twice to the API", rig.api().duplicates()));
  return problems;
}

}  // namespace sensors::rig
