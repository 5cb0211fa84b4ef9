// CommandChannel runs a program of the owner's for each message, with the message as JSON on its stdin, one at a time,
// on a thread of its own. Exit 0 says that it arrived. At its deadline the program and its group are killed.
#pragma once

#include <atomic>

#include "common/runtime/worker.hpp"
#include "services/sensor-alerts/channels/channel.hpp"
#include "services/sensor-alerts/channels/channel_config.hpp"

namespace sensors::alerts {

class CommandChannel : public Channel {
 public:
  /// `config` must outlive this.
  CommandChannel(const ChannelConfig& config, Done done);

  /// Kills what runs.
  ~CommandChannel() override;
  CommandChannel(const CommandChannel&) = delete;
  CommandChannel& operator=(const CommandChannel&) = delete;

  void send(SendMessage send) override;

 private:
  const ChannelConfig& config_;
  Done done_;
  std::atomic<bool> is_stopping_ = false;
  Worker worker_{"command"};  // its jobs end before all of the above goes
};

/// Runs `command` without a shell, with `input` on stdin. Blocks until it ends, `deadline` is over or `should_stop`.
Delivery run_with_input(const std::vector<std::string>& command, const std::string& input, Millis deadline,
                        const std::atomic<bool>& should_stop);

}  // namespace sensors::alerts
