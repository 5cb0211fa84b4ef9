// Account says what became of every reading that the publishers took, read from the databases themselves: what the
// services say of themselves counts for nothing here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/rig/rig.hpp"
#include "tests/system/stream_ledger.hpp"
#include "tests/system/weather_file.hpp"

namespace sensors::rig {

/// EarlierStores remembers which numbers the stores had that were replaced by an older or an empty one. The API may
/// hear of these again: the store that came after sends its rows once more, or says that it does not have them.
class EarlierStores {
 public:
  /// Call when the store has ended, and before another is put in its place.
  void note(const StoreReader& store);

  bool had(const std::string& stream, std::uint64_t number) const;

  /// The largest number of `stream` that one of them had; 0: none.
  std::uint64_t last(const std::string& stream) const;

 private:
  std::map<std::string, std::vector<bool>> streams_;  // by number - 1
};

struct Account {
  std::uint64_t taken = 0;            // numbers given out by the outboxes
  std::uint64_t stored = 0;           // readings in the store
  std::uint64_t delivered = 0;        // readings at the API
  std::uint64_t in_gaps = 0;          // numbers that a gap record in the store covers
  std::uint64_t dead_lettered = 0;    // numbers that the API refused, and that the store keeps as dead letters
  std::uint64_t lost = 0;             // numbers that are none of these, at the store or at the API
  std::uint64_t lost_at_api = 0;      // those of them that the API does not have
  std::uint64_t doubled = 0;          // numbers that stand twice: as readings, gap records or dead letters
  std::uint64_t came_twice = 0;       // readings that came to the API under two keys, and that it knew
  std::uint64_t told_again = 0;       // numbers of an earlier store that the API was told of again: neither of the two
  std::uint64_t changed = 0;          // readings that are not what the file has there
  std::vector<std::string> problems;  // a sentence for each stream that is not whole

  bool whole() const { return lost == 0 && doubled == 0 && came_twice == 0 && changed == 0; }
  std::string text() const;
};

/// Call when everything has drained. `ledgers` by node; nodes whose readings come from `weather` are checked reading by
/// reading, the others number by number.
Account account_for(const Rig& rig, const std::vector<StreamLedger>& ledgers, const EarlierStores& earlier,
                    const WeatherFile& weather, const std::vector<std::string>& weather_nodes);

}  // namespace sensors::rig
