// What came of sending a message. Plain values.
#pragma once

#include <optional>
#include <string>

#include "common/core/time.hpp"

namespace sensors::alerts {

struct Delivery {
  enum class Outcome {
    delivered,  // the channel has it
    again,      // it may go another time
    refused,    // this message will not do, others may
    unusable,   // nothing goes until somebody mends the configuration or the receiver
  };
  Outcome outcome = Outcome::again;
  std::string reason;            // one line; of what was delivered: who did not get it, empty: all did
  std::optional<Millis> wait{};  // so long the receiver wants to be left alone
};

}  // namespace sensors::alerts
