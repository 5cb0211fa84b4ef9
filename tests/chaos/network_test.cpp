// The wires between the parts, each cut, stalled, slowed down and forgotten by one side. Packets are lost by the
// filter of a private network, everything else is done by proxies.
#include "tests/chaos/chaos_test.hpp"

namespace sensors::rig {
namespace {

class WireTo : public ChaosTest, public testing::WithParamInterface<Link> {
 protected:
  TcpProxy& wire() { return chaos().wire(GetParam()); }
  static std::string parts() { return name_of(GetParam()); }

  /// Readings are taken whatever wire is spoiled; they are stored when neither wire of the store's is.
  void expect_all_that_can_to_go_on() {
    expect_readings_go_on();
    if (GetParam() == Link::bridge_broker || GetParam() == Link::bridge_api) expect_store_goes_on();
  }

  /// The service on this wire says that something is wrong.
  void expect_to_be_told() {
    switch (GetParam()) {
      case Link::publisher_broker: return expect_log(rig().publisher(), "broker lost");
      case Link::persistence_broker: return expect_log(rig().persistence(), "broker lost");
      case Link::bridge_broker: return expect_log(rig().bridge(), "broker lost");
      case Link::bridge_api: return expect_breaker("sensor-http-bridge", "open");
    }
  }

  void expect_the_end_to_be_well() {
    expect_recovery();
    expect_nothing_lost();
  }
};

TEST_P(WireTo, that_is_cut_comes_back) {
  describe({"network " + parts() + " cut: connections reset, new ones refused", "readings block or are dropped",
            "readings go on; the parts connect again by themselves"});
  begin();
  wire().cut();
  expect_to_be_told();
  expect_all_that_can_to_go_on();
  wire().pass();
  expect_the_end_to_be_well();
}

TEST_P(WireTo, that_swallows_everything_comes_back) {
  describe({"network " + parts() + " a black hole for 3 s", "10 s and 30 s of waiting for each call",
            "deadlines and breakers end the waits; readings go on"});
  begin();
  wire().stall();
  const Millis start = monotonic_now();
  expect_all_that_can_to_go_on();
  EXPECT_TRUE(comes_true(patience, [&] { return monotonic_now() > start + Millis{3'000}; }));
  wire().pass();
  expect_the_end_to_be_well();
}

TEST_P(WireTo, that_takes_a_quarter_of_a_second_does_no_harm) {
  describe({"network " + parts() + " with 250 ms of delay each way", "each reading takes as much longer",
            "readings do not wait for the network"});
  begin();
  wire().delay(Millis{250});
  expect_all_that_can_to_go_on();
  wire().pass();
  expect_the_end_to_be_well();
}

TEST_P(WireTo, that_drips_does_no_harm) {
  describe({"network " + parts() + " with 2,000 bytes/s", "each call ends at its timeout of 10 s or 30 s",
            "readings wait in outbox or store, not in their readers"});
  begin();
  wire().drip(2'000);
  expect_all_that_can_to_go_on();
  wire().pass();
  expect_the_end_to_be_well();
}

TEST_P(WireTo, whose_connections_are_reset_again_and_again_does_no_harm) {
  describe({"network " + parts() + ": the connection reset 10 times in the middle of things",
            "what was on its way is lost, or sent twice", "sent again from the watermark on, or under the same key"});
  begin();
  for (int round = 0; round < 10; ++round) {
    wire().reset_connections();
    expect_readings_go_on(12);
  }
  expect_the_end_to_be_well();
}

std::string test_name(const testing::TestParamInfo<Link>& info) {
  std::string name = name_of(info.param);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Each, WireTo, testing::ValuesIn(all_links), test_name);

class Network : public ChaosTest {};

TEST_F(Network, whose_peers_lost_their_power_is_found_out) {
  describe({"half-open connections on every wire: the peer is gone and nobody says so", "waits without end",
            "keepalive and deadlines find out; everything connects again"});
  begin();
  for (const Link link : all_links) chaos().wire(link).half_open_connections();
  expect_readings_go_on();
  expect_recovery(Millis{40'000});
  expect_nothing_lost();
}

TEST_F(Network, that_loses_a_tenth_of_all_packets_does_no_harm) {
  NEEDS_PRIVATE_WORLD();
  if (!PacketFilter::works()) GTEST_SKIP() << "nft does not work here: no packets can be lost";
  describe({"10 % of all packets lost between publisher and broker, persistence and broker",
            "slow calls, each of which a reading waits for", "TCP sends again; readings do not wait for it"});
  begin();
  PacketFilter::lose(rig().broker().port(), 10);
  expect_readings_go_on(240);
  PacketFilter::clear();
  expect_recovery();
  expect_nothing_lost();
}

TEST_F(Network, without_any_packet_for_seconds_comes_back) {
  NEEDS_PRIVATE_WORLD();
  if (!PacketFilter::works()) GTEST_SKIP() << "nft does not work here: no packets can be lost";
  describe({"cable out for 3 s: every packet to and from the broker lost", "there was no broker",
            "the breaker opens; readings go on into the outbox"});
  begin();
  PacketFilter::lose(rig().broker().port(), 100);
  expect_log(rig().publisher(), "Circuit breaker OPEN");
  expect_readings_go_on(120);
  PacketFilter::clear();
  expect_recovery();
  expect_nothing_lost();
}

}  // namespace
}  // namespace sensors::rig
