#include "services/sensorctl/verbs/alerts.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/codec/control_json.hpp"
#include "common/codec/time_text.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/verbs/text.hpp"

namespace sensors::sensorctl {

namespace {

constexpr const char* alerts_service = "sensor-alerts";

/// A channel that says nothing is given up after 30 s, unless its `timeout` says otherwise.
constexpr Millis usual_test{40'000};

/// The open ones first, then the newest.
bool comes_before(const Alert& a, const Alert& b) {
  if (a.ended.has_value() != b.ended.has_value()) return !a.ended.has_value();
  return a.ended.value_or(a.since) > b.ended.value_or(b.since);
}

std::string state_of(const Alert& alert) {
  if (alert.ended.has_value()) return "over";
  return alert.acknowledged.has_value() ? "acknowledged" : alert.severity;
}

}  // namespace

Alerts::Alerts(AlertsOptions options, Session session)
    : AskNode(alerts_service, "has not said what came of it", std::move(session)), options_(std::move(options)) {}

std::vector<std::string> Alerts::filters(const Session& session) {
  return {session.all_status(alerts_service), session.filter("alert", "+"), session.filter("event", alerts_service)};
}

void Alerts::take(const MqttMessage& message) {
  const std::optional<TopicView> topic = parse_topic(message.topic);
  if (!topic.has_value()) return;
  if (topic->kind == "event") return take_event(message);
  if (topic->kind == "status" && !message.payload.empty()) heard(topic->node);
  if (topic->kind != "alert") return;
  alerts_.erase(message.topic);
  if (message.payload.empty() || alerts_.size() >= most) return;
  Result<Alert> alert = decode_alert(message.payload);
  if (!alert.has_value()) return complain(message.topic + ": " + alert.error().message);
  alerts_.emplace(message.topic, std::move(*alert));
}

void Alerts::take(const MqttPublished& published) {
  if (published.id == request_id && !published.result.has_value())
    fail_with(exit_trouble, published.result.error().message);
}

/// Of whoever gave an order at this moment.
void Alerts::take_event(const MqttMessage& message) {
  if (!has_asked() || !options_.order.has_value()) return;
  const Result<ServiceEvent> event = decode_event(message.payload);
  if (!event.has_value() || event->text.find(options_.order->name) == std::string::npos) return;
  if (event->type == "alert_acknowledged" || event->type == "alert_tested") {
    print(event->text + "\n");
    return end(exit_ok);
  }
  if (event->type == "alert_order_refused" || event->type == "alert_test_failed") fail_with(exit_trouble, event->text);
}

void Alerts::ask() {
  if (!options_.order.has_value()) {
    list_at_ = now_.monotonic + KnownNodes::settle_time;  // retained messages come at once
    return;
  }
  MqttPublish order;
  order.id = request_id;
  order.topic = topic_of(session().root, node(), "control", service());
  order.payload = encode_alert_order(*options_.order);
  publish(std::move(order));
}

Millis Alerts::patience() const {
  const bool is_test = options_.order.has_value() && options_.order->kind == AlertOrder::Kind::test;
  return is_test ? std::max(session().timeout, usual_test) : session().timeout;
}

std::optional<Instant> Alerts::next_tick() const { return list_at_.has_value() ? list_at_ : AskNode::next_tick(); }

void Alerts::look() {
  if (!list_at_.has_value() || now_.monotonic < *list_at_) return;
  list();
  end(exit_ok);
}

void Alerts::list() {
  const std::string own = topic_of(session().root, node(), "alert", "");
  std::vector<Alert> shown;
  for (const auto& [topic, alert] : alerts_) {
    if (topic.starts_with(own) && (options_.all || !alert.ended.has_value())) shown.push_back(alert);
  }
  std::sort(shown.begin(), shown.end(), comes_before);
  if (options_.json) {
    for (const Alert& alert : shown) print(encode_alert(alert) + "\n");
    return;
  }
  if (shown.empty()) return print(options_.all ? "There is no alert.\n" : "There is no open alert.\n");
  std::vector<std::vector<std::string>> rows{{"STATE", "SINCE", "NAME", "TEXT"}};
  for (const Alert& alert : shown) {
    const std::string text = alert.node.empty() ? alert.text : alert.node + ": " + alert.text;
    rows.push_back({state_of(alert), time_text(alert.since), alert.name, printable_line(text, 500)});
  }
  print(table(rows, screen_columns));
}

}  // namespace sensors::sensorctl
