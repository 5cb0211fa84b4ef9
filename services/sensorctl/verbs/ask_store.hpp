// AskStore is every verb that is one question to the store and its answer: query and dead-letters. Pure.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "common/codec/store_calls.hpp"
#include "services/sensorctl/verbs/ask_node.hpp"

namespace sensors::sensorctl {

/// What an answer comes to.
struct Told {
  std::string text;  // for stdout
  std::string note;  // for stderr; empty: none
  int exit_code = 0;
};

struct Question {
  std::string verb;     // docs/protocol.md, "rpc"
  std::string payload;  // the request

  /// Tells an answer to people or programs. ErrorCode::rejected when the store said no.
  std::function<Result<Told>(const std::string& answer)> tell;
};

class AskStore : public AskNode {
 public:
  AskStore(Question question, Session session);

  static std::vector<std::string> filters(const Session& session);

 private:
  void take(const MqttMessage& message) override;
  void take(const MqttPublished& published) override;
  void ask() override;

  const Question question_;
  StoreCalls<std::monostate> calls_;  // of the one question
};

}  // namespace sensors::sensorctl
