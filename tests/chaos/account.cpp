// Each stream must be 1..length, each number once: a reading, or covered by a gap record. At the API dead letters of
// the store count too: what it refused it must not have.
#include "tests/chaos/account.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "tests/rig/rig_error.hpp"

namespace sensors::rig {
namespace {

constexpr std::uint64_t most_readings = 100'000'000;

/// What one stream looks like in one place.
struct Findings {
  std::uint64_t readings = 0;
  std::uint64_t in_gaps = 0;
  std::uint64_t dead_lettered = 0;
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t changed = 0;
};

/// How often each number 1..length stands there.
template <class Row>
Findings look_at(const std::vector<Row>& rows, const std::vector<NumberRange>& gaps,
                 const std::vector<NumberRange>& dead_letters, std::uint64_t length, const WeatherFile* weather) {
  if (length > most_readings) throw RigError(fmt::format("a stream of {} readings: the ledger is wrong", length));
  Findings found;
  std::vector<std::uint8_t> times(length + 1, 0);
  const auto count = [&](std::uint64_t number) {
    if (number == 0 || number > length || times[number]++ > 0) ++found.doubled;
  };
  for (const Row& row : rows) {
    ++found.readings;
    count(row.seq);
    if (weather == nullptr) continue;
    const WeatherFile::Reading expected = weather->reading(row.seq - 1);
    if (row.sensor != expected.sensor || row.value != expected.value) ++found.changed;
  }
  const auto count_all = [&](const std::vector<NumberRange>& ranges, std::uint64_t& sum) {
    for (const NumberRange& range : ranges) {
      for (std::uint64_t number = range.first; number <= std::min(range.last, length); ++number) {
        ++sum;
        count(number);
      }
    }
  };
  count_all(gaps, found.in_gaps);
  count_all(dead_letters, found.dead_lettered);
  found.lost = static_cast<std::uint64_t>(std::count(times.begin() + 1, times.end(), 0));
  return found;
}

void add(const std::string& where, const std::string& stream, std::uint64_t length, const Findings& found,
         Account& account) {
  account.lost += found.lost;
  account.doubled += found.doubled;
  account.changed += found.changed;
  if (found.lost + found.doubled + found.changed == 0) return;
  account.problems.push_back(fmt::format(
      "{}, stream {} of {}: {} readings, {} in gap records, {} dead letters, {} lost, {} doubled, {} changed", where,
      stream, length, found.readings, found.in_gaps, found.dead_lettered, found.lost, found.doubled, found.changed));
}

}  // namespace

Account account_for(const Rig& rig, const std::vector<StreamLedger>& ledgers, const WeatherFile& weather,
                    const std::vector<std::string>& weather_nodes) {
  Account account;
  std::map<std::string, std::uint64_t> through;
  for (const StoreReader::Stream& stream : rig.store().streams()) through[stream.name] = stream.through;
  for (std::size_t node = 0; node < rig.nodes(); ++node) {
    const bool from_file =
        std::find(weather_nodes.begin(), weather_nodes.end(), rig.publisher(node).node()) != weather_nodes.end();
    const WeatherFile* file = from_file ? &weather : nullptr;
    for (const auto& [stream, durable] : ledgers.at(node).lengths()) {
      // A publisher that is killed while its outbox fails has sent readings that no outbox ever had.
      const std::uint64_t length = std::max(durable, through[stream]);
      const Findings stored = look_at(rig.store().rows(stream), rig.store().gaps(stream), {}, length, file);
      const Findings delivered =
          look_at(rig.api().rows(stream), rig.api().gaps(stream), rig.store().dead_letters(stream), length, file);
      account.taken += length;
      account.stored += stored.readings;
      account.in_gaps += stored.in_gaps;
      account.delivered += delivered.readings;
      account.dead_lettered += delivered.dead_lettered;
      add("store", stream, length, stored, account);
      add("API", stream, length, delivered, account);
      account.lost_at_api += delivered.lost;
    }
  }
  account.came_twice = rig.api().duplicates();
  if (account.came_twice > 0)
    account.problems.push_back(fmt::format("{} readings came to the API under two keys", account.came_twice));
  return account;
}

std::string Account::text() const {
  std::string text = fmt::format(
      "{} taken, {} stored, {} at the API; lost {}, doubled {}, changed {}, in gap records {}, dead letters {}", taken,
      stored, delivered, lost, doubled, changed, in_gaps, dead_lettered);
  for (const std::string& problem : problems) text += "\n" + problem;
  return text;
}

}  // namespace sensors::rig
