// AskStore is every verb that is one question to the store and its answer: query and dead-letters. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "services/sensorctl/verbs/command.hpp"
#include "services/sensorctl/verbs/node_choice.hpp"
#include "services/sensorctl/verbs/session.hpp"

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

class AskStore : public Command {
 public:
  AskStore(Question question, Session session);

  static std::vector<std::string> filters(const Session& session);

 protected:
  void connected() override;
  void take(const MqttMessage& message) override;
  void take(const MqttPublished& published) override;
  std::optional<Instant> next_tick() const override;
  void advance() override;

 private:
  void ask(const std::string& node);

  const Question question_;
  const Session session_;
  NodeChoice choice_;
  std::string node_;                 // asked; empty: not yet
  std::optional<Instant> deadline_;  // of the answer
};

}  // namespace sensors::sensorctl
