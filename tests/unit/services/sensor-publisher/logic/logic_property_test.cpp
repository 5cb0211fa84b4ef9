// The publisher against a model of everything behind it: a broker that loses what is in flight, a store that takes
// only the next number, disks that fail now and then, restarts. rapidcheck prints the seed of a failure.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <list>
#include <map>
#include <memory>

#include "tests/unit/services/sensor-publisher/logic/publisher_bench.hpp"

namespace sensors::publisher {
namespace {

/// The contiguous store of docs/protocol.md, with what it took by value.
struct ModelStore {
  std::map<std::string, std::uint64_t> through;
  std::vector<double> values;
  std::uint64_t gap_readings = 0;

  /// True when there was a hole.
  bool take(const Batch& batch) {
    std::uint64_t& mark = through[batch.stream];
    std::size_t gap = 0;
    bool hole = false;
    const auto take_gaps = [&] {
      for (; gap < batch.gaps.size() && batch.gaps[gap].first <= mark + 1; ++gap) {
        if (batch.gaps[gap].last <= mark) continue;
        gap_readings += batch.gaps[gap].last - mark;
        mark = batch.gaps[gap].last;
      }
    };
    for (const SequencedReading& reading : batch.readings) {
      take_gaps();
      if (reading.seq == mark + 1) {
        values.push_back(std::get<double>(reading.reading.value));
        mark = reading.seq;
      } else if (reading.seq > mark + 1) {
        hole = true;
      }
    }
    take_gaps();
    return hole;
  }
};

struct World {
  World() { restart(); }

  void restart() {
    OutboxContents contents;
    if (bench != nullptr) {
      rows = bench->rows;
      value = bench->next_value;
      store_id = bench->known_store;
      confirmed = rows.empty() ? last : rows.front().first - 1;
      // A reading that was not synced is not lost in this sense: its driver never got an answer.
      last = std::max(last, rows.empty() ? confirmed : rows.back().last);
    }
    streams.push_back({"run" + std::to_string(streams.size() + 1), last});
    contents.streams = streams;
    contents.confirmed = confirmed;
    contents.last = last;
    contents.known_store = store_id;
    bench = std::make_unique<PublisherBench>(bench_options(), contents);
    bench->rows = rows;
    bench->next_value = value;
    bench->auto_disk = false;
  }

  void disk(bool works) {
    if (!bench->write.has_value() && !bench->read.has_value()) return;
    const bool is_write = bench->write.has_value();
    std::vector<double> written;
    if (is_write) {
      for (const OutboxEntry& entry : bench->write->append)
        written.push_back(std::get<double>(std::get<Reading>(entry.what).value));
      if (!bench->write->append.empty() && works) last = bench->write->append.back().last;
    }
    bench->serve_disk(works || !is_write ? Result<void>{} : fail(ErrorCode::disk_full, "disk full"));
    if (!works) return;
    // Written again after a failure.
    while (!written.empty() && !synced.empty() && written.front() <= synced.back()) written.erase(written.begin());
    synced.insert(synced.end(), written.begin(), written.end());
  }

  bool is_delivered() const {
    return std::includes(store.values.begin(), store.values.end(), synced.begin(), synced.end());
  }

  /// Delivers what was published, or loses it; the store answers for every stream it heard of.
  void network(bool loses) {
    const auto sent = bench->sent();
    bench->acknowledge_all();
    for (const auto& [topic, batch] : sent) {
      if (loses) continue;
      const bool hole = store.take(batch);
      bench->watermark("store1", batch.stream, store.through[batch.stream], hole);
    }
  }

  std::unique_ptr<PublisherBench> bench;
  std::vector<OutboxStream> streams;
  std::list<OutboxEntry> rows;
  double value = 1;
  std::string store_id = "store1";
  Position confirmed = 0;
  Position last = 0;
  std::vector<double> synced;  // every value that was ever durable, in order
  ModelStore store;
};

RC_GTEST_PROP(PublisherProperty, every_synced_reading_reaches_the_store_once_and_in_order, ()) {
  World world;
  const auto actions = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 9), rc::gen::inRange(1, 60)));
  for (const auto& [action, size] : actions) {
    switch (action) {
      case 0:
      case 1: world.bench->take(size); break;
      case 2: world.disk(size > 5); break;
      case 3: world.network(false); break;
      case 4: world.network(true); break;
      case 5: world.bench->step(MqttConnected{}); break;
      case 6: world.bench->step(MqttDisconnected{"gone"}); break;
      case 7: world.bench->pass(Millis{size * 200}); break;
      default: world.restart(); break;
    }
  }
  // The faults stop: everything arrives within a bound.
  world.bench->step(MqttConnected{});
  for (int round = 0; round < 400 && !world.is_delivered(); ++round) {
    world.disk(true);
    world.network(false);
    world.bench->pass(Millis{500});
  }
  // While the disk fails, readings are sent that never get to the disk: the store may have more than was synced.
  RC_ASSERT(std::adjacent_find(world.store.values.begin(), world.store.values.end(), std::greater_equal<>()) ==
            world.store.values.end());
  RC_ASSERT(world.is_delivered());
  RC_ASSERT(world.store.gap_readings == 0U);
}

}  // namespace
}  // namespace sensors::publisher
