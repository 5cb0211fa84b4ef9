// No reading of any driver becomes a gap record on a disk that works, however fast the drivers and however slow the
// disk.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include "tests/unit/services/sensor-publisher/logic/publisher_bench.hpp"

namespace sensors::publisher {
namespace {

/// Drivers and a disk around the bench. A stream has a backlog, of which it gives what there is room for; a device
/// gives its few values whole. Values count from 1 for each sensor.
class Machine {
 public:
  Machine(LogicOptions options, std::vector<std::size_t> values_of_devices)
      : devices_(std::move(values_of_devices)),
        streams_(options.drivers.size() - devices_.size()),
        given_(options.drivers.size(), 0),
        backlog_(options.drivers.size(), 0),
        max_pending_(options.outbox.max_pending),
        bench_(std::move(options), {{{"run1", 0}}, 0, 0, ""}, true, false) {}

  void print(std::size_t stream, std::size_t lines) { backlog_[stream % backlog_.size()] += lines; }
  void pass(Millis time) { bench_.pass(time); }

  /// The oldest round that is under way comes to its end.
  void answer_driver() {
    if (bench_.started.empty()) return;
    const std::size_t driver = bench_.started.front();
    const std::size_t room = bench_.rooms.front();
    bench_.started.erase(bench_.started.begin());
    bench_.rooms.erase(bench_.rooms.begin());
    std::size_t count = driver < streams_ ? std::min(room, backlog_[driver]) : devices_[driver - streams_];
    backlog_[driver] -= std::min(backlog_[driver], count);
    DriverReport report;
    for (; count > 0; --count)
      report.samples.push_back(
          {"s" + std::to_string(driver), static_cast<double>(++given_[driver]), "", bench_.now.wall});
    bench_.step(DriverRead{driver, std::move(report)});
    check_bound();
  }

  void answer_disk() {
    if (!bench_.write.has_value()) return bench_.serve_disk();
    for (const OutboxEntry& entry : bench_.write->append) {
      const Reading* const reading = std::get_if<Reading>(&entry.what);
      RC_ASSERT(reading != nullptr);  // a gap record
      RC_ASSERT(std::get<double>(reading->value) == static_cast<double>(++written_[reading->sensor]));
    }
    bench_.serve_disk();
  }

  void settle_disk() {
    while (bench_.write.has_value()) answer_disk();
  }

  bool is_done() const {
    if (std::any_of(backlog_.begin(), backlog_.end(), [](std::size_t lines) { return lines > 0; })) return false;
    for (std::size_t i = 0; i < given_.size(); ++i) {
      const auto written = written_.find("s" + std::to_string(i));
      if (given_[i] != (written == written_.end() ? 0 : written->second)) return false;
    }
    return true;
  }

 private:
  /// Devices come on top, with one round each.
  void check_bound() {
    const std::size_t quarter = max_pending_ / 4;
    const std::size_t devices = std::accumulate(devices_.begin(), devices_.end(), std::size_t{0});
    RC_ASSERT(bench_.logic.readings_in_memory() <= 3 * quarter + std::max(quarter, streams_) + devices);
  }

  std::vector<std::size_t> devices_;
  std::size_t streams_;  // the first of the drivers
  std::vector<std::size_t> given_;
  std::vector<std::size_t> backlog_;
  std::size_t max_pending_;
  std::map<std::string, std::size_t> written_;
  PublisherBench bench_;
};

RC_GTEST_PROP(RoomProperty, on_a_disk_that_works_no_reading_becomes_a_gap_record, ()) {
  LogicOptions options;
  options.node = "kitchen";
  options.outbox.max_pending = *rc::gen::inRange<std::size_t>(100, 2'000);
  options.outbox.commit_readings = *rc::gen::inRange<std::size_t>(1, 3'000);
  options.outbox.commit_age = Millis{*rc::gen::inRange(0, 100)};
  const auto streams = *rc::gen::inRange<std::size_t>(1, 10);
  const auto devices = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 60));
  for (std::size_t i = 0; i < streams; ++i) {
    const Millis interval{*rc::gen::element(0, 0, 10, 1'000)};
    options.drivers.push_back({"program" + std::to_string(i), interval, Millis{5'000}, {}, true});
  }
  for (std::size_t i = 0; i < devices.size(); ++i)
    options.drivers.push_back({"device" + std::to_string(i), Millis{10}, Millis{5'000}, {}});
  Machine machine(options, devices);

  const auto actions = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 8), rc::gen::inRange(1, 10'000)));
  for (const auto& [action, size] : actions) {
    switch (action) {
      case 0:
        machine.print(static_cast<std::size_t>(size) % streams,
                      static_cast<std::size_t>(size) % (2 * options.outbox.max_pending));
        break;
      case 1: machine.pass(Millis{size % 2'000}); break;
      case 2: machine.answer_disk(); break;
      default:
        for (int i = 0; i <= size % 30; ++i) machine.answer_driver();
    }
  }
  for (int round = 0; round < 20'000 && !machine.is_done(); ++round) {
    for (std::size_t i = 0; i < options.drivers.size(); ++i) machine.answer_driver();
    machine.pass(Millis{1'000});
    machine.settle_disk();
  }
  RC_ASSERT(machine.is_done());
}

}  // namespace
}  // namespace sensors::publisher
