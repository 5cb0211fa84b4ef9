// The verbs of sensorctl that change the bridge's configuration. One thread.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace sensors::sensorctl {

/// `run` becomes what runs when the verb is chosen.
void add_page(CLI::App& app, std::function<int()>& run);
void add_token(CLI::App& app, std::function<int()>& run);

}  // namespace sensors::sensorctl
