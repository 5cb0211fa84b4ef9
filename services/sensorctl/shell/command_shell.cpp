#include "services/sensorctl/shell/command_shell.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <random>
#include <utility>

#include <fmt/core.h>

#include "common/runtime/log.hpp"
#include "common/runtime/service_loop.hpp"
#include "common/service/mqtt_wiring.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/shell/terminal.hpp"

namespace sensors::sensorctl {

namespace {

struct CommandShell {
  MqttClient& mqtt;
  Terminal& terminal;

  void operator()(MqttPublish message) const { mqtt.publish(std::move(message)); }

  template <class Text>
  void operator()(const Text& text) const {
    terminal.carry_out(text);
  }
};

}  // namespace

MqttClientOptions client_options(const BrokerAccess& access, const std::string& password, const std::string& client,
                                 const std::vector<std::string>& filters) {
  MqttClientOptions options;
  options.host = access.host;
  options.port = access.port;
  options.client_id = client;
  options.user = access.user;
  options.password = password;
  options.ca_file = access.ca_file;
  options.names = {"--host", "--port", "--user and --password-file", "--ca-file"};
  options.subscriptions = filters;
  options.connect_timeout = access.timeout;
  return options;
}

std::string new_client_name() { return fmt::format("sensorctl-{}-{:08x}", ::getpid(), std::random_device{}()); }

int run_command(Command& command, const BrokerAccess& access, const std::string& client,
                const std::vector<std::string>& filters) {
  const Result<std::string> password = read_password(access);
  if (!password.has_value()) {
    complain(password.error().message);
    return exit_usage;
  }
  EventLoop loop;
  Inbox<Event> inbox(InboxLimits{}, [&loop] { loop.wake(); });
  MqttClient mqtt(client_options(access, *password, client, filters), callbacks_into(inbox));
  Terminal terminal([&inbox] { inbox.push_control(StopRequested{}); });
  ServiceLoop service(loop, inbox, command, CommandShell{mqtt, terminal}, WatchdogFeed{});
  const int code = service.run();
  return terminal.failed() ? exit_trouble : code;
}

}  // namespace sensors::sensorctl
