// The verbs of sensorctl that ask the services, over the broker, and how it is reached. One thread.
#pragma once

#include <functional>

#include "services/sensorctl/shell/broker_access.hpp"

namespace CLI {
class App;
}

namespace sensors::sensorctl {

/// Options that stand with every verb; `timeout_s` is of each answer.
void add_broker_options(CLI::App& app, BrokerAccess& access, int& timeout_s);

/// `run` becomes what runs when the verb is chosen; `access` must outlive it.
void add_status(CLI::App& app, const BrokerAccess& access, std::function<int()>& run);
void add_tail(CLI::App& app, const BrokerAccess& access, std::function<int()>& run);
void add_query(CLI::App& app, const BrokerAccess& access, std::function<int()>& run);
void add_dead_letters(CLI::App& app, const BrokerAccess& access, std::function<int()>& run);
void add_breaker(CLI::App& app, const BrokerAccess& access, std::function<int()>& run);
void add_alerts(CLI::App& app, const BrokerAccess& access, std::function<int()>& run);
void add_node(CLI::App& app, const BrokerAccess& access, std::function<int()>& run);
void add_sensor(CLI::App& app, const BrokerAccess& access, std::function<int()>& run);

}  // namespace sensors::sensorctl
