// A Channel brings one message at a time to where it is wanted, and says what came of it. It decides nothing.
#pragma once

#include <functional>

#include "services/sensor-alerts/events.hpp"

namespace sensors::alerts {

class Channel {
 public:
  /// Called on a thread of the channel's; must only enqueue.
  using Done = std::function<void(MessageSent)>;

  virtual ~Channel() = default;

  /// Never blocks. One call of Done follows.
  virtual void send(SendMessage send) = 0;
};

}  // namespace sensors::alerts
