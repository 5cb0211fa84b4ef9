// Tail prints readings and events as they pass. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/codec/reading_json.hpp"
#include "services/sensorctl/verbs/command.hpp"

namespace sensors::sensorctl {

struct TailOptions {
  std::string sensor;  // a pattern; empty: all sensors, and events as well
  bool json = false;   // one object a line
};

class Tail : public Command {
 public:
  explicit Tail(TailOptions options) : Command(Kind::watches), options_(std::move(options)) {}

  /// The topics that it wants to hear, of `node`, or of all nodes when that is empty.
  static std::vector<std::string> filters(const TailOptions& options, const std::string& root, const std::string& node);

 protected:
  void take(const MqttMessage& message) override;

 private:
  const TailOptions options_;
  ReadingDecoder decoder_;
};

}  // namespace sensors::sensorctl
