// Each stream must be 1..length, each number once: a reading, or covered by a gap record. At the API dead letters of
// the store count too: what it refused it must not have. What an earlier store had may stand at the API twice, and come
// to it twice; it must still be there.
#include "tests/chaos/account.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tests/rig/rig_error.hpp"

namespace sensors::rig {
namespace {

constexpr std::uint64_t most_readings = 100'000'000;

/// What must be in one place of one stream.
struct Wanted {
  std::string stream;
  std::uint64_t length = 0;                // each of 1..length must be there
  const EarlierStores* earlier = nullptr;  // what they had may be there again; nullptr: nothing may
  const WeatherFile* weather = nullptr;    // what the readings must be; nullptr: nobody knows
};

/// What one stream looks like in one place.
struct Findings {
  std::uint64_t readings = 0;
  std::uint64_t in_gaps = 0;
  std::uint64_t dead_lettered = 0;
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t changed = 0;
  std::set<std::uint64_t> again;  // numbers of an earlier store
};

/// How often each number stands there.
class Count {
 public:
  explicit Count(const Wanted& wanted) : wanted_(wanted) {
    std::uint64_t most = wanted.length;
    if (wanted.earlier != nullptr) most = std::max(most, wanted.earlier->last(wanted.stream));
    if (most > most_readings) throw RigError(fmt::format("a stream of {} readings: the ledger is wrong", most));
    times_.resize(most + 1, 0);
  }

  void add(std::uint64_t number, Findings& found) {
    const bool is_known = number > 0 && number < times_.size();
    if (is_known && times_[number]++ == 0) {
      if (number > wanted_.length && !was_earlier(number)) ++found.doubled;
      return;
    }
    if (is_known && was_earlier(number)) {
      found.again.insert(number);
    } else {
      ++found.doubled;
    }
  }

  void add_all(const std::vector<NumberRange>& ranges, std::uint64_t& sum, Findings& found) {
    for (const NumberRange& range : ranges) {
      for (std::uint64_t number = range.first; number <= std::min<std::uint64_t>(range.last, times_.size() - 1);
           ++number) {
        ++sum;
        add(number, found);
      }
    }
  }

  std::uint64_t missing() const {
    const auto end = times_.begin() + 1 + static_cast<std::ptrdiff_t>(wanted_.length);
    return static_cast<std::uint64_t>(std::count(times_.begin() + 1, end, 0));
  }

 private:
  bool was_earlier(std::uint64_t number) const {
    return wanted_.earlier != nullptr && wanted_.earlier->had(wanted_.stream, number);
  }

  const Wanted& wanted_;
  std::vector<std::uint8_t> times_;  // by number
};

template <class Row>
Findings look_at(const Wanted& wanted, const std::vector<Row>& rows, const std::vector<NumberRange>& gaps,
                 const std::vector<NumberRange>& dead_letters) {
  Findings found;
  Count count(wanted);
  for (const Row& row : rows) {
    ++found.readings;
    count.add(row.seq, found);
    if (wanted.weather == nullptr) continue;
    const WeatherFile::Reading expected = wanted.weather->reading(row.seq - 1);
    if (row.sensor != expected.sensor || row.value != expected.value) ++found.changed;
  }
  count.add_all(gaps, found.in_gaps, found);
  count.add_all(dead_letters, found.dead_lettered, found);
  found.lost = count.missing();
  return found;
}

/// The readings of `stream` that came to the API under two keys, but for those that an earlier store had.
std::uint64_t count_twice(const Rig& rig, const std::string& stream, const EarlierStores& earlier,
                          std::set<std::uint64_t>& again) {
  std::uint64_t twice = 0;
  for (const std::uint64_t number : rig.api().came_again(stream)) {
    if (earlier.had(stream, number)) {
      again.insert(number);
    } else {
      ++twice;
    }
  }
  return twice;
}

void add(const std::string& where, const std::string& stream, std::uint64_t length, const Findings& found,
         Account& account) {
  account.lost += found.lost;
  account.doubled += found.doubled;
  account.changed += found.changed;
  account.told_again += found.again.size();
  if (found.lost + found.doubled + found.changed == 0) return;
  account.problems.push_back(fmt::format(
      "{}, stream {} of {}: {} readings, {} in gap records, {} dead letters, {} lost, {} doubled, {} changed", where,
      stream, length, found.readings, found.in_gaps, found.dead_lettered, found.lost, found.doubled, found.changed));
}

}  // namespace

void EarlierStores::note(const StoreReader& store) {
  for (const StoreReader::Stream& stream : store.streams()) {
    std::vector<bool>& numbers = streams_[stream.name];
    const auto add = [&](std::uint64_t first, std::uint64_t last) {
      if (last > most_readings) throw RigError(fmt::format("number {} of {}: the store is wrong", last, stream.name));
      if (numbers.size() < last) numbers.resize(last);
      for (std::uint64_t number = first; number <= last; ++number) numbers[number - 1] = true;
    };
    for (const StoreReader::Row& row : store.rows(stream.name)) add(row.seq, row.seq);
    for (const NumberRange& gap : store.gaps(stream.name)) add(gap.first, gap.last);
  }
}

bool EarlierStores::had(const std::string& stream, std::uint64_t number) const {
  const auto found = streams_.find(stream);
  return found != streams_.end() && number > 0 && number <= found->second.size() && found->second[number - 1];
}

std::uint64_t EarlierStores::last(const std::string& stream) const {
  const auto found = streams_.find(stream);
  return found == streams_.end() ? 0 : found->second.size();
}

Account account_for(const Rig& rig, const std::vector<StreamLedger>& ledgers, const EarlierStores& earlier,
                    const WeatherFile& weather, const std::vector<std::string>& weather_nodes) {
  Account account;
  std::map<std::string, std::uint64_t> through;
  for (const StoreReader::Stream& stream : rig.store().streams()) through[stream.name] = stream.through;
  for (std::size_t node = 0; node < rig.nodes(); ++node) {
    const bool from_file =
        std::find(weather_nodes.begin(), weather_nodes.end(), rig.publisher(node).node()) != weather_nodes.end();
    for (const auto& [stream, durable] : ledgers.at(node).lengths()) {
      // A publisher that is killed while its outbox fails has sent readings that no outbox ever had.
      Wanted wanted{stream, std::max(durable, through[stream]), nullptr, from_file ? &weather : nullptr};
      const Findings stored = look_at(wanted, rig.store().rows(stream), rig.store().gaps(stream), {});
      wanted.earlier = &earlier;
      Findings delivered =
          look_at(wanted, rig.api().rows(stream), rig.api().gaps(stream), rig.store().dead_letters(stream));
      account.came_twice += count_twice(rig, stream, earlier, delivered.again);
      account.taken += wanted.length;
      account.stored += stored.readings;
      account.in_gaps += stored.in_gaps;
      account.delivered += delivered.readings;
      account.dead_lettered += delivered.dead_lettered;
      add("store", stream, wanted.length, stored, account);
      add("API", stream, wanted.length, delivered, account);
      account.lost_at_api += delivered.lost;
    }
  }
  if (account.came_twice > 0)
    account.problems.push_back(fmt::format("{} readings came to the API under two keys", account.came_twice));
  return account;
}

std::string Account::text() const {
  std::string text = fmt::format(
      "{} taken, {} stored, {} at the API; lost {}, doubled {}, changed {}, in gap records {}, dead letters {}", taken,
      stored, delivered, lost, doubled, changed, in_gaps, dead_lettered);
  if (told_again > 0) text += fmt::format(", told again by a later store {}", told_again);
  for (const std::string& problem : problems) text += "\n" + problem;
  return text;
}

}  // namespace sensors::rig
