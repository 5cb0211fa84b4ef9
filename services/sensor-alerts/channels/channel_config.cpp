#include "services/sensor-alerts/channels/channel_config.hpp"

#include <algorithm>
#include <utility>

#include "common/core/ascii.hpp"
#include "common/core/url_text.hpp"
#include "common/runtime/breaker_config.hpp"
#include "common/runtime/secret.hpp"
#include "services/sensor-alerts/channels/command_channel.hpp"
#include "services/sensor-alerts/channels/http_channel.hpp"
#include "services/sensor-alerts/channels/mail_channel.hpp"

namespace sensors::alerts {

namespace {

constexpr Millis repeat_to_alertmanager{60'000};

bool speaks_http(ChannelType type) { return type != ChannelType::email && type != ChannelType::command; }

bool is_one_line(std::string_view text) { return std::none_of(text.begin(), text.end(), is_control_ascii); }

void check_url(ConfigTable& table, const ChannelConfig& channel, std::initializer_list<std::string_view> schemes) {
  if (channel.url.empty()) return;
  bool is_known = false;
  std::string all;
  for (const std::string_view scheme : schemes) {
    is_known = is_known || channel.url.starts_with(scheme);
    all += (all.empty() ? "" : " or ") + std::string(scheme);
  }
  if (!is_known) return table.refuse("url", "must begin with " + all);
  if (channel.url.find('@') < channel.url.find('/', channel.url.find("//") + 2))
    return table.refuse("url", "must not hold a user: there are 'user' and 'password_file'");
  if (schemes.begin()->starts_with("http")) {
    if (const std::string mistake = url_mistake(channel.url); !mistake.empty()) table.refuse("url", mistake);
  }
}

void require_one_url(ConfigTable& table, const ChannelConfig& channel) {
  if (!channel.url.empty() && !channel.url_file.empty())
    table.refuse("url_file", "cannot be there beside 'url': keep one of them");
  const Result<std::string> url = url_of(channel);
  if (!url.has_value()) return table.refuse("url_file", url.error().message);
  if (url->empty()) table.require("url");
}

void read_http(ConfigTable& table, ChannelConfig& channel) {
  table.read("url", channel.url);
  table.read("url_file", channel.url_file);
  table.read("token_file", channel.token_file);
  table.read("user", channel.user);
  table.read("password_file", channel.password_file);
  table.read("ca_file", channel.ca_file);
  if (channel.format.type == ChannelType::webhook) {
    table.read("template", channel.format.body);
    table.read("content_type", channel.format.content_type);
    if (!is_one_line(channel.format.content_type)) table.refuse("content_type", "must be one line");
    if (const std::string key = unknown_key(channel.format.body); !key.empty())
      table.refuse("template", "has {" + key +
                                   "}, which is no key; there are {title} {text} {state} {severity} {key} "
                                   "{time} {count} {name} {kind} {node} {object} {advice} {since} {ended} {alerts}");
  }
  check_url(table, channel, {"https://", "http://"});
  require_one_url(table, channel);
}

void read_mail(ConfigTable& table, ChannelConfig& channel) {
  std::string tls = "required";
  table.read("url", channel.url);
  table.read_choice("tls", tls, {"required", "none"});
  channel.is_plain = tls == "none";
  table.read("user", channel.user);
  table.read("password_file", channel.password_file);
  table.read("ca_file", channel.ca_file);
  table.read("from", channel.addresses.from);
  table.read("to", channel.addresses.to);
  for (const char* key : {"url", "from", "to"}) table.require(key);
  check_url(table, channel, {"smtp://", "smtps://"});
  const auto is_address = [](const std::string& text) {
    const std::size_t at = text.find('@');
    return at != std::string::npos && at > 0 && at + 1 < text.size() && is_one_line(text);
  };
  if (!channel.addresses.from.empty() && !is_address(channel.addresses.from))
    table.refuse("from", "must be an address: name@example.org, or Name <name@example.org>");
  if (table.has("to") && channel.addresses.to.empty()) table.refuse("to", "is empty: nobody would be told");
  for (const std::string& to : channel.addresses.to) {
    if (!is_address(to)) table.refuse("to", "must be addresses: name@example.org");
  }
}

void read_command(ConfigTable& table, ChannelConfig& channel) {
  table.read("program", channel.program);
  table.require("program");
  if (channel.program.empty() || channel.program.front().empty()) table.refuse("program", "must name a program");
}

}  // namespace

ChannelConfig read_channel(const std::string& name, ConfigTable& table) {
  ChannelConfig channel;
  channel.options.name = name;
  channel.options.breaker.peer = "channel " + name;
  std::string type = "webhook";
  std::string severity = "warning";
  table.require("type");
  table.read_choice("type", type, {"webhook", "slack", "ntfy", "alertmanager", "email", "command"});
  channel.format.type = channel_type_from(type).value_or(ChannelType::webhook);
  table.read_choice("severity", severity, {"warning", "critical"});
  channel.options.critical_only = severity == "critical";
  table.read("timeout", channel.options.timeout, Millis{1'000}, Millis{300'000});
  table.read("max_messages", channel.options.max_messages, 10, 100'000);
  if (channel.format.type == ChannelType::alertmanager) channel.options.repeat = repeat_to_alertmanager;
  if (speaks_http(channel.format.type)) {
    read_http(table, channel);
  } else if (channel.format.type == ChannelType::email) {
    read_mail(table, channel);
  } else {
    read_command(table, channel);
  }
  read_breaker_config(table.table("breaker"), channel.options.breaker);
  channel.options.breaker.probe_deadline = channel.options.timeout + Millis{30'000};
  if (!is_name(name))
    table.refuse("type", "is of a channel whose name is none: 1 .. 64 letters, digits, '_', '.' or '-'");
  return channel;
}

void look_at_files_of(const ChannelConfig& channel, FilesCheck& files) {
  const std::string table = "channel." + channel.options.name + ".";
  files.secret(table + "url_file", channel.url_file);
  files.secret(table + "token_file", channel.token_file);
  files.secret(table + "password_file", channel.password_file);
  files.readable(table + "ca_file", channel.ca_file);
  if (channel.format.type == ChannelType::command && !channel.program.empty())
    files.program(table + "program", channel.program.front());
}

std::unique_ptr<Channel> open_channel(const ChannelConfig& channel, Channel::Done done) {
  if (channel.format.type == ChannelType::email) return std::make_unique<MailChannel>(channel, std::move(done));
  if (channel.format.type == ChannelType::command) return std::make_unique<CommandChannel>(channel, std::move(done));
  return std::make_unique<HttpChannel>(channel, std::move(done));
}

Result<std::string> url_of(const ChannelConfig& channel) {
  if (!channel.url.empty()) return channel.url;
  return read_secret_or_credential(channel.url_file, channel.options.name + "-url");
}

Result<std::string> secret_of(const ChannelConfig& channel) {
  const std::string& file = channel.token_file.empty() ? channel.password_file : channel.token_file;
  return read_secret_or_credential(file, channel.options.name + "-token");
}

}  // namespace sensors::alerts
