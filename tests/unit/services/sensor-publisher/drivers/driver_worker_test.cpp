#include "services/sensor-publisher/drivers/driver_worker.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>

#include "common/runtime/event_loop.hpp"
#include "services/sensor-publisher/drivers/command/command_driver.hpp"
#include "services/sensor-publisher/drivers/iio/iio_driver.hpp"
#include "tests/unit/services/sensor-publisher/drivers/device_tree.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;

/// Reports as they come from a worker; shared by the test and a callback that may come late.
class Reports {
 public:
  void add(DriverReport report) {
    const std::lock_guard lock(mutex_);
    reports_.push_back(std::move(report));
    changed_.notify_all();
  }
  bool wait_for(std::size_t count, Millis longest = 20s) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, longest, [&] { return reports_.size() >= count; });
  }
  DriverReport at(std::size_t i) {
    const std::lock_guard lock(mutex_);
    return reports_.at(i);
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return reports_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<DriverReport> reports_;
};

/// Something that happens once, on another thread.
class Occasion {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    is_set_ = true;
    changed_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [this] { return is_set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_set_ = false;
};

/// Any driver, which says when a read begins and when it is destroyed.
class WatchedDriver : public Driver {
 public:
  WatchedDriver(std::unique_ptr<Driver> driver, std::shared_ptr<Occasion> gone,
                std::shared_ptr<Occasion> begun = std::make_shared<Occasion>())
      : driver_(std::move(driver)), gone_(std::move(gone)), begun_(std::move(begun)) {}
  ~WatchedDriver() override { gone_->set(); }
  DriverReport read(Millis deadline) override {
    begun_->set();
    return driver_->read(deadline);
  }
  void interrupt() override { driver_->interrupt(); }

 private:
  std::unique_ptr<Driver> driver_;
  std::shared_ptr<Occasion> gone_;  // of this driver and the test, both
  std::shared_ptr<Occasion> begun_;
};

/// Does what the test says.
class ScriptedDriver : public Driver {
 public:
  explicit ScriptedDriver(std::function<DriverReport(Millis)> script) : script_(std::move(script)) {}
  DriverReport read(Millis deadline) override { return script_(deadline); }

 private:
  std::function<DriverReport(Millis)> script_;
};

constexpr std::size_t room = 1'000;

class DriverWorkerTest : public testing::Test {
 protected:
  std::function<void(DriverReport)> callback() {
    return [reports = reports](DriverReport report) { reports->add(std::move(report)); };
  }
  std::shared_ptr<Reports> reports = std::make_shared<Reports>();  // of the test and of callbacks
};

TEST_F(DriverWorkerTest, reports_each_read_with_every_sample_stamped) {
  const WallTime before = read_clocks().wall;
  DriverWorker worker("test", std::make_unique<ScriptedDriver>([](Millis) {
                        return DriverReport{{{"a", 1.0, "", std::nullopt}, {"b", 2.0, "", WallTime{5ms}}}, {}, false};
                      }),
                      1s, callback());
  EXPECT_TRUE(worker.start_read(room));
  ASSERT_TRUE(reports->wait_for(1));
  EXPECT_GE(*reports->at(0).samples[0].time, before);
  EXPECT_EQ(*reports->at(0).samples[1].time, WallTime{5ms});
  EXPECT_TRUE(worker.start_read(room));
  EXPECT_TRUE(reports->wait_for(2));
}

TEST_F(DriverWorkerTest, gives_a_driver_less_than_the_deadline_to_wait) {
  DriverWorker worker(
      "test", std::make_unique<ScriptedDriver>([](Millis deadline) {
        return DriverReport{{{"wait", static_cast<double>(deadline.count()), "ms", std::nullopt}}, {}, false};
      }),
      1s, callback());
  worker.start_read(room);
  ASSERT_TRUE(reports->wait_for(1));
  EXPECT_EQ(number_of(reports->at(0), "wait", "ms"), 800.0);
}

TEST_F(DriverWorkerTest, an_exception_of_a_driver_is_an_error_and_the_worker_goes_on) {
  DriverWorker worker(
      "test", std::make_unique<ScriptedDriver>([](Millis) -> DriverReport { throw std::runtime_error("broken"); }), 1s,
      callback());
  for (std::size_t round = 1; round <= 2; ++round) {
    worker.start_read(room);
    ASSERT_TRUE(reports->wait_for(round));
  }
  EXPECT_TRUE(has_error(reports->at(1), ErrorCode::io, "broken"));
}

TEST_F(DriverWorkerTest, a_read_that_hangs_is_left_behind_and_reports_to_nobody) {
  DeviceTree tree;
  tree.write("bus/iio/devices/iio:device0/name", "stuck\n");
  const std::string fifo = tree.path("bus/iio/devices/iio:device0/in_temp_input");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);  // open() of a FIFO without a writer blocks, as a hanging device does
  const auto gone = std::make_shared<Occasion>();
  const auto begun = std::make_shared<Occasion>();
  Instant began;
  {
    DriverWorker worker(
        "stuck",
        std::make_unique<WatchedDriver>(std::make_unique<IioDriver>(IioOptions{{tree.root(), {}}}), gone, begun), 1s,
        callback());
    EXPECT_TRUE(worker.start_read(room));
    ASSERT_TRUE(begun->wait());
    EXPECT_FALSE(worker.start_read(room));
    began = read_clocks().monotonic;
  }
  EXPECT_LT(read_clocks().monotonic - began, 5s);
  EXPECT_GE(read_clocks().monotonic - began, 90ms);
  const int writer = open(fifo.c_str(), O_WRONLY);
  EXPECT_GE(writer, 0);
  EXPECT_EQ(write(writer, "1\n", 2), 2);
  close(writer);
  EXPECT_TRUE(gone->wait());
  EXPECT_EQ(reports->count(), 0U);
}

TEST_F(DriverWorkerTest, a_wait_of_a_drivers_own_is_interrupted_and_the_driver_ended) {
  const auto gone = std::make_shared<Occasion>();
  CommandOptions options;
  options.program = {"/bin/sleep", "60"};
  const Instant began = read_clocks().monotonic;
  {
    DriverWorker worker("waiting", std::make_unique<WatchedDriver>(std::make_unique<CommandDriver>(options), gone), 1h,
                        callback());
    worker.start_read(room);
  }
  EXPECT_TRUE(gone->wait());
  EXPECT_LT(read_clocks().monotonic - began, 20s);
}

TEST_F(DriverWorkerTest, ends_without_ever_having_read) {
  const auto gone = std::make_shared<Occasion>();
  {
    DriverWorker worker("idle",
                        std::make_unique<WatchedDriver>(std::make_unique<CommandDriver>(CommandOptions{}), gone), 1s,
                        callback());
  }
  EXPECT_TRUE(gone->wait());
}

}  // namespace
}  // namespace sensors
