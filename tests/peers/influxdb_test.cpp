// A real InfluxDB at the end of the pipeline: each reading comes once and as it was, whatever happens to the database.
#include "tests/peers/influxdb.hpp"

#include <nlohmann/json.hpp>

#include "tests/peers/delivery_rig.hpp"
#include "tests/rig/http_peer.hpp"
#include "tests/rig/tcp_proxy.hpp"

namespace sensors::rig {
namespace {

using Json = nlohmann::json;

class InfluxDbPeer : public RigTest {
 protected:
  void expect_each_reading_once(const DeliveryRig& rig) {
    const Points stored = stored_points(rig.store());
    const Points found = database_.points();
    EXPECT_TRUE(found == stored) << found.size() << " of " << stored.size() << "\n" << folder_.log_tails();
    EXPECT_EQ(stored.size(), rig.publisher().outbox().taken());
  }

  std::uint64_t dead_letters(const std::string& where) const {
    return static_cast<std::uint64_t>(
        SqliteFile(folder_.file("store.db")).number("SELECT count(*) FROM dead_letter WHERE " + where));
  }

  InfluxDb database_{folder_};
};

TEST_F(InfluxDbPeer, has_each_reading_once_after_kills_in_the_middle_of_it) {
  database_.start();
  DeliveryRig rig(folder_, delivery_options(database_.write_url(), 1));
  rig.start_pipeline();
  for (std::uint64_t round = 1; round <= 3; ++round) {
    rig.wait_until("points come", patience, [&] { return rig.has_delivered(60 * round); });
    database_.kill();
    const std::uint64_t taken = rig.publisher().outbox().taken();
    rig.wait_until("readings are taken meanwhile", patience,
                   [&] { return rig.publisher().outbox().taken() >= taken + 30; });
    database_.start();
  }
  rig.drain();
  EXPECT_NE(rig.bridge().log().find("not delivered, kept in the store"), std::string::npos) << rig.bridge().log();
  expect_each_reading_once(rig);
}

TEST_F(InfluxDbPeer, keeps_the_readings_of_one_sensor_in_one_millisecond_apart) {
  database_.start();
  DeliveryRig rig(folder_, delivery_options(database_.write_url(), 5));
  rig.start_pipeline();
  rig.wait_until("points come", patience, [&] { return rig.has_delivered(300); });
  rig.drain();
  Points stored = in_milliseconds(stored_points(rig.store()));
  for (Point& point : stored) point.value = 0;
  const std::size_t all = stored.size();
  stored.erase(std::unique(stored.begin(), stored.end()), stored.end());
  EXPECT_LE(stored.size(), all / 4) << "else nothing was tried";
  expect_each_reading_once(rig);
}

// The database has the points, and the bridge does not hear of it and sends them again.
TEST_F(InfluxDbPeer, has_a_batch_once_whose_answers_were_lost) {
  database_.start();
  TcpProxy wire;
  wire.set_target(database_.port());
  RigOptions options = delivery_options("http://127.0.0.1:" + std::to_string(wire.port()) + "/write?db=sensors", 1);
  options.bridge.set_text("destination", "few_timeout", "600ms");
  options.bridge.set_text("destination", "bulk_timeout", "600ms");
  DeliveryRig rig(folder_, options);
  rig.start_pipeline();
  rig.wait_until("points come", patience, [&] { return rig.has_delivered(60); });
  wire.delay(Millis{400});
  const auto lead = [&] { return database_.points().size() > rig.store().uploaded_through("api"); };
  rig.wait_until("the database has more than the bridge knows", patience, lead);
  rig.wait_until("the bridge has tried again", patience,
                 [&] { return rig.bridge().log().find("timeout") != std::string::npos && wire.connections() >= 4; });
  wire.pass();
  rig.drain();
  expect_each_reading_once(rig);
}

TEST_F(InfluxDbPeer, records_what_was_dropped) {
  database_.start();
  RigOptions options = delivery_options(database_.write_url(), 500);
  options.nodes[0].drivers.set_text("driver.weather", "interval", "10ms");
  options.publisher.set("outbox", "max_bytes", "1048576");
  options.publisher.set_text("outbox", "when_full", "drop-oldest");
  DeliveryRig rig(folder_, options);
  rig.publisher().start();
  rig.wait_until("the outbox is full", patience,
                 [&] { return rig.publisher().outbox().exists() && rig.publisher().outbox().dropped() > 0; });
  rig.publisher().stop();
  rig.broker().start();
  rig.persistence().start();
  rig.bridge().start();
  rig.drain();
  const Json lost = database_.query("SELECT sum(lost) FROM sensor_gap WHERE reason = 'outbox_full'");
  ASSERT_EQ(lost.size(), 1U) << folder_.log_tails();
  EXPECT_GT(lost.at(0).at(1).get<std::uint64_t>(), 0U);
  EXPECT_EQ(database_.points().size() + lost.at(0).at(1).get<std::uint64_t>(), rig.publisher().outbox().taken());
}

TEST_F(InfluxDbPeer, has_texts_and_booleans_as_they_were) {
  database_.start();
  const std::uint16_t port = free_port();
  RigOptions options = delivery_options(database_.write_url(), 1);
  options.serve_http(port);
  DeliveryRig rig(folder_, options);
  rig.broker().start();
  rig.persistence().start();
  rig.bridge().start();
  const std::string text = "a \"b\" \\c, d=e\\ \\\" é 😀";
  const Json rows = {{{"sensor", "door.state"}, {"value", text}, {"unit", "{a,b=c}"}},
                     {{"sensor", "door.note"}, {"value", "two\r\nlines"}},
                     {{"sensor", "door.open"}, {"value", true}},
                     {{"sensor", "door.huge"}, {"value", 1.7976931348623157e308}},
                     {{"sensor", "door.tiny"}, {"value", -5e-324}}};
  rig.wait_until("the bridge takes readings", patience, [&] {
    return accepts_connections(port) &&
           http_post(port, "/v1/readings", "Content-Type: application/json\r\nIdempotency-Key: k\r\n", rows.dump())
                   .status == 201;
  });
  rig.wait_until("they are delivered", patience, [&] { return rig.has_delivered(rows.size()); });
  EXPECT_EQ(database_.query("SELECT text, unit FROM sensor_reading WHERE sensor = 'door.state'").at(0).at(1), text);
  EXPECT_EQ(database_.query("SELECT text, unit FROM sensor_reading WHERE sensor = 'door.state'").at(0).at(2),
            "{a,b=c}");
  EXPECT_EQ(database_.query("SELECT text FROM sensor_reading WHERE sensor = 'door.note'").at(0).at(1), "two␍␊lines");
  EXPECT_EQ(database_.query("SELECT boolean FROM sensor_reading WHERE sensor = 'door.open'").at(0).at(1), true);
  EXPECT_EQ(database_.query("SELECT value FROM sensor_reading WHERE sensor = 'door.huge'").at(0).at(1),
            1.7976931348623157e308);
  EXPECT_EQ(database_.query("SELECT value FROM sensor_reading WHERE sensor = 'door.tiny'").at(0).at(1), -5e-324);
}

// It stores the good points of such a batch and refuses it all the same: `partial write: ... dropped=N`.
TEST_F(InfluxDbPeer, refuses_points_of_which_each_becomes_a_dead_letter_and_the_others_come) {
  database_.start();
  database_.query("CREATE RETENTION POLICY week ON sensors DURATION 7d REPLICATION 1 SHARD DURATION 1d DEFAULT");
  const std::uint16_t port = free_port();
  RigOptions options = delivery_options(database_.write_url(), 1);
  options.serve_http(port);
  DeliveryRig rig(folder_, options);
  rig.broker().start();
  rig.persistence().start();
  rig.bridge().start();
  std::string lines;  // every tenth is of last year, and one has a time that no 64 bits hold
  for (int i = 0; i < 100; ++i) lines += "late value=" + std::to_string(i) + (i % 10 == 3 ? " 1700000000000\n" : "\n");
  lines += "late value=100 253402300799999\n";
  rig.wait_until("the bridge takes readings", patience, [&] {
    return accepts_connections(port) &&
           http_post(port, "/write?precision=ms", "Idempotency-Key: k\r\n", lines).status == 204;
  });
  rig.wait_until("all are delivered or refused", patience, [&] { return rig.has_delivered(101); });
  EXPECT_EQ(dead_letters("status = 400"), 11U) << rig.bridge().log();
  EXPECT_EQ(dead_letters("reason LIKE 'partial write: points beyond retention policy dropped=1'"), 10U);
  EXPECT_EQ(dead_letters("reason LIKE 'unable to parse %'"), 1U);
  const Json found = database_.query("SELECT value FROM sensor_reading WHERE sensor = 'late'");
  EXPECT_EQ(found.size(), 90U) << found;
}

TEST_F(InfluxDbPeer, that_lacks_the_database_is_a_failure_and_costs_no_reading) {
  database_.start();
  for (const char* target : {"/write", "/write?db=other"}) {
    DeliveryRig rig(folder_, delivery_options(database_.url(target), 1));
    rig.start_pipeline();
    rig.wait_until("the operator is told", patience, [&] {
      const std::string log = rig.bridge().log();
      return log.find(std::string(target) == "/write" ? "add ?db=NAME to destination.url" : "database not found") !=
             std::string::npos;
    });
    EXPECT_EQ(dead_letters("1"), 0U);
  }
}

}  // namespace
}  // namespace sensors::rig
