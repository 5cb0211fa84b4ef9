// What owners do to a machine: they rename it, put an earlier copy of the store or a backup back, or begin with an
// empty one.
#include <filesystem>

#include "tests/chaos/chaos_test.hpp"

namespace sensors::rig {
namespace {

class Owner : public ChaosTest {
 protected:
  void wait_for_delivery() {
    ASSERT_TRUE(comes_true(patience, [&] { return rig().publisher().outbox().waiting() == 0; })) << folder_.log_tails();
    ASSERT_TRUE(comes_true(patience, [&] { return rig().store().uploaded_through("api") == rig().store().last_id(); }))
        << folder_.log_tails();
  }

  /// All that was taken so far is at the API, and nothing is taken until the end of `act`, in which the store does not
  /// run.
  void with_the_store_stopped(const std::function<void()>& act) {
    ASSERT_EQ(rig().publisher().stop(), 0);
    chaos().note_streams();
    rig().publisher().start_without_drivers();
    wait_for_delivery();
    ASSERT_EQ(rig().persistence().stop(), 0);
    act();
    rig().persistence().start();
    ASSERT_EQ(rig().publisher().stop(), 0);
    chaos().note_streams();
    rig().publisher().start();
  }

  /// The store has readings that the API has not, and that the outbox has no more.
  void store_what_only_the_store_has() {
    chaos().wire(Link::bridge_api).cut();
    for (int times = 0; times < 3; ++times) expect_store_goes_on(400);
  }

  void replace_the_store(ChaosRig::Instead instead) {
    chaos().replace_store(instead);
    chaos().restart(Part::persistence);
    chaos().wire(Link::bridge_api).pass();
  }
};

TEST_F(Owner, who_renames_the_machine_finds_all_that_waited_under_the_old_name) {
  describe({"the machine is renamed while readings wait in the outbox", "there were no names",
            "they keep the name that they were taken under, and arrive; new ones have the new name"});
  begin();
  chaos().wire(Link::publisher_broker).stall();
  expect_readings_go_on(120);
  ASSERT_EQ(rig().bridge().stop(), 0);
  ASSERT_EQ(rig().persistence().stop(), 0);
  rig().rename_store("renamed");
  rig().persistence().start();
  rig().bridge().start();
  chaos().rename(0, "renamed");
  chaos().wire(Link::publisher_broker).pass();
  expect_recovery();
  for (const std::string service : {"sensor-publisher", "sensor-persistence", "sensor-http-bridge"}) {
    EXPECT_TRUE(chaos()
                    .probe()
                    .wait_for_last("sensors/node-1/status/" + service, patience,
                                   [](const MqttMessage& status) { return status.payload.empty(); })
                    .has_value())
        << "the broker keeps a " << service << " that nobody goes by";
  }
  expect_nothing_lost();
  for (const StoreReader::Stream& stream : rig().store().streams())
    EXPECT_TRUE(stream.node == "node-1" || stream.node == "renamed") << stream.node;
}

TEST_F(Owner, who_puts_an_earlier_store_back_is_told_what_it_lacks) {
  describe({"an earlier copy of the store is put back", "what came since is missing, and nobody knows",
            "what the outbox has still is sent again; gap records stand for the rest"});
  begin();
  with_the_store_stopped([&] { chaos().copy_store(); });
  store_what_only_the_store_has();
  replace_the_store(ChaosRig::Instead::earlier);
  expect_recovery();

  const Account account = chaos().finish(Millis{60'000});
  EXPECT_TRUE(account.whole()) << account.text() << "\n" << folder_.log_tails();
  EXPECT_GT(account.in_gaps, 0U) << account.text();
  EXPECT_EQ(account.told_again, 0U) << "the API had nothing that the copy has not: " << account.text();
  keep(account);
}

TEST_F(Owner, who_begins_with_an_empty_store_is_told_what_it_lacks) {
  describe({"the store is deleted while it does not run", "what it had is missing, and nobody knows",
            "a new store; what the outbox has still is sent again; gap records stand for the rest"});
  begin();
  std::uint64_t delivered = 0;
  with_the_store_stopped([&] { delivered = rig().api().delivered(); });
  store_what_only_the_store_has();
  replace_the_store(ChaosRig::Instead::empty);
  expect_recovery();

  const Account account = chaos().finish(Millis{60'000});
  EXPECT_TRUE(account.whole()) << account.text() << "\n" << folder_.log_tails();
  EXPECT_GT(account.in_gaps, delivered) << account.text();
  // The API has them from the store that was there before, and is told that the new one has not.
  EXPECT_EQ(account.told_again, delivered) << account.text();
  keep(account);
}

/// What `sensorctl restore` is to put back; "" is both.
class OwnerWhoRestores : public ChaosTest, public testing::WithParamInterface<const char*> {};

TEST_P(OwnerWhoRestores, loses_nothing_that_waited_in_either_outbox) {
  const std::string only = GetParam();
  const std::string sent = only == "store" ? "the publisher sends what the store lacks from its outbox"
                                           : "the publisher joins both outboxes, and what the store lacks is sent";
  describe({"a backup is put back, " + (only.empty() ? "of outbox and store" : "of the " + only + " alone") +
                ", over an outbox in which readings wait",
            "what waited there is gone, and nobody knows",
            only == "outbox" ? sent : sent + "; gap records stand for what only the store had that was replaced"});
  begin();
  chaos().wire(Link::bridge_api).cut();
  expect_store_goes_on(200);
  chaos().wire(Link::publisher_broker).stall();
  expect_readings_go_on(120);
  chaos().back_up();
  chaos().wire(Link::publisher_broker).pass();
  expect_store_goes_on(200);
  ASSERT_EQ(rig().publisher().stop(), 0);
  chaos().note_streams();
  rig().publisher().start();
  expect_store_goes_on(200);
  chaos().wire(Link::publisher_broker).stall();
  expect_readings_go_on(120);
  const std::string said = chaos().restore_backup(only);
  EXPECT_EQ(said.find("sensor-publisher joins the two") != std::string::npos, only != "store") << said;
  for (const Link link : {Link::publisher_broker, Link::bridge_api}) chaos().wire(link).pass();
  chaos().restart(Part::persistence);
  chaos().restart(Part::publisher);
  // Nobody can read the outbox while its files take the place of others.
  ASSERT_TRUE(comes_true(patience, [&] {
    return !std::filesystem::exists(rig().publisher().outbox_path() + ".restored");
  })) << folder_.log_tails();
  expect_recovery();

  const Account account = chaos().finish(Millis{60'000});
  EXPECT_TRUE(account.whole()) << account.text() << "\n" << folder_.log_tails();
  EXPECT_EQ(account.in_gaps > 0, only != "outbox") << account.text();
  keep(account);
}

INSTANTIATE_TEST_SUITE_P(Each, OwnerWhoRestores, testing::Values("", "outbox", "store"),
                         [](const auto& test) { return std::string(*test.param == '\0' ? "both" : test.param); });

}  // namespace
}  // namespace sensors::rig
