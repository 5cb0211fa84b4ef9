// What the outbox keeps of known sensors.
#include <gtest/gtest.h>

#include "services/sensor-publisher/outbox/outbox.hpp"
#include "services/sensor-publisher/outbox/outbox_salvage.hpp"
#include "services/sensor-publisher/outbox/schema.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors::publisher {
namespace {

class OutboxSensors : public testing::Test {
 protected:
  static KnownSensor sensor(const std::string& name, bool silent = false) {
    return {"", name, "bme", Millis{10'000}, WallTime{Millis{1'768'493'375'123}}, silent};
  }
  static OutboxWrite changes(std::vector<KnownSensor> kept, std::vector<KnownSensor> forgotten = {}) {
    OutboxWrite write;
    write.sensors = {std::move(kept), std::move(forgotten)};
    return write;
  }
  std::vector<KnownSensor> known() {
    std::vector<KnownSensor> sensors = Outbox::open(path, "again")->contents().sensors;
    std::sort(sensors.begin(), sensors.end(), [](const auto& a, const auto& b) { return a.sensor < b.sensor; });
    return sensors;
  }
  void execute(const std::string& sql) {
    Database database = Database::open(path, outbox_migrations(), {}).value();
    ASSERT_TRUE(database.execute(sql).has_value());
  }

  TemporaryFolder folder;
  std::string path = folder.path("outbox.db");
};

TEST_F(OutboxSensors, are_there_at_the_next_start_as_they_were_written_last) {
  Outbox outbox = Outbox::open(path, "run1").value();
  EXPECT_TRUE(outbox.contents().sensors.empty());
  ASSERT_TRUE(outbox.write(changes({sensor("t"), sensor("h"), sensor("p")})).has_value());
  ASSERT_TRUE(outbox.write(changes({sensor("h", true)}, {sensor("p")})).has_value());
  EXPECT_EQ(known(), (std::vector<KnownSensor>{sensor("h", true), sensor("t")}));
}

TEST_F(OutboxSensors, that_cannot_be_believed_are_left_out_and_stop_nobody) {
  ASSERT_TRUE(Outbox::open(path, "run1")->write(changes({sensor("t"), sensor("h")})).has_value());
  execute("UPDATE known_sensor SET interval_ms = 7 WHERE name = 't'");
  EXPECT_EQ(known(), std::vector<KnownSensor>{sensor("h")});
}

TEST_F(OutboxSensors, outlive_a_salvage) {
  ASSERT_TRUE(Outbox::open(path, "run1")->write(changes({sensor("t")})).has_value());
  OutboxContents ours;
  ours.streams.push_back({"run2", 0});
  const Result<OutboxRepair> repair = salvage_outbox(path, ours, false, "damage", {}, WallTime{});
  ASSERT_TRUE(repair.has_value()) << repair.error().message;
  EXPECT_EQ(known(), std::vector<KnownSensor>{sensor("t")});
}

TEST(OutboxCalibrations, are_there_at_the_next_start_and_after_a_salvage) {
  TemporaryFolder folder;
  const std::string path = folder.path("outbox.db");
  OutboxWrite write;
  write.calibrations = "soil scale 2, offset 0\n";
  ASSERT_TRUE(Outbox::open(path, "run1")->write(write).has_value());
  EXPECT_EQ(Outbox::open(path, "run2")->contents().calibrations, *write.calibrations);
  OutboxContents ours;
  ours.streams.push_back({"run3", 0});
  ASSERT_TRUE(salvage_outbox(path, ours, false, "damage", {}, WallTime{}).has_value());
  EXPECT_EQ(Outbox::open(path, "run4")->contents().calibrations, *write.calibrations);
}

}  // namespace
}  // namespace sensors::publisher
