#include "services/sensor-http-bridge/config.hpp"

#include <unistd.h>

#include <cstdint>
#include <random>
#include <string_view>

#include <fmt/format.h>

#include "common/core/ascii.hpp"
#include "common/core/reading.hpp"
#include "common/core/url_text.hpp"
#include "common/runtime/breaker_config.hpp"
#include "common/runtime/config_file.hpp"
#include "common/runtime/random_id.hpp"
#include "services/sensor-http-bridge/delivery/store_call.hpp"
#include "services/sensor-http-bridge/home_assistant_config.hpp"
#include "services/sensor-http-bridge/http_config.hpp"

namespace sensors::bridge {

namespace {

/// A timestamp of ours is in nanoseconds, and an address that says otherwise would put it a thousand times off.
void check_precision(ConfigTable& table, std::string_view url) {
  const std::size_t at = url.find("precision=");
  if (at == std::string_view::npos) return;
  const std::string_view value = url.substr(at + std::string_view("precision=").size());
  const std::string_view unit = value.substr(0, value.find('&'));
  if (unit != "ns" && unit != "n")
    table.refuse("url", "must not say a precision other than ns: timestamps are in that");
}

/// User and password leave the address here, and are in nothing that is logged, shown or sent to the broker.
void read_url(ConfigTable& table, DestinationConfig& destination) {
  if (!table.has("url")) {
    table.refuse("url",
                 "is missing: name the API that takes the readings, such as \"https://api.example.com/v1/readings\"");
    return;
  }
  table.read("url", destination.url);
  if (const std::size_t scheme_end = destination.url.find("://"); scheme_end != std::string::npos)  // RFC 3986, 3.1
    destination.url.replace(0, scheme_end, lower_ascii(std::string_view(destination.url).substr(0, scheme_end)));
  const std::string_view url = destination.url;
  if (!url.starts_with("https://") && !url.starts_with("http://")) {
    table.refuse("url", "must start with https:// or http://");
  } else if (shown_url(url).ends_with("//...")) {
    table.refuse("url", "has no host that can be read; in a user or password / ? # : @ are %2F %3F %23 %3A %40");
  } else if (may_have_cut_password(url)) {
    table.refuse("url",
                 "has an @ behind what reads as host and port: in a password / ? # @ must be %2F %3F %23 %40, and an @ "
                 "behind the host %40 as well");
  } else if (const std::string mistake = url_mistake(url); !mistake.empty()) {
    table.refuse("url", mistake);
  }
  if (const std::optional<UrlUser> user = take_user_part(destination.url); user.has_value()) {
    destination.user = user->user;
    destination.password = user->password;
  }
}

void check_credentials(ConfigTable& table, const DestinationConfig& destination) {
  const Result<std::string> token = read_token(destination);
  if (!token.has_value()) return table.refuse("token_file", token.error().message);
  if (!token->empty() && (!destination.user.empty() || !destination.password.empty()))
    table.refuse("url", "has a user or password, and there is an API token too: keep one of them");
}

AnswerTrust read_answers(ConfigTable& table) {
  std::string answers = "strict";
  table.read_choice("answers", answers, {"strict", "status"});
  return answers == "status" ? AnswerTrust::status : AnswerTrust::strict;
}

void read_format(ConfigTable& table, std::string_view url, HttpSinkOptions& http) {
  std::string format = name_of(http.format);
  table.read_choice("format", format, {"batch", "json", "influx"});
  http.format = upload_format_from(format).value_or(http.format);
  if (http.format == UploadFormat::influx) check_precision(table, url);
}

void read_destination(ConfigTable table, DestinationConfig& destination, LogicOptions& logic) {
  UploadOptions& upload = logic.upload;
  read_url(table, destination);
  read_format(table, destination.url, destination.http);
  destination.http.answers = read_answers(table);
  table.read_name("name", upload.destination);
  table.read("token_file", destination.token_file);
  table.read("gzip", destination.gzip);
  table.read("ca_file", destination.ca_file);
  table.read("interval", upload.interval, Millis{100}, Millis{3'600'000});
  table.read("max_readings", upload.max_readings, 1, 5'000);
  table.read("max_bytes", upload.max_bytes, 1'024, 1024 * 1024);
  table.read("max_rate", upload.max_rate, 0, 1'000'000);
  table.read("max_refused_in_row", upload.max_refused_in_row, 0, 1'000'000);
  table.read("connect_timeout", destination.connect_timeout, Millis{1}, Millis{60'000});
  table.read("few_timeout", upload.few_timeout, Millis{100}, Millis{600'000});
  table.read("retry_first", logic.attempt_retry_first, Millis{10}, Millis{600'000});
  table.read("retry_longest", logic.attempt_retry_longest, logic.attempt_retry_first, Millis{600'000});
  table.read("bulk_timeout", upload.bulk_timeout, Millis{100}, Millis{600'000});
  table.read("high_readings", upload.high_readings, 1, 1'000'000'000);
  check_credentials(table, destination);
}

void read_store(ConfigTable table, LogicOptions& logic) {
  table.read("answer_timeout", logic.rpc_deadline, Millis{100}, Millis{600'000});
  table.read("retry_first", logic.rpc_retry_first, Millis{10}, Millis{600'000});
  table.read("retry_longest", logic.rpc_retry_longest, logic.rpc_retry_first, Millis{600'000});
}

void read_top(ConfigTable table, Config& config) {
  static_cast<ServiceConfig&>(config) = read_service_config(table, service_name, config.logic.node);
  table.read("status_interval", config.logic.status_interval, Millis{100}, Millis{600'000});
  table.read("state_directory", config.state_directory);
  if (access(config.state_directory.c_str(), W_OK | X_OK) != 0) {
    table.refuse("state_directory",
                 config.state_directory + " is not a directory that can be written: make it, or name another");
  }
}

}  // namespace

void look_at_files(const Config& config, FilesCheck& files) {
  files.readable("destination.ca_file", config.destination.ca_file);
}

Result<std::string> read_token(const DestinationConfig& destination) {
  return read_secret_or_credential(destination.token_file, "api-token");
}

Config read_config(ConfigFile& file) {
  Config config;
  ConfigTable root = file.root();
  read_top(root, config);
  read_destination(root.table("destination"), config.destination, config.logic);
  if (!config.destination.user.empty() || !config.destination.password.empty()) {
    config.warnings.push_back(
        "destination.url holds a user or password, for all who may read the file; a token in destination.token_file is "
        "better kept");
  }
  read_store(root.table("store"), config.logic);
  read_breaker_config(root.table("breaker"), config.logic.breaker);
  config.web = read_http_config(root.table("http"), config.server, config.warnings);
  config.discovery = read_home_assistant_config(root.table("home_assistant"));
  return config;
}

Result<Config> load_config(const std::string& path) {
  Result<ConfigFile> file = ConfigFile::load(path);
  if (!file.has_value()) return tl::unexpected<Error>(file.error());
  Config config = read_config(*file);
  if (Result<void> finished = file->finish(); !finished.has_value()) return tl::unexpected<Error>(finished.error());
  for (std::string& warning : config.warnings) warning = fmt::format("{}: {}", path, warning);
  config.logic.root = config.mqtt.root;
  config.logic.names = http_sink_names();
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
    config.web->reply_topic = reply_topic(config.logic);
    std::random_device random;  // 32 bits each time, and a stream's name must never come again
    config.web->seed = (std::uint64_t{random()} << 32U) | random();
  }
  return config;
}

}  // namespace sensors::bridge
