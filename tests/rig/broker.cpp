// Mosquitto from broker-config/: render.sh does what an operator's installation does, for a private folder.
#include "tests/rig/broker.hpp"

#include <fstream>

#include "tests/rig/programs.hpp"
#include "tests/rig/rig_error.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::rig {
namespace {

constexpr Millis setup_deadline{30'000};
constexpr Millis start_deadline{30'000};

std::string config_folder(const TempDir& folder) { return folder.file("broker"); }

Process::Options broker_options(const TempDir& folder) {
  Process::Options options;
  options.name = "mosquitto";
  options.command = {program_path("mosquitto"), "-c", config_folder(folder) + "/mosquitto.conf"};
  options.log_file = folder.file("mosquitto.log");
  return options;
}

void render_configuration(const TempDir& folder, std::uint16_t port) {
  Process::Options options;
  options.name = "broker-config/render.sh";
  options.command = {program_path("bash"), shared_path("broker-config/render.sh"), config_folder(folder),
                     std::to_string(port)};
  options.log_file = folder.file("broker-setup.log");
  Process render(options);
  render.start();
  const std::optional<int> code = render.wait_exit(setup_deadline);
  if (code != 0) throw RigError("broker-config/render.sh failed:\n" + read_file(options.log_file));
}

}  // namespace

Broker::Broker(const TempDir& folder, const std::string& more)
    : folder_(folder), port_(free_port()), process_(broker_options(folder)) {
  render_configuration(folder, port_);
  // Of two lines with one name Mosquitto takes the last.
  std::ofstream(config_folder(folder) + "/mosquitto.conf", std::ios::app) << "\n" << more << "\n";
}

void Broker::start() {
  process_.start();
  const bool listening =
      comes_true(start_deadline, [this] { return accepts_connections(port_) || !process_.running(); });
  if (listening && process_.running()) return;
  throw RigError("mosquitto does not listen on port " + std::to_string(port_) + ":\n" +
                 read_file(process_.options().log_file));
}

std::string Broker::password_file(const std::string& user) const {
  return config_folder(folder_) + "/" + user + ".password";
}

ConfigText Broker::mqtt_table(const std::string& user) const {
  ConfigText text;
  text.set("mqtt", "port", std::to_string(port_));
  text.set_text("mqtt", "user", user);
  text.set_text("mqtt", "password_file", password_file(user));
  return text;
}

MqttClientOptions Broker::client(const std::string& user, const std::string& client_id) const {
  MqttClientOptions options;
  options.port = port_;
  options.client_id = client_id;
  options.user = user;
  options.password = read_file(password_file(user));
  options.password.erase(options.password.find_last_not_of('\n') + 1);
  return options;
}

std::string Broker::watch_command() const {
  return "XDG_CONFIG_HOME=" + config_folder(folder_) + "/watch mosquitto_sub -t 'sensors/#' -v";
}

}  // namespace sensors::rig
