// How long a problem of each kind lasts before it is told.
#include "services/sensor-alerts/logic/alert_options.hpp"

namespace sensors::alerts {

namespace {

constexpr Millis minutes(int count) { return Millis{count * 60'000}; }

}  // namespace

std::map<std::string, Millis, std::less<>> default_lasts() {
  return {{"broker", minutes(2)},
          {"machine_silent", minutes(5)},
          {"service_down", minutes(2)},
          {"service_silent", minutes(2)},
          {"service_missing", minutes(10)},
          {"breaker_open", minutes(15)},
          {"breaker_isolated", minutes(60)},
          {"queue_full", minutes(1)},
          {"queue_grows", minutes(15)},
          {"gap", minutes(1)},
          {"dead_letters", minutes(5)},
          {"destination_gone", minutes(10)},
          {"disk", minutes(5)},
          {"disk_at_risk", minutes(60)},
          {"clock", minutes(30)},
          {"pace", minutes(15)},
          {"degraded", minutes(10)},
          {"driver", minutes(10)},
          {"sensor_silent", minutes(5)}};
}

}  // namespace sensors::alerts
