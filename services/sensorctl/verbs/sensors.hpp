// What `sensorctl sensor` does: lists the sensors that the store knows, and tells publisher and store to forget one.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "common/codec/control_json.hpp"
#include "common/codec/store_answer.hpp"
#include "services/sensorctl/verbs/ask_node.hpp"
#include "services/sensorctl/verbs/ask_store.hpp"

namespace sensors::sensorctl {

/// The newest reading of each sensor, how often it comes, and since when it is silent.
Question sensors_question(const std::string& of_node, bool json);

/// A table: node when there are several, sensor, interval, time of the newest reading, silent or not.
std::string sensors_table(const std::vector<StoredReading>& newest);

/// Ends when the broker has taken both orders. What has become of them the topics `silent` show.
class ForgetSensor : public AskNode {
 public:
  /// `of_node`: of the machine that takes the sensor; empty: that of the store.
  ForgetSensor(std::string sensor, std::string of_node, Session session);

  static std::vector<std::string> filters(const Session& session);

 private:
  void take(const MqttMessage& message) override;
  void take(const MqttPublished& published) override;
  void ask() override;
  void order(std::uint64_t id, const std::string& node, const char* service);
  std::string sensor_node() const { return of_node_.empty() ? node() : of_node_; }

  const std::string sensor_;
  const std::string of_node_;
  int taken_ = 0;
};

}  // namespace sensors::sensorctl
