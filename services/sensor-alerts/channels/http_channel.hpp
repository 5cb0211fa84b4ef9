// HttpChannel posts messages: to a webhook, Slack, ntfy or Alertmanager. Its threads: the HTTP client's.
#pragma once

#include "common/adapters/http_client/http_client.hpp"
#include "services/sensor-alerts/channels/channel.hpp"
#include "services/sensor-alerts/channels/channel_config.hpp"

namespace sensors::alerts {

class HttpChannel : public Channel {
 public:
  /// `config` must outlive this.
  HttpChannel(const ChannelConfig& config, Done done);
  void send(SendMessage send) override;

 private:
  const ChannelConfig& config_;
  Done done_;
  HttpClient client_;
};

/// What an outcome means; `now` is when it came.
Delivery delivery_of(const HttpOutcome& outcome, WallTime now);

}  // namespace sensors::alerts
