#include "services/sensorctl/verbs/command.hpp"

#include <utility>

#include "services/sensorctl/exit_code.hpp"

namespace sensors::sensorctl {

Effects Command::step(Event event, Now now) {
  now_ = now;
  if (ended_) return {};
  std::visit([this](const auto& e) { handle(e); }, event);
  if (was_connected_ && !ended_) advance();
  return std::exchange(effects_, {});
}

void Command::end(int exit_code) {
  if (std::exchange(ended_, true)) return;
  effects_.emplace_back(Exit{exit_code});
}

void Command::fail_with(int exit_code, std::string complaint) {
  complain(std::move(complaint));
  end(exit_code);
}

void Command::handle(const StopRequested&) { end(kind_ == Kind::watches ? exit_ok : exit_interrupted); }

void Command::handle(const MqttConnected&) {
  if (was_connected_) complain("connected to the broker again");
  is_connected_ = true;
  was_connected_ = true;
  connected();
}

void Command::handle(const MqttDisconnected& event) {
  const bool was_lost_now = std::exchange(is_connected_, false);
  disconnected();
  if (kind_ == Kind::watches && was_connected_) {
    if (was_lost_now) complain(event.reason + "; waiting for the broker");
    return;
  }
  const bool nobody_listens = event.code == ErrorCode::refused || event.code == ErrorCode::timeout;
  const char* lead = event.reason.ends_with('?') ? " " : "; is it running? ";
  fail_with(exit_no_broker,
            event.reason + (nobody_listens ? lead + std::string("systemctl status sensor-broker") : ""));
}

}  // namespace sensors::sensorctl
