// Operator is somebody with sensorctl: lists the dead letters of the store, puts some back into the queue and deletes
// others, over the broker. Nobody hurries: a request that is lost is not made again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/codec/dead_letter_json.hpp"
#include "tests/simulation/broker_model.hpp"
#include "tests/simulation/world.hpp"

namespace sensors::simulation {

class Operator {
 public:
  Operator(World& world, BrokerModel& broker, const std::string& node);

  /// One request: which one is a matter of chance.
  void act();

  void requeue_all();

  /// The store is on a machine of this name.
  void turn_to(const std::string& node) { node_ = node; }

 private:
  void ask(const DeadLettersRequest& request);
  void take_answer(const MqttMessage& message);
  std::vector<std::uint64_t> some_ids();

  World& world_;
  std::string node_;
  MqttLink link_;
  std::uint64_t requests_ = 0;
  std::vector<std::uint64_t> seen_;  // ids of dead letters, as last listed
};

}  // namespace sensors::simulation
