#include "services/sensor-publisher/config.hpp"

#include <utility>

#include "common/core/reading.hpp"
#include "common/runtime/breaker_config.hpp"
#include "common/runtime/config_file.hpp"

namespace sensors::publisher {

namespace {

constexpr Millis minute{60'000};
// From the end of a program's grace until it was killed and the last of it was read.
constexpr Millis read_out_margin{700};
constexpr std::int64_t mebibyte = 1024 * 1024;

void read_outbox(ConfigTable table, Config& config) {
  OutboxOptions& outbox = config.logic.outbox;
  table.read("path", config.outbox.path);
  table.read("max_bytes", outbox.max_bytes, mebibyte, 1024 * 1024 * mebibyte);
  std::string when_full = "thin";
  table.read("when_full", when_full);
  if (when_full == "drop-oldest") {
    outbox.when_full = OutboxOptions::WhenFull::drop_oldest;
  } else if (when_full != "thin") {
    table.refuse("when_full", "must be \"thin\" or \"drop-oldest\"");
  }
  table.read("max_readings", outbox.max_readings, 1'000, 1'000'000'000);
  table.read("high_readings", outbox.high_readings, 1, outbox.max_readings);
  table.read("commit_age", outbox.commit_age, Millis{0}, Millis{10'000});
  table.read("commit_readings", outbox.commit_readings, 1, 10'000);
  table.read("max_pending", outbox.max_pending, 100, 1'000'000);
  table.read("reserve_bytes", config.outbox.reserve_bytes, 0, 1024 * mebibyte);
  outbox.keeps_reserve = config.outbox.reserve_bytes > 0;
  table.read("check_limit", config.outbox.check_limit, Millis{0}, 10 * minute);
  table.read("salvage_limit", config.outbox.salvage.time_limit, Millis{1'000}, 10 * minute);
  table.read("keep_damaged", config.outbox.salvage.keep_damaged, 1, 100);
  outbox.open_deadline = 3 * config.outbox.salvage.time_limit + minute;
}

void read_silence(ConfigTable table, SilenceOptions& silence) {
  table.read("intervals", silence.intervals, 2, 100);
  table.read("floor", silence.floor, Millis{0}, 24 * 60 * minute);
}

void read_send(ConfigTable table, SendOptions& send) {
  table.read("max_unacknowledged_messages", send.window.max_unacknowledged_messages, 1, 20);
  table.read("max_unconfirmed_readings", send.window.max_unconfirmed, 1, 1'000'000);
  table.read("resend_after", send.window.resend_after, Millis{100}, 10 * minute);
  table.read("resend_longest", send.window.resend_longest, send.window.resend_after, 60 * minute);
  table.read("puback_timeout", send.puback_timeout, Millis{100}, minute);
  table.read("live_limit", send.live_limit, 0, 1'000'000);
  table.read("batch_readings", send.batch_readings, 1, 1'000);
  table.read("batch_bytes", send.batch_bytes, 1'024, 240 * 1'024);
}

void read_breaker(ConfigTable table, CircuitBreakerOptions& breaker) {
  table.read("probe_deadline", breaker.probe_deadline, Millis{1}, 10 * minute);
  read_breaker_config(std::move(table), breaker);
}

/// Whether a read of it ends when there is something to report, so that it is asked again at once.
bool waits_for_readings(const DriverConfig& driver) {
  const ReplayOptions* replay = std::get_if<ReplayOptions>(&driver.options);
  return std::holds_alternative<CommandOptions>(driver.options) ||
         (replay != nullptr && replay->pace == ReplayOptions::Pace::real);
}

bool is_stream(const DriverConfig& driver) {
  return std::holds_alternative<CommandOptions>(driver.options) ||
         std::holds_alternative<ReplayOptions>(driver.options);
}

/// [driver.my_host] for "my host".
std::string table_like(const std::string& name) {
  std::string out;
  for (const char c : name.substr(0, max_name_length)) {
    const bool is_more_of_one = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (!is_more_of_one) out += is_name(std::string(1, c)) && c != '.' ? c : '_';
  }
  return "[driver." + (out.empty() ? "NAME" : out) + "]";
}

void read_drivers(ConfigTable root, Config& config) {
  for (auto& [name, table] : root.named_tables("driver")) {
    if (!is_name(name)) {
      root.table("driver").refuse(
          name, "is no name for a driver: 1 .. 64 letters, digits, '_', '.' or '-', such as " + table_like(name));
    }
    DriverConfig driver = read_driver_config(name, table);
    for (const DriverConfig& other : config.drivers) {
      const std::string both = what_both_read(driver, other);
      if (!both.empty())
        table.refuse("type",
                     "reads " + both + " as driver " + other.name +
                         " does, and their sensors would be one; give one of the two a 'prefix', or other devices");
    }
    DriverSchedule schedule;
    schedule.name = driver.name;
    schedule.interval = driver.interval.value_or(waits_for_readings(driver) ? Millis{0} : config.logic.pace.front());
    schedule.deadline = driver.deadline;
    schedule.sensors = driver.sensors;
    schedule.is_stream = is_stream(driver);
    if (const auto* command = std::get_if<CommandOptions>(&driver.options))
      schedule.read_out = command->stop_grace + read_out_margin;
    config.logic.drivers.push_back(std::move(schedule));
    config.drivers.push_back(std::move(driver));
  }
}

}  // namespace

Config read_config(ConfigFile& file) {
  Config config;
  ConfigTable root = file.root();

  static_cast<ServiceConfig&>(config) = read_service_config(root, service_name, config.logic.node);
  config.logic.root = config.mqtt.root;

  config.clock_trust = read_clock_trust(root.table("clock"));
  ConfigTable pace = root.table("pace");
  pace.read("steps", config.logic.pace, Millis{10}, 60 * minute);
  for (std::size_t i = 1; i < config.logic.pace.size(); ++i) {
    if (config.logic.pace[i] <= config.logic.pace[i - 1]) pace.refuse("steps", "must ascend");
  }
  if (config.logic.pace.empty()) pace.refuse("steps", "must have at least one interval");
  read_outbox(root.table("outbox"), config);
  read_send(root.table("send"), config.logic.send);
  read_silence(root.table("silence"), config.logic.silence);
  read_breaker(root.table("breaker"), config.logic.breaker);
  root.read("status_interval", config.logic.status_interval, Millis{100}, 10 * minute);
  if (!config.logic.pace.empty()) read_drivers(root, config);
  return config;
}

Result<Config> load_config(const std::string& path) {
  TRY_ASSIGN(ConfigFile file, ConfigFile::load(path));
  Config config = read_config(file);
  TRY(file.finish());
  return config;
}

void look_at_files(const Config& config, FilesCheck& files) {
  files.in_folder("outbox.path", config.outbox.path);
  if (config.drivers.empty())
    files.add("driver", "there is none, so no sensor is read: add [driver.host] and below it type = \"host\"");
  for (const DriverConfig& driver : config.drivers) check_files(driver, files);
}

}  // namespace sensors::publisher
