#include "services/sensor-persistence/config.hpp"

#include <algorithm>
#include <limits>

#include "common/runtime/config_file.hpp"

namespace sensors::persistence {
namespace {

constexpr Millis minute{60'000};
constexpr Millis hundred_years{std::chrono::hours{24 * 36'500}};
constexpr std::int64_t mebibyte = 1024 * 1024;

void read_store(ConfigTable table, Config& config) {
  IngestOptions& ingest = config.logic.ingest;
  config.store.path = "/var/lib/sensor-project/persistence/store.db";
  table.read("path", config.store.path);
  if (config.store.path.empty()) table.refuse("path", "must name the database file");
  table.read("commit_rows", ingest.commit_rows, 1, 100'000);
  table.read("commit_bytes", ingest.commit_bytes, 1'024, 64 * 1024 * 1024);
  table.read("commit_age", ingest.commit_age, Millis{0}, Millis{10'000});
  table.read("max_pending_rows", ingest.max_pending_rows, 1'000, 1'000'000);
  table.read("max_pending_bytes", ingest.max_pending_bytes, 1024 * 1024, 1024 * 1024 * 1024);
  table.read("max_streams", ingest.max_streams, 10, 1'000'000);
  table.read("cache_kib", config.store.cache_kib, 64, 65'536);
  table.read("retry_first", config.logic.health.retry_first, Millis{10}, minute);
  table.read("retry_longest", config.logic.health.retry_longest, config.logic.health.retry_first, 60 * minute);
  table.read("check_limit", config.store.check_limit, Millis{0}, minute);
  table.read("salvage_limit", config.store.salvage_limit, Millis{1'000}, 60 * minute);
  table.read("keep_damaged", config.store.keep_damaged, 1, 100);
  config.store.max_streams = ingest.max_streams;
  table.read("reserve_bytes", config.store.reserve_bytes, 0, 1024 * mebibyte);
  config.logic.keeps_reserve = config.store.reserve_bytes > 0;
}

void read_retention(ConfigTable table, RetentionOptions& retention) {
  table.read("max_age", retention.max_age, Millis{0}, hundred_years);
  std::int64_t max_mib = retention.max_bytes / mebibyte;
  table.read("max_mib", max_mib, 0, std::int64_t{1024} * 1024 * 1024);
  retention.max_bytes = max_mib * mebibyte;
  table.read("step_rows", retention.step_rows, 1, 100'000);
  table.read("step_pause", retention.step_pause, Millis{0}, minute);
  table.read("pass_interval", retention.pass_interval, Millis{100}, 24 * 60 * minute);
  table.read("clock_jump_pause", retention.clock_jump_pause, Millis{0}, 365 * 24 * 60 * minute);
}

void read_queue(ConfigTable table, LogicOptions& logic) {
  constexpr std::int64_t most = 1'000'000'000'000;
  auto high = static_cast<std::int64_t>(logic.queue_high);
  auto limit = static_cast<std::int64_t>(logic.queue_limit);
  table.read("high", high, 1, most);
  table.read("limit", limit, high, most);
  logic.queue_high = static_cast<std::uint64_t>(high);
  logic.queue_limit = static_cast<std::uint64_t>(limit);
}

void read_rpc(ConfigTable table, LogicOptions& logic) {
  table.read("max_calls", logic.max_calls, 1, 1'000);
  table.read("max_queries", logic.max_queries, 1, logic.max_calls);
  table.read("query_time_limit", logic.query_time_limit, Millis{10}, minute);
}

void read_silence(ConfigTable table, SilenceOptions& silence) {
  table.read("intervals", silence.intervals, 2, 100);
  table.read("floor", silence.floor, Millis{0}, 24 * 60 * minute);
}

void read_dead_letters(ConfigTable table, LogicOptions& logic) {
  table.read("limit", logic.max_dead_letters, 1, 1'000'000);
}

/// The status tells each of them.
constexpr std::size_t most_destinations = 50;

void read_destinations(ConfigTable root, Config& config) {
  std::vector<std::string>& names = config.logic.destinations;
  for (ConfigTable& table : root.tables("destination")) {
    std::string name;
    table.require_name("name", name);
    if (std::find(names.begin(), names.end(), name) != names.end())
      table.refuse("name", "there is a destination of this name already");
    if (names.size() == most_destinations) table.refuse("name", "there are 50 destinations already, the most");
    names.push_back(name);
  }
  config.store.destinations = names;
}

}  // namespace

Config read_config(ConfigFile& file) {
  Config config;
  ConfigTable root = file.root();
  static_cast<ServiceConfig&>(config) = read_service_config(root, service_name, config.logic.node);
  root.read("status_interval", config.logic.status_interval, Millis{100}, 10 * minute);
  config.logic.root = config.mqtt.root;
  ConfigTable clock = root.table("clock");
  config.clock_trust = read_clock_trust(clock);
  clock.read("hold", config.logic.clock.hold, Millis{0}, 24 * 60 * minute);
  read_store(root.table("store"), config);
  read_retention(root.table("retention"), config.logic.retention);
  read_queue(root.table("queue"), config.logic);
  read_rpc(root.table("rpc"), config.logic);
  read_dead_letters(root.table("dead_letters"), config.logic);
  read_silence(root.table("silence"), config.logic.silence);
  read_destinations(root, config);
  return config;
}

Result<Config> load_config(const std::string& path) {
  TRY_ASSIGN(ConfigFile file, ConfigFile::load(path));
  Config config = read_config(file);
  TRY(file.finish());
  return config;
}

void look_at_files(const Config& config, FilesCheck& files) { files.in_folder("store.path", config.store.path); }

}  // namespace sensors::persistence
