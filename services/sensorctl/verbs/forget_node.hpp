// ForgetNode takes a machine that is gone for good off the broker: what its services have left there is cleared, and
// whoever listens forgets them. One that lives is left alone, as it would say it again. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "services/sensorctl/verbs/command.hpp"
#include "services/sensorctl/verbs/known_nodes.hpp"
#include "services/sensorctl/verbs/session.hpp"

namespace sensors::sensorctl {

class ForgetNode : public Command {
 public:
  /// Topics of one machine that are cleared at a time.
  static constexpr std::size_t most_topics = 400;

  ForgetNode(std::string node, Session session);

  static std::vector<std::string> filters(const std::string& node, const Session& session);

 protected:
  void connected() override;
  void take(const MqttMessage& message) override;
  void take(const MqttPublished& published) override;
  std::optional<Instant> next_tick() const override;
  void advance() override;

 private:
  bool is_alive(const MqttMessage& status) const;
  void clear();

  const std::string node_;
  const Session session_;
  KnownNodes nodes_;
  std::set<std::string> topics_;  // that have something retained
  std::string alive_;             // a service of it that runs; empty: none
  std::optional<Instant> settled_at_;
  std::optional<Instant> deadline_;  // once cleared
  std::size_t answers_ = 0;
};

}  // namespace sensors::sensorctl
