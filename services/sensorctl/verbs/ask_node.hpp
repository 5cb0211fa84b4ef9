// AskNode is what the verbs that want something of one service of one node have in common: they find
// the node, ask it once, and wait for what comes of it until a deadline. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "services/sensorctl/verbs/command.hpp"
#include "services/sensorctl/verbs/known_nodes.hpp"
#include "services/sensorctl/verbs/session.hpp"

namespace sensors::sensorctl {

class AskNode : public Command {
 protected:
  static constexpr std::uint64_t request_id = 1;  // of what ask() publishes

  /// `failing`: what the service does when the deadline passes, "did not answer".
  AskNode(std::string service, std::string failing, Session session);

  /// The node has a status of the service.
  void heard(std::string_view node) { nodes_.heard(node); }

  /// Called once, when the node is known: the one of the command line, or the one whose service has a
  /// status at the broker.
  virtual void ask() = 0;

  /// Called after each event once asked. Ends the command when what was asked for has happened.
  virtual void look() {}

  /// How long it may take until what was asked for has happened.
  virtual Millis patience() const { return session_.timeout; }

  bool has_asked() const { return deadline_.has_value(); }
  const Session& session() const { return session_; }
  const std::string& service() const { return service_; }
  const std::string& node() const { return node_; }  // empty: not known yet

  void connected() override { connected_at_ = now_.monotonic; }
  std::optional<Instant> next_tick() const override;
  void advance() override;

 private:
  std::optional<Result<std::string>> decided_node() const;
  void wait_for_node();

  const std::string service_;
  const std::string failing_;
  const Session session_;
  KnownNodes nodes_;
  std::string node_;
  std::optional<Instant> connected_at_;
  std::optional<Instant> deadline_;  // of what was asked for
};

}  // namespace sensors::sensorctl
