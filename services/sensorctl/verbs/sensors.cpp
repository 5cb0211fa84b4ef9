#include "services/sensorctl/verbs/sensors.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/codec/time_text.hpp"
#include "common/codec/topic.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/verbs/text.hpp"

namespace sensors::sensorctl {

namespace {

constexpr const char* publisher = "sensor-publisher";
constexpr const char* store = "sensor-persistence";

std::string every(Millis interval) {
  const double seconds = static_cast<double>(interval.count()) / 1e3;
  if (interval == Millis{0}) return "-";
  return seconds < 120 ? fmt::format("{:.3g} s", seconds) : fmt::format("{:.3g} min", seconds / 60);
}

}  // namespace

std::string sensors_table(const std::vector<StoredReading>& newest) {
  std::vector<StoredReading> sorted = newest;
  std::sort(sorted.begin(), sorted.end(), [](const StoredReading& a, const StoredReading& b) {
    return std::tie(a.node, a.reading.reading.sensor) < std::tie(b.node, b.reading.reading.sensor);
  });
  std::vector<std::vector<std::string>> rows{{"NODE", "SENSOR", "EVERY", "NEWEST", "SILENT SINCE"}};
  for (const StoredReading& row : sorted) {
    rows.push_back({row.node, row.reading.reading.sensor, every(row.interval), time_text(row.reading.reading.time),
                    row.silent_since.has_value() ? time_text(*row.silent_since) : ""});
  }
  return table(rows);
}

Question sensors_question(const std::string& of_node, bool json) {
  QueryRequest request;
  request.node = of_node;
  request.latest = true;
  request.limit = max_query_readings;
  Question question{"query", encode_query_request(request), {}};
  question.tell = [json](const std::string& payload) -> Result<Told> {
    TRY_ASSIGN(const QueryAnswer answer, decode_query_answer(payload));
    Told told{"", answer.readings.empty() ? "no sensor is known" : answer.truncated ? "there are more" : ""};
    if (json) {
      told.text = on_one_line(payload) + "\n";
    } else if (!answer.readings.empty()) {
      told.text = sensors_table(answer.readings);
    }
    return told;
  };
  return question;
}

ForgetSensor::ForgetSensor(std::string sensor, std::string of_node, Session session)
    : AskNode(store, "did not get the order", std::move(session)),
      sensor_(std::move(sensor)),
      of_node_(std::move(of_node)) {}

std::vector<std::string> ForgetSensor::filters(const Session& session) { return {session.all_status(store)}; }

void ForgetSensor::take(const MqttMessage& message) {
  const std::optional<TopicView> topic = parse_topic(message.topic);
  if (topic.has_value() && !message.payload.empty()) heard(topic->node);
}

void ForgetSensor::take(const MqttPublished& published) {
  if (!published.result.has_value()) return fail_with(exit_trouble, published.result.error().message);
  if (++taken_ < 2) return;
  print(
      fmt::format("{} and {} were told to forget sensor {} of {}; its readings stay, and it is known again when "
                  "something comes of it\n",
                  publisher, store, sensor_, sensor_node()));
  end(exit_ok);
}

void ForgetSensor::ask() {
  order(request_id, sensor_node(), publisher);
  order(request_id + 1, node(), store);
}

void ForgetSensor::order(std::uint64_t id, const std::string& node, const char* service) {
  MqttPublish message;
  message.id = id;
  message.topic = topic_of(session().root, node, "control", service);
  message.payload = encode_forget_order({sensor_node(), sensor_});
  publish(std::move(message));
}

}  // namespace sensors::sensorctl
