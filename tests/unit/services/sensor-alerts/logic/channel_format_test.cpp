#include "services/sensor-alerts/logic/channel_format.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/codec/time_text.hpp"
#include "common/core/reading.hpp"
#include "services/sensor-alerts/logic/episode.hpp"

namespace sensors::alerts {
namespace {

using nlohmann::json;

Alert some_alert() {
  Alert alert;
  alert.name = "sensor_silent.attic.co2";
  alert.severity = "warning";
  alert.kind = "sensor_silent";
  alert.node = "attic";
  alert.object = "co2";
  alert.text = "co2 is \"silent\"";
  alert.advice = "Look at its cable.";
  alert.since = *parse_time("2026-01-15T16:09:35.123Z");
  alert.time = alert.since;
  return alert;
}

Message some_message(Message::Kind kind = Message::Kind::firing) {
  Message message;
  message.key = "k3v9-17-firing";
  message.kind = kind;
  message.time = *parse_time("2026-01-15T16:15:00Z");
  message.alerts = {some_alert()};
  if (kind == Message::Kind::resolved) message.alerts[0].ended = message.time;
  return message;
}

bool has_header(const HttpText& text, const std::string& header) {
  return std::find(text.headers.begin(), text.headers.end(), header) != text.headers.end();
}

TEST(ChannelFormat, of_a_webhook_without_a_template_is_all_of_the_message) {
  const HttpText text = http_text({}, some_message());
  const json body = json::parse(text.body);
  EXPECT_EQ(body.at("key"), "k3v9-17-firing");
  EXPECT_EQ(body.at("state"), "firing");
  EXPECT_EQ(body.at("title"), "attic: co2 is \"silent\"");
  EXPECT_EQ(body.at("alerts").at(0).at("name"), "sensor_silent.attic.co2");
  EXPECT_TRUE(body.at("alerts").at(0).at("ended").is_null());
  EXPECT_TRUE(has_header(text, "Idempotency-Key: k3v9-17-firing"));
}

TEST(ChannelFormat, fills_a_template_in_and_escapes_what_stands_in_json) {
  const HttpFormat format{ChannelType::webhook, R"({"m":"{title}","n":{count},"x":"{unknown}","all":{alerts}})",
                          "application/json"};
  const json body = json::parse(http_text(format, some_message()).body);
  EXPECT_EQ(body.at("m"), "attic: co2 is \"silent\"");
  EXPECT_EQ(body.at("n"), 1);
  EXPECT_EQ(body.at("x"), "{unknown}");
  EXPECT_EQ(body.at("all").at("key"), "k3v9-17-firing");
  EXPECT_EQ(fill_in("{title} {since}", some_message(), false), "attic: co2 is \"silent\" 2026-01-15T16:09:35.123Z");
  EXPECT_EQ(unknown_key(R"({"a":"{title}{tilte}"})"), "tilte");
  EXPECT_EQ(unknown_key(R"({"a":{"b":1}})"), "");
}

TEST(ChannelFormat, of_ntfy_says_how_urgent_it_is) {
  HttpFormat format;
  format.type = ChannelType::ntfy;
  Message message = some_message();
  message.alerts[0].severity = "critical";
  message.alerts[0].text = "Gefrierger\u00e4t zu warm";
  const HttpText text = http_text(format, message);
  EXPECT_TRUE(has_header(text, "Priority: urgent"));
  EXPECT_TRUE(has_header(text, "Title: =?UTF-8?Q?attic=3A_Gefrierger=C3=A4t_zu_warm?="));
  EXPECT_TRUE(has_header(http_text(format, some_message(Message::Kind::resolved)), "Tags: white_check_mark"));
}

TEST(ChannelFormat, of_slack_is_one_text) {
  HttpFormat format;
  format.type = ChannelType::slack;
  const json body = json::parse(http_text(format, some_message(Message::Kind::resolved)).body);
  EXPECT_EQ(body.size(), 1U);
  EXPECT_EQ(
      body.at("text"),
      "Over: attic: co2 is \"silent\"\nattic: co2 is \"silent\" - over since 2026-01-15T16:15:00.000Z, after 5 min\n");
}

TEST(ChannelFormat, of_alertmanager_has_the_same_labels_and_begin_each_time) {
  const json firing = json::parse(alertmanager_body(some_message())).at(0);
  const json resolved = json::parse(alertmanager_body(some_message(Message::Kind::resolved))).at(0);
  EXPECT_EQ(firing.at("labels"), resolved.at("labels"));
  EXPECT_EQ(firing.at("startsAt"), resolved.at("startsAt"));
  EXPECT_EQ(firing.at("endsAt"), "2026-01-16T16:15:00.000Z") << "it goes on";
  EXPECT_EQ(resolved.at("endsAt"), "2026-01-15T16:15:00.000Z");
  EXPECT_EQ(firing.at("labels").at("alertname"), "sensor_silent");
}

TEST(ChannelFormat, of_a_mail_has_an_id_made_of_the_key_and_no_line_of_others) {
  Message message = some_message();
  message.alerts[0].text = "co2\r\nBcc: somebody@example.org";
  const std::string mail = mail_text({"Sensors <sensors@example.org>", {"a@example.org", "b@example.org"}}, message);
  EXPECT_NE(mail.find("\r\nMessage-ID: <k3v9-17-firing@example.org>\r\n"), std::string::npos) << mail;
  EXPECT_NE(mail.find("Date: Thu, 15 Jan 2026 16:15:00 +0000\r\n"), std::string::npos) << mail;
  EXPECT_NE(mail.find("To: a@example.org,\r\n b@example.org\r\n"), std::string::npos) << mail;
  const std::string head = mail.substr(0, mail.find("\r\n\r\n"));
  EXPECT_EQ(head.find("\r\nBcc:"), std::string::npos) << "a text of others makes no header";
}

TEST(ChannelFormat, tells_answers_apart) {
  const WallTime now = *parse_time("2026-01-15T16:15:00Z");
  const auto outcome = [now](int status) { return delivery_of(status, std::nullopt, "", now).outcome; };
  EXPECT_EQ(outcome(200), Delivery::Outcome::delivered);
  EXPECT_EQ(outcome(204), Delivery::Outcome::delivered);
  EXPECT_EQ(outcome(302), Delivery::Outcome::unusable);
  EXPECT_EQ(outcome(400), Delivery::Outcome::refused);
  EXPECT_EQ(outcome(401), Delivery::Outcome::unusable);
  EXPECT_EQ(outcome(404), Delivery::Outcome::unusable);
  EXPECT_EQ(outcome(429), Delivery::Outcome::again);
  EXPECT_EQ(outcome(503), Delivery::Outcome::again);
  EXPECT_EQ(delivery_of(429, "120", "slow down", now).wait, Millis{120'000});
  EXPECT_EQ(mail_delivery_of({ErrorCode::permission, "login"}, 535).outcome, Delivery::Outcome::unusable);
  EXPECT_EQ(mail_delivery_of({ErrorCode::io, "full"}, 452).outcome, Delivery::Outcome::again);
  EXPECT_EQ(mail_delivery_of({ErrorCode::io, "spam"}, 554).outcome, Delivery::Outcome::refused);
}

TEST(ChannelFormat, says_who_got_no_mail) {
  EXPECT_EQ(mail_delivery_of(std::vector<std::string>{}, 2).reason, "");
  const Delivery partly = mail_delivery_of({"<a@example.org>: 550 who?", "<b@example.org>: 452 full"}, 3);
  EXPECT_EQ(partly.outcome, Delivery::Outcome::delivered);
  EXPECT_EQ(partly.reason,
            "the mail server refuses 2 of 3 recipients: <a@example.org>: 550 who?; <b@example.org>: 452 full");
  EXPECT_LE(mail_delivery_of(std::vector<std::string>(50, std::string(200, 'x')), 51).reason.size(), 500U);
}

TEST(Message, is_read_back_as_it_was_stored) {
  Message message = some_message(Message::Kind::resolved);
  message.alerts.push_back(some_alert());
  const Result<Message> read = message_from(stored_text(message));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, message);
  EXPECT_FALSE(message_from("").has_value());
  EXPECT_FALSE(message_from("key\nfiring\n2026-01-15T16:15:00Z\n").has_value()) << "about nothing";
}

TEST(Message, of_several_alerts_names_them_in_one_title) {
  Message message = some_message();
  for (int i = 0; i < 39; ++i) message.alerts.push_back(some_alert());
  EXPECT_EQ(title_of(message),
            "40 problems: attic: co2 is \"silent\"; attic: co2 is \"silent\"; attic: co2 is \"silent\"; and 37 more");
  EXPECT_NE(text_of(message).find("\nand 20 more\n"), std::string::npos);
}

TEST(AlertName, is_a_name_of_the_protocol_and_no_other_has_it) {
  EXPECT_EQ(alert_name({"sensor_silent", "attic", "bme280.temperature"}), "sensor_silent.attic.bme280.temperature");
  EXPECT_EQ(alert_name({"broker", "", ""}), "broker");
  EXPECT_NE(alert_name({"k", "a.b", "c"}), alert_name({"k", "a", "b.c"}));
  EXPECT_NE(alert_name({"k", "", "x"}), alert_name({"k", "x", ""}));
  EXPECT_NE(alert_name({"k", "a", "b c"}), alert_name({"k", "a", "b_c"}));
  const std::string long_one = alert_name({"sensor_silent", std::string(64, 'n'), std::string(64, 's')});
  EXPECT_TRUE(is_name(long_one)) << long_one;
  EXPECT_NE(long_one, alert_name({"sensor_silent", std::string(64, 'n'), std::string(63, 's') + "t"}));
}

}  // namespace
}  // namespace sensors::alerts
