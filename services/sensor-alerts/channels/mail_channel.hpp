// MailChannel sends messages as mail, one at a time, on a thread of its own.
#pragma once

#include "common/adapters/smtp_client/smtp_client.hpp"
#include "common/runtime/worker.hpp"
#include "services/sensor-alerts/channels/channel.hpp"
#include "services/sensor-alerts/channels/channel_config.hpp"

namespace sensors::alerts {

class MailChannel : public Channel {
 public:
  /// `config` must outlive this.
  MailChannel(const ChannelConfig& config, Done done);

  /// Gives up what is being sent; at most 1 s.
  ~MailChannel() override;
  MailChannel(const MailChannel&) = delete;
  MailChannel& operator=(const MailChannel&) = delete;

  void send(SendMessage send) override;

 private:
  Delivery deliver(const Message& message);

  const ChannelConfig& config_;
  Done done_;
  SmtpClient client_;
  Worker worker_{"mail"};  // its jobs end before all of the above goes
};

}  // namespace sensors::alerts
