// A channel as the configuration has it: [channel.NAME] in sensor-alerts.toml, which documents each key.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "common/runtime/config_file.hpp"
#include "common/runtime/files_check.hpp"
#include "services/sensor-alerts/channels/channel.hpp"
#include "services/sensor-alerts/logic/alert_options.hpp"
#include "services/sensor-alerts/logic/channel_format.hpp"

namespace sensors::alerts {

struct ChannelConfig {
  ChannelOptions options;
  HttpFormat format;       // of the four that speak HTTP
  std::string url;         // of these, or "smtp://host:port" and "smtps://host:port" of a mail server
  std::string url_file;    // holds it, where it is a secret
  std::string token_file;  // of a bearer token
  std::string user;        // at the mail server, or for basic authentication
  std::string password_file;
  std::string ca_file;
  bool is_plain = false;  // a mail server without TLS
  MailAddresses addresses;
  std::vector<std::string> program;  // and its arguments
};

/// Reads [channel.NAME].
ChannelConfig read_channel(const std::string& name, ConfigTable& table);

/// Adds what --check-config finds wrong with the files that it names.
void look_at_files_of(const ChannelConfig& channel, FilesCheck& files);

/// Starts its threads. `channel` must outlive it.
std::unique_ptr<Channel> open_channel(const ChannelConfig& channel, Channel::Done done);

/// The address: `url`, or what `url_file` or systemd's credential NAME-url holds.
Result<std::string> url_of(const ChannelConfig& channel);

/// The token or password: of its file, or of systemd's credential NAME-token. Empty: there is none.
Result<std::string> secret_of(const ChannelConfig& channel);

}  // namespace sensors::alerts
