#include "common/codec/alert_json.hpp"

#include <gtest/gtest.h>

#include "common/codec/time_text.hpp"

namespace sensors {
namespace {

Alert open_alert() {
  Alert alert;
  alert.name = "sensor_silent.attic.co2";
  alert.severity = "warning";
  alert.kind = "sensor_silent";
  alert.node = "attic";
  alert.object = "co2";
  alert.text = "co2 is silent";
  alert.advice = "Look at its cable.";
  alert.since = *parse_time("2026-01-15T16:09:35.123Z");
  alert.time = *parse_time("2026-01-15T16:14:35Z");
  return alert;
}

TEST(AlertJson, is_what_the_protocol_says) {
  EXPECT_EQ(
      encode_alert(open_alert()),
      R"({"name":"sensor_silent.attic.co2","state":"firing","severity":"warning","kind":"sensor_silent",)"
      R"("node":"attic","object":"co2","text":"co2 is silent","advice":"Look at its cable.",)"
      R"("since":"2026-01-15T16:09:35.123Z","ended":null,"acknowledged":null,"time":"2026-01-15T16:14:35.000Z"})");
}

TEST(AlertJson, survives_a_trip) {
  Alert alert = open_alert();
  alert.ended = alert.time;
  alert.acknowledged = alert.since;
  const Result<Alert> again = decode_alert(encode_alert(alert));
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(*again, alert);
  EXPECT_NE(encode_alert(alert).find(R"("state":"resolved")"), std::string::npos);
}

TEST(AlertJson, refuses_what_is_no_alert) {
  EXPECT_FALSE(decode_alert("").has_value());
  EXPECT_FALSE(decode_alert("{}").has_value());
  EXPECT_FALSE(decode_alert(R"({"name":"a/b"})").has_value());
}

TEST(AlertOrder, is_read_as_it_was_given) {
  for (const AlertOrder& order :
       {AlertOrder{AlertOrder::Kind::acknowledge, "a.b"}, AlertOrder{AlertOrder::Kind::test, "phone"}}) {
    const Result<AlertOrder> again = decode_alert_order(encode_alert_order(order));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(*again, order);
  }
  EXPECT_FALSE(decode_alert_order(R"({"alert":"burn","name":"a"})").has_value());
  EXPECT_FALSE(decode_alert_order(R"({"alert":"test","name":"a b"})").has_value());
}

}  // namespace
}  // namespace sensors
