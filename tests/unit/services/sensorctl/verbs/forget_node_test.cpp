#include "services/sensorctl/verbs/forget_node.hpp"

#include <gtest/gtest.h>

#include "services/sensorctl/exit_code.hpp"
#include "tests/unit/services/sensorctl/verbs/timeline.hpp"

namespace sensors::sensorctl {
namespace {

const Session anybody{"sensors", "", "sensorctl-1", Millis{5'000}};

std::string said(const std::string& state, const std::string& more = "") {
  return R"({"service":"sensor-publisher","state":")" + state +
         R"(","reason":"","since":"2026-01-15T16:00:00Z","version":"1")" + more + "}";
}

class ForgetNodeTest : public testing::Test {
 protected:
  void hears(const std::string& node, const std::string& payload, bool retained = true) {
    line.hears("sensors/" + node + "/status/sensor-publisher", payload, retained);
  }

  ForgetNode verb{"attic", anybody};
  Timeline line{verb};
};

TEST_F(ForgetNodeTest, clears_what_a_machine_that_is_gone_has_left) {
  line.happens(MqttConnected{});
  hears("attic", said("down"));
  hears("kitchen", said("up"));
  line.hears("sensors/attic/queue/sensor-publisher", R"({"depth":1})", true);
  line.hears("sensors/attic/silent/sensor-publisher", R"({"known":1})", true);
  line.hears("sensors/attic/alert/disk.attic", R"({"name":"disk.attic"})", true);
  line.hears("sensors/kitchen/alert/disk.kitchen", R"({"name":"disk.kitchen"})", true);
  line.passes(Millis{200});
  ASSERT_EQ(line.published.size(), 4U);
  for (const MqttPublish& each : line.published) {
    EXPECT_TRUE(each.topic.starts_with("sensors/attic/")) << each.topic;
    EXPECT_TRUE(each.retain);
    EXPECT_EQ(each.payload, "");
  }
  for (const MqttPublish& each : std::vector<MqttPublish>(line.published)) line.happens(MqttPublished{each.id, {}});
  EXPECT_EQ(line.out, "attic is forgotten; its readings stay in the store\n");
  EXPECT_EQ(line.exit_code, exit_ok);
}

TEST_F(ForgetNodeTest, hears_of_one_machine_what_it_may_clear) {
  EXPECT_EQ(ForgetNode::filters("attic", anybody),
            (std::vector<std::string>{"sensors/+/status/+", "sensors/attic/queue/+", "sensors/attic/silent/+",
                                      "sensors/attic/alert/+"}))
      << "and no clock: who may clear one may set one";
}

TEST_F(ForgetNodeTest, leaves_one_alone_that_lives) {
  line.happens(MqttConnected{});
  hears("attic", said("degraded"));
  line.passes(Millis{200});
  EXPECT_TRUE(line.published.empty());
  EXPECT_EQ(line.complaints, "sensor-publisher of attic runs, and would say again how it is: stop it first\n");
  EXPECT_EQ(line.exit_code, exit_trouble);
}

TEST_F(ForgetNodeTest, knows_that_a_machine_was_switched_off_by_the_age_of_its_last_word) {
  line.happens(MqttConnected{});
  hears("attic", said("up", R"(,"time":"2026-01-15T16:09:00Z")"));
  line.passes(Millis{200});
  EXPECT_EQ(line.published.size(), 1U);
}

TEST_F(ForgetNodeTest, says_that_there_is_no_such_machine) {
  line.happens(MqttConnected{});
  hears("attics", said("up"));
  line.passes(Millis{200});
  EXPECT_EQ(line.complaints,
            "nobody is known under the node 'attic'; the broker knows attics; did you mean 'attics'?\n");
  EXPECT_EQ(line.exit_code, exit_trouble);
}

TEST_F(ForgetNodeTest, says_what_the_broker_does_not_let_it_do) {
  line.happens(MqttConnected{});
  hears("attic", said("down"));
  line.passes(Millis{200});
  line.happens(MqttPublished{line.published.front().id, fail(ErrorCode::rejected, "not authorized")});
  EXPECT_TRUE(line.complaints.starts_with("not authorized; may this user write status")) << line.complaints;
  EXPECT_EQ(line.exit_code, exit_trouble);
}

TEST_F(ForgetNodeTest, does_not_wait_for_ever) {
  line.happens(MqttConnected{});
  hears("attic", said("down"));
  line.passes(Millis{10'000});
  EXPECT_EQ(line.complaints, "the broker does not confirm that it was cleared\n");
  EXPECT_EQ(line.exit_code, exit_trouble);
}

}  // namespace
}  // namespace sensors::sensorctl
