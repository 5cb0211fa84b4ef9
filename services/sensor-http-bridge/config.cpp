#include "services/sensor-http-bridge/config.hpp"

#include <unistd.h>

#include <cstdint>
#include <random>

#include <fmt/format.h>

#include "common/core/reading.hpp"
#include "common/core/text_digest.hpp"
#include "common/runtime/breaker_config.hpp"
#include "common/runtime/config_file.hpp"
#include "common/runtime/random_id.hpp"
#include "services/sensor-http-bridge/home_assistant_config.hpp"
#include "services/sensor-http-bridge/http_config.hpp"
#include "services/sensor-http-bridge/sinks/http/http_destination.hpp"
#include "services/sensor-http-bridge/sinks/sinks.hpp"

namespace sensors::bridge {

namespace {

void read_destination(ConfigTable table, DestinationConfig& destination, DeliveryOptions& logic) {
  UploadOptions& upload = logic.upload;
  read_sink(table, destination);
  table.read_name("name", upload.destination);
  table.read("interval", upload.interval, Millis{100}, Millis{3'600'000});
  table.read("max_readings", upload.max_readings, 1, 5'000);
  table.read("max_bytes", upload.max_bytes, 1'024, 1024 * 1024);
  table.read("max_rate", upload.max_rate, 0, 1'000'000);
  table.read("max_refused_in_row", upload.max_refused_in_row, 0, 1'000'000);
  table.read("few_timeout", upload.few_timeout, Millis{100}, Millis{600'000});
  table.read("retry_first", logic.attempt_retry_first, Millis{10}, Millis{600'000});
  table.read("retry_longest", logic.attempt_retry_longest, logic.attempt_retry_first, Millis{600'000});
  table.read("bulk_timeout", upload.bulk_timeout, Millis{100}, Millis{600'000});
  table.read("high_readings", upload.high_readings, 1, 1'000'000'000);
}

void read_store(ConfigTable table, DeliveryOptions& logic) {
  table.read("answer_timeout", logic.rpc_deadline, Millis{100}, Millis{600'000});
  table.read("retry_first", logic.rpc_retry_first, Millis{10}, Millis{600'000});
  table.read("retry_longest", logic.rpc_retry_longest, logic.rpc_retry_first, Millis{600'000});
}

/// NAME of sensor-http-bridge@NAME.toml; empty for any other file.
std::string_view bridge_name_of_file(std::string_view path) {
  constexpr std::string_view suffix = ".toml";
  const std::string_view file = path.substr(path.rfind('/') + 1);
  if (!file.starts_with(bridge_service) || !file.ends_with(suffix)) return {};
  const std::string_view name = file.substr(0, file.size() - suffix.size()).substr(bridge_service.size());
  return name.starts_with('@') && is_bridge_name(name.substr(1)) ? name.substr(1) : std::string_view{};
}

/// Empty for the bridge without a name.
std::string read_bridge_name(ConfigTable& table, const std::string& path) {
  std::string name;
  table.read("name", name);
  std::string of_file(bridge_name_of_file(path));
  if (!name.empty() && !is_bridge_name(name)) {
    table.refuse("name", fmt::format("must be a name: 1 .. {} letters, digits, '_', '.' or '-'", max_bridge_name));
    return of_file;
  }
  if (of_file.empty() || name == of_file) return name;
  table.refuse("name", fmt::format("{}, but the file is {}@{}.toml: {} name = \"{}\" at the top",
                                   name.empty() ? "is missing" : "is \"" + name + "\"", bridge_service, of_file,
                                   name.empty() ? "add" : "write", of_file));
  return of_file;
}

void read_top(ConfigTable table, const std::string& path, Config& config) {
  const std::string name = read_bridge_name(table, path);
  config.logic.service = bridge_service_of(name);
  if (!name.empty()) {  // what a second bridge must not share with the first
    config.logic.upload.destination = name;
    config.state_directory += "@" + name;
  }
  static_cast<ServiceConfig&>(config) = read_service_config(table, config.logic.service, config.logic.node);
  table.read("status_interval", config.logic.status_interval, Millis{100}, Millis{600'000});
  table.read("state_directory", config.state_directory);
  if (is_made_at_start(config.state_directory)) return;
  if (const Result<void> found = check_state_directory(config.state_directory); !found.has_value())
    table.refuse("state_directory", found.error().message);
}

/// So few digits that they give no token or password away.
constexpr std::size_t digest_digits = 8;

/// Of what a person changes to mend a destination. A token that cannot be read was refused already.
std::string digest_of(const DestinationConfig& destination) {
  const std::string token = read_token(destination).value_or("");
  return text_digest({destination.url, destination.user, destination.password, token, destination.ca_file,
                      name_of(destination.http.format), destination.gzip ? "gzip" : "plain",
                      destination.http.answers == AnswerTrust::status ? "status" : "strict"})
      .substr(0, digest_digits);
}

}  // namespace

void look_at_files(const Config& config, FilesCheck& files) {
  files.own_folder("state_directory", config.state_directory);
  look_at_files_of_http(files);
  sink_of(config.destination.url).look_at_files(config.destination, files);
}

Result<void> check_state_directory(const std::string& folder) {
  if (access(folder.c_str(), W_OK | X_OK) == 0) return {};
  return fail(ErrorCode::invalid, folder + " is not a directory that can be written: make it, or name another");
}

Config read_config(ConfigFile& file) {
  Config config;
  ConfigTable root = file.root();
  read_top(root, file.path(), config);
  read_destination(root.table("destination"), config.destination, config.logic);
  if (!config.destination.user.empty() || !config.destination.password.empty()) {
    config.warnings.push_back(
        "destination.url holds a user or password, for all who may read the file; a token in destination.token_file is "
        "better kept");
  }
  read_store(root.table("store"), config.logic);
  read_breaker_config(root.table("breaker"), config.logic.breaker);
  config.web = read_http_config(root.table("http"), config.server, config.warnings);
  ConfigTable home_assistant = root.table("home_assistant");
  config.discovery = read_home_assistant_config(home_assistant);
  if (config.discovery.has_value() && config.logic.service != bridge_service)
    home_assistant.refuse("discovery", "is for the bridge without a name, which announces every sensor already");
  return config;
}

Result<Config> load_config(const std::string& path) {
  TRY_ASSIGN(ConfigFile file, ConfigFile::load(path));
  Config config = read_config(file);
  TRY(file.finish());
  for (std::string& warning : config.warnings) warning = fmt::format("{}: {}", path, warning);
  config.logic.root = config.mqtt.root;
  config.logic.delivers = !config.destination.url.empty();
  if (!config.logic.delivers) {
    config.notes.push_back(fmt::format(
        "{}: no destination: readings are kept in the store{}; to deliver them to an API, name it as url below "
        "[destination]",
        path, config.web.has_value() ? " and shown on the page" : ""));
  }
  config.logic.names = sink_of(config.destination.url).names;
  config.logic.about = digest_of(config.destination);
  config.logic.breaker.peer = config.logic.names.peer;
  // A probe may be a whole batch again: its own deadline ends it, and the breaker's is only the last resort.
  config.logic.breaker.probe_deadline =
      config.logic.upload.bulk_timeout + config.logic.upload.few_timeout + 2 * stuck_sink_after;
  config.logic.seed = std::random_device{}();
  config.logic.instance = random_id();
  if (config.discovery.has_value()) config.discovery->root = config.mqtt.root;
  if (config.web.has_value()) {
    config.web->root = config.mqtt.root;
    config.web->node = config.logic.node;
    config.web->service = config.logic.service;
    std::random_device random;  // 32 bits each time, and a stream's name must never come again
    config.web->seed = (std::uint64_t{random()} << 32U) | random();
  }
  return config;
}

}  // namespace sensors::bridge
