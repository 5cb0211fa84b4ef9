// `sensorctl support-bundle`: what somebody else needs to see to help, in one archive, without secrets.
#pragma once

#include <string>

#include "services/sensorctl/shell/broker_access.hpp"

namespace sensors::bundle {

struct BundleOptions {
  sensorctl::BrokerAccess access;
  std::string output;                                 // empty: a name of its own in the current folder
  std::string configuration = "/etc/sensor-project";  // the folder
};

/// Collects, redacts and packs; prints the archive's name. Its exit code: exit_usage when the output is there already,
/// exit_trouble when it cannot be written. Parts that cannot be collected are named, and no reason to fail.
int make_support_bundle(const BundleOptions& options);

}  // namespace sensors::bundle
