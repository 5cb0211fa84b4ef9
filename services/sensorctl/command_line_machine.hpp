// The verbs of sensorctl that look at this machine and at files of the services. One thread.
#pragma once

#include <functional>

#include "services/sensorctl/shell/broker_access.hpp"

namespace CLI {
class App;
}

namespace sensors::sensorctl {

/// `run` becomes what runs when the verb is chosen; `access` must outlive it.
void add_doctor(CLI::App& app, const BrokerAccess& access, std::function<int()>& run);
void add_support_bundle(CLI::App& app, const BrokerAccess& access, std::function<int()>& run);
void add_backup(CLI::App& app, std::function<int()>& run);
void add_restore(CLI::App& app, std::function<int()>& run);
void add_demo(CLI::App& app, std::function<int()>& run);

/// Not for people: the doctor and backup run these as the user whose folder it is.
void add_check_database(CLI::App& app, std::function<int()>& run);
void add_copy_database(CLI::App& app, std::function<int()>& run);

}  // namespace sensors::sensorctl
