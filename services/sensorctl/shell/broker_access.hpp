// BrokerAccess is how sensorctl reaches the broker, from the command line. Start-up, one thread.
#pragma once

#include <string>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors::sensorctl {

struct BrokerAccess {
  std::string host = "127.0.0.1";
  int port = 11883;
  std::string user = "sensorctl";
  std::string password_file = "/etc/sensor-project/sensorctl.password";
  std::string ca_file;           // empty: plain TCP
  std::string root = "sensors";  // first level of every topic
  std::string node;              // empty: whichever there is
  Millis timeout{5'000};         // for connecting, and for each answer
};

/// The password, of which root and the group `sensorctl` may read the file that the package makes. Errors of
/// read_secret(), saying what to do.
Result<std::string> read_password(const BrokerAccess& access);

}  // namespace sensors::sensorctl
