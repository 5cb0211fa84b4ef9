#include "services/sensor-alerts/config.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "common/core/reading.hpp"
#include "common/core/url_text.hpp"
#include "common/verdict/verdict.hpp"

namespace sensors::alerts {

namespace {

constexpr Millis longest{30LL * 24 * 3'600'000};
constexpr double any_number = 1e300;

/// "22:30"; nothing when it is none.
std::optional<Millis> time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  int hours = -1;
  int minutes = -1;
  const auto read = [](std::string_view digits, int& number) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc{} && end == digits.data() + digits.size();
  };
  const bool are_numbers = read(text.substr(0, 2), hours) && read(text.substr(3), minutes);
  if (!are_numbers || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return Millis{(hours * 60LL + minutes) * 60'000};
}

void read_tell(ConfigTable table, AlertOptions& options) {
  table.read("group_wait", options.group_wait, Millis{0}, Millis{600'000});
  table.read("ends_after", options.episodes.ends_after, Millis{0}, Millis{3'600'000});
  table.read("settle", options.settle, Millis{0}, Millis{600'000});
  table.read("remind_every", options.remind_every, Millis{0}, longest);
  if (options.remind_every > Millis{0} && options.remind_every < Millis{60'000})
    table.refuse("remind_every", "must be \"0s\", for never, or at least \"1min\"");
  std::string quiet;
  table.read("quiet", quiet);
  if (quiet.empty()) return;
  const std::size_t dash = quiet.find('-');
  const std::optional<Millis> from = time_of_day(quiet.substr(0, dash));
  const std::optional<Millis> to = dash == std::string::npos ? std::nullopt : time_of_day(quiet.substr(dash + 1));
  if (!from.has_value() || !to.has_value() || *from == *to)
    return table.refuse("quiet", "must be two times, such as \"22:00-07:00\"");
  options.quiet = QuietHours{*from, *to};
}

void read_built_in(ConfigTable table, AlertOptions& options) {
  options.lasts = default_lasts();
  for (const std::string_view kind : verdict::kinds)
    table.read(std::string(kind), options.lasts.try_emplace(std::string(kind), options.lasts_otherwise).first->second,
               Millis{0}, longest);
  std::vector<std::string> off(options.off.begin(), options.off.end());
  table.read("off", off);
  options.off.clear();
  for (std::string& kind : off) {
    if (std::find(std::begin(verdict::kinds), std::end(verdict::kinds), kind) == std::end(verdict::kinds))
      table.refuse("off", "has " + kind + ", which is no kind of problem: the kinds are the other keys of [built_in]");
    options.off.insert(std::move(kind));
  }
}

ThresholdRule read_rule(const std::string& name, ConfigTable& table) {
  ThresholdRule rule;
  rule.name = name;
  if (!is_name(name) || name.find('.') != std::string::npos)
    table.refuse("sensor", "is of a rule whose name is none: 1 .. 64 letters, digits, '_' or '-'");
  std::string severity = "warning";
  table.require("sensor");
  table.read("sensor", rule.sensor);
  table.read_name("node", rule.node);
  table.read("above", rule.above, -any_number, any_number);
  table.read("below", rule.below, -any_number, any_number);
  table.read("hysteresis", rule.hysteresis, 0.0, any_number);
  table.read("change", rule.change, 0.0, any_number);
  table.read("within", rule.within, Millis{1'000}, Millis{24 * 3'600'000});
  table.read("for", rule.lasts, Millis{0}, longest);
  table.read_choice("severity", severity, {"warning", "critical"});
  table.read("text", rule.text);
  rule.is_critical = severity == "critical";
  std::string like = rule.sensor;
  std::replace(like.begin(), like.end(), '*', 'x');
  if (table.has("sensor") && !is_name(like))
    table.refuse("sensor", "is a name that no sensor has: 1 to 64 of A-Z a-z 0-9 _ . -, where '*' stands for any text");
  if (rule.above.has_value() && rule.below.has_value() && *rule.above < *rule.below)
    table.refuse("above", "is less than 'below': each value would be wrong");
  if (!rule.above.has_value() && !rule.below.has_value() && !rule.change.has_value())
    table.refuse("sensor", "is of a rule that looks for nothing: give 'above', 'below' or 'change'");
  return rule;
}

void read_heartbeat(ConfigTable table, Config& config) {
  config.heartbeat.options.name = "heartbeat";
  config.heartbeat.options.timeout = Millis{20'000};
  table.read("url", config.heartbeat.url);
  table.read("url_file", config.heartbeat.url_file);
  Millis interval{60'000};
  table.read("interval", interval, Millis{10'000}, Millis{24 * 3'600'000});
  if (!config.heartbeat.url.empty()) {
    if (const std::string mistake = url_mistake(config.heartbeat.url); !mistake.empty()) table.refuse("url", mistake);
  }
  const Result<std::string> url = url_of(config.heartbeat);
  if (!url.has_value()) return table.refuse("url_file", url.error().message);
  if (!url->empty()) config.logic.beat_every = interval;
}

}  // namespace

Config read_config(ConfigFile& file) {
  Config config;
  ConfigTable root = file.root();
  static_cast<ServiceConfig&>(config) = read_service_config(root, service_name, config.logic.node);
  config.logic.root = config.mqtt.root;
  root.read("status_interval", config.logic.status_interval, Millis{100}, Millis{600'000});
  root.read("path", config.path);
  read_tell(root.table("tell"), config.logic);
  read_built_in(root.table("built_in"), config.logic);
  for (auto& [name, table] : root.named_tables("rule")) config.logic.rules.push_back(read_rule(name, table));
  for (auto& [name, table] : root.named_tables("channel")) {
    config.channels.push_back(read_channel(name, table));
    config.logic.channels.push_back(config.channels.back().options);
  }
  read_heartbeat(root.table("heartbeat"), config);
  return config;
}

Result<Config> load_config(const std::string& path) {
  TRY_ASSIGN(ConfigFile file, ConfigFile::load(path));
  Config config = read_config(file);
  TRY(file.finish());
  if (config.channels.empty())
    config.notes.push_back(path +
                           ": no channel: alerts are shown by `sensorctl alerts list` and on the topic alert, and "
                           "nobody is told; to be told, add a [channel.NAME]");
  return config;
}

void look_at_files(const Config& config, FilesCheck& files) {
  files.in_folder("path", config.path);
  files.secret("heartbeat.url_file", config.heartbeat.url_file);
  for (const ChannelConfig& channel : config.channels) look_at_files_of(channel, files);
}

}  // namespace sensors::alerts
