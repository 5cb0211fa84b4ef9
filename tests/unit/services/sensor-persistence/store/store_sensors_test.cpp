// What the store keeps of known sensors.
#include <gtest/gtest.h>

#include "services/sensor-persistence/store/schema.hpp"
#include "services/sensor-persistence/store/store_writer.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

TEST(StoreSensors, are_there_at_the_next_opening_as_they_were_written_last) {
  TestFolder folder;
  StoreOptions options;
  options.path = folder.file("store.db");
  const KnownSensor t{"hut", "t", "sensor-http-bridge", Millis{30'000}, test_time, false};
  KnownSensor u = t;
  u.sensor = "u";
  {
    const std::unique_ptr<StoreWriter> store = StoreWriter::open(options).value();
    EXPECT_TRUE(store->contents(10)->sensors.empty());
    CommitTransaction transaction;
    transaction.sensors.kept = {t, u};
    ASSERT_TRUE(store->commit(transaction).has_value());
    u.silent = true;
    transaction.sensors = {{u}, {t}};
    ASSERT_TRUE(store->commit(transaction).has_value());
  }
  {
    Database::Options how;
    how.application_id = store_application_id;
    Database database = Database::open(options.path, store_migrations(), how).value();
    ASSERT_TRUE(database.execute("INSERT INTO known_sensor VALUES('no name', 'x', 'p', 1, 1, 0)").has_value());
  }
  EXPECT_EQ(StoreWriter::open(options).value()->contents(10)->sensors, std::vector<KnownSensor>{u});
}

}  // namespace
}  // namespace sensors::persistence
