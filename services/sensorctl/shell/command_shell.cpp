#include "services/sensorctl/shell/command_shell.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <random>
#include <utility>

#include <fmt/core.h>

#include "common/runtime/log.hpp"
#include "common/runtime/service_loop.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/shell/terminal.hpp"

namespace sensors::sensorctl {

namespace {

constexpr std::size_t event_overhead_bytes = 256;

MqttCallbacks callbacks_into(Inbox<Event>& inbox) {
  MqttCallbacks callbacks;
  callbacks.on_connected = [&inbox](MqttConnected event) { inbox.push_control(event); };
  callbacks.on_disconnected = [&inbox](MqttDisconnected event) { inbox.push_control(std::move(event)); };
  callbacks.on_published = [&inbox](std::vector<MqttPublished> events) { inbox.push_control(std::move(events)); };
  callbacks.on_message = [&inbox](MqttMessage event) {
    const std::size_t size_bytes = event.payload.size() + event_overhead_bytes;
    inbox.push_data(std::move(event),
                    size_bytes);  // refused while the terminal is slower than the sensors: said by the loop
  };
  return callbacks;
}

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
  const auto apply = [&](Effect effect) {
    if (auto* message = std::get_if<MqttPublish>(&effect)) return mqtt.publish(std::move(*message));
    terminal.apply(effect);
  };
  ServiceLoop<Command, Event, Effect> service(loop, inbox, command, apply, WatchdogFeed{});
  const int code = service.run();
  return terminal.failed() ? exit_trouble : code;
}

}  // namespace sensors::sensorctl
