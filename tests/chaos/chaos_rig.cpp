// The services' configurations point at the wires, and the wires at the broker and the API.
#include "tests/chaos/chaos_rig.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "tests/rig/programs.hpp"
#include "tests/rig/rig_error.hpp"

namespace sensors::rig {
namespace {

constexpr Millis start_deadline{30'000};
constexpr Millis query_deadline{5'000};
constexpr Millis refusal_deadline{10'000};
constexpr Millis mend_deadline{20'000};
constexpr Millis sensorctl_deadline{20'000};
constexpr int exit_in_use = 69;
constexpr std::uint64_t first_readings = 30;

constexpr const char* outbox_folder = "outbox-disk";
constexpr const char* store_folder = "store-disk";
constexpr const char* store_copy = "store-copy.db";
constexpr const char* backup_folder = "backup";
constexpr const char* api_name = "api.sensor-rig.test";

std::string weather_path() { return source_path("tests/data/seattle-weather-hourly.csv"); }

void set_short_waits(RigOptions& options) {
  options.publisher.set("pace", "steps", R"(["10s"])");
  options.publisher.set_text("", "status_interval", "200ms");
  options.publisher.set_text("send", "resend_after", "1s");
  options.publisher.set_text("send", "resend_longest", "2s");
  options.publisher.set_text("send", "puback_timeout", "1s");
  options.publisher.set("breaker", "open_times", R"(["500ms", "1s"])");
  options.publisher.set_text("breaker", "probe_deadline", "1s");
  options.persistence.set_text("", "status_interval", "200ms");
  options.persistence.set_text("store", "retry_first", "100ms");
  options.persistence.set_text("store", "retry_longest", "500ms");
  options.persistence.set_text("retention", "max_age", "36500d");
  options.bridge.set_text("", "status_interval", "200ms");
  options.bridge.set_text("destination", "interval", "200ms");
  options.bridge.set("destination", "max_rate", "0");
  options.bridge.set_text("destination", "connect_timeout", "500ms");
  options.bridge.set_text("destination", "few_timeout", "500ms");
  options.bridge.set_text("destination", "bulk_timeout", "500ms");
  options.bridge.set_text("destination", "retry_first", "100ms");
  options.bridge.set_text("destination", "retry_longest", "500ms");
  options.bridge.set_text("store", "answer_timeout", "500ms");
  options.bridge.set_text("store", "retry_first", "100ms");
  options.bridge.set_text("store", "retry_longest", "500ms");
  options.bridge.set("breaker", "open_times", R"(["500ms", "1s"])");
}

void remove_database(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
}

/// What is deleted while nobody has it open is gone; a disk that failed a moment ago may have been the reason to close.
bool has_open(pid_t pid, const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  for (const auto& file : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", error)) {
    std::error_code closed;
    if (std::filesystem::read_symlink(file.path(), closed) == real) return true;
  }
  return false;
}

/// How often a service wrote what its deleted files had into new ones.
std::size_t times_mended(const Service& service) {
  const std::string log = service.log();
  const std::string said = "; nothing is lost";
  std::size_t times = 0;
  for (std::size_t at = log.find(said); at != std::string::npos; at = log.find(said, at + 1)) ++times;
  return times;
}

}  // namespace

const char* name_of(Link link) {
  switch (link) {
    case Link::publisher_broker: return "publisher-broker";
    case Link::persistence_broker: return "persistence-broker";
    case Link::bridge_broker: return "bridge-broker";
    case Link::bridge_api: break;
  }
  return "bridge-API";
}

NodeOptions weather_node(const std::string& node, const std::string& interval, int rows) {
  NodeOptions options{node, replay_driver("weather", weather_path(), interval, rows)};
  options.drivers.set_text("driver.weather", "stamp", "now");
  return options;
}

ChaosRig::ChaosRig(const TempDir& folder, ChaosOptions options)
    : folder_(folder), disk_faults_(folder), clock_(folder) {
  if (options.nodes.empty()) options.nodes = {weather_node("node-1", "50ms", 2)};
  if (options.small_disk_bytes > 0) {
    outbox_disk_.emplace(folder.file(outbox_folder), options.small_disk_bytes);
    store_disk_.emplace(folder.file(store_folder), options.small_disk_bytes);
  }
  if (options.api_by_name) name_server_.emplace(folder);
  for (const NodeOptions& node : options.nodes) {
    if (node.drivers.text().find(weather_path()) != std::string::npos) weather_nodes_.push_back(node.node);
  }
  rig_ = std::make_unique<Rig>(folder, rig_options(std::move(options)));
  for (const Link link : all_links) {
    wire(link).set_target(link == Link::bridge_api ? rig_->api().port() : rig_->broker().port());
  }
  ledgers_.resize(rig_->nodes());
}

RigOptions ChaosRig::rig_options(ChaosOptions options) {
  const auto port = [this](Link link) { return std::to_string(wire(link).port()); };
  RigOptions result;
  result.environment = options.environment;
  result.broker = options.broker;
  result.nodes = std::move(options.nodes);
  set_short_waits(result);
  result.publisher.set("mqtt", "port", port(Link::publisher_broker)).set_all(options.publisher);
  result.persistence.set("mqtt", "port", port(Link::persistence_broker)).set_all(options.persistence);
  result.bridge.set("mqtt", "port", port(Link::bridge_broker));
  const std::string host = options.api_by_name ? api_name : "127.0.0.1";
  result.bridge.set_text("destination", "url", "http://" + host + ":" + port(Link::bridge_api) + "/v1/readings");
  result.bridge.set_all(options.bridge);
  if (options.preloads) {
    for (const std::string& line : {preload_variable(), disk_faults_.environment(), clock_.environment()})
      result.environment.push_back(line);
  }
  if (options.small_disk_bytes > 0) {
    result.outbox_folder = outbox_folder;
    result.store_folder = store_folder;
  }
  return result;
}

void ChaosRig::start() {
  rig_->start_all();
  probe_ = rig_->probe({"sensors/+/status/+", reply_topic()});
  rig_->wait_until("readings reach the API", start_deadline,
                   [this] { return rig_->progress().delivered >= first_readings; });
}

void ChaosRig::kill(Part part, std::size_t node) {
  look();
  Process& process = process_of(*rig_, part, node);
  // One that is not there now ended by itself, which none may.
  if (!process.running())
    throw RigError(process.options().name + ": ended without being killed\n" + folder_.log_tails());
  process.kill();
  down_.insert({part, node});
  note_streams();
}

void ChaosRig::restart(Part part, std::size_t node) {
  rig::start(*rig_, part, node);
  down_.erase({part, node});
}

void ChaosRig::start_second_copy(Part part, std::size_t node) {
  Process& first = process_of(*rig_, part, node);
  Process::Options options = first.options();
  options.name = "second-" + options.name;
  options.log_file = folder_.file(options.name + ".log");
  Process second(options);
  second.start();
  const std::optional<int> code = second.wait_exit(refusal_deadline);
  if (code != exit_in_use && first.running())
    throw RigError(options.name + ": did not refuse to start beside the first\n" + folder_.log_tails());
}

void ChaosRig::rename(std::size_t node, const std::string& name) {
  look();
  Publisher& publisher = rig_->publisher(node);
  if (!publisher.stop().has_value())
    throw RigError(publisher.name() + ": did not end on SIGTERM\n" + folder_.log_tails());
  note_streams();
  std::replace(weather_nodes_.begin(), weather_nodes_.end(), publisher.node(), name);
  publisher.rename(name);
  publisher.start();
}

void ChaosRig::copy_store() {
  remove_database(folder_.file(store_copy));
  SqliteFile(rig_->store_path()).copy_to(folder_.file(store_copy));
}

void ChaosRig::replace_store(Instead instead) {
  look();
  Service& store = rig_->persistence();
  if (store.stop() != 0) throw RigError(store.name() + ": did not end well on SIGTERM\n" + folder_.log_tails());
  down_.insert({Part::persistence, 0});
  earlier_stores_.note(rig_->store());
  const std::string earlier = folder_.file("store-earlier.db");
  if (instead == Instead::earlier) std::filesystem::rename(folder_.file(store_copy), earlier);
  copy_store();
  remove_database(rig_->store_path());
  if (instead == Instead::empty) return;
  std::filesystem::copy(earlier, rig_->store_path());
  remove_database(earlier);
}

std::string ChaosRig::run_sensorctl(std::vector<std::string> arguments) {
  const std::string configuration = folder_.file("sensorctl-etc");
  std::filesystem::create_directories(configuration);
  const auto write = [&](const std::string& file, const std::string& table, const std::string& path) {
    std::ofstream(configuration + "/" + file) << ConfigText().set_text(table, "path", path).text();
  };
  write("sensor-publisher.toml", "outbox", rig_->publisher().outbox_path());
  write("sensor-persistence.toml", "store", rig_->store_path());
  arguments.insert(arguments.begin(), program_path("sensorctl"));
  arguments.insert(arguments.end(), {"--configuration", configuration});
  const std::string said = folder_.file("sensorctl.out");
  std::filesystem::remove(said);
  Process process({"sensorctl", std::move(arguments), {}, folder_.file("sensorctl.log"), said});
  process.start();
  if (process.wait_exit(sensorctl_deadline) != 0) throw RigError("sensorctl failed\n" + folder_.log_tails());
  std::ifstream file(said);
  return {std::istreambuf_iterator<char>(file), {}};
}

void ChaosRig::back_up() { run_sensorctl({"backup", folder_.file(backup_folder)}); }

std::string ChaosRig::restore_backup(const std::string& only) {
  look();
  for (Service* service : std::initializer_list<Service*>{&rig_->publisher(), &rig_->persistence()}) {
    if (service->stop() != 0) throw RigError(service->name() + ": did not end well on SIGTERM\n" + folder_.log_tails());
  }
  down_.insert({Part::publisher, 0});
  down_.insert({Part::persistence, 0});
  note_streams();
  if (only != "store") ledgers_.front().begin_anew();
  if (only != "outbox") earlier_stores_.note(rig_->store());
  std::vector<std::string> arguments{"restore", folder_.file(backup_folder)};
  if (!only.empty()) arguments.insert(arguments.end(), {"--only", only});
  return run_sensorctl(std::move(arguments));
}

Service& ChaosRig::service_of(Part part, std::size_t node) {
  if (part == Part::publisher) return rig_->publisher(node);
  return part == Part::persistence ? rig_->persistence() : rig_->bridge();
}

void ChaosRig::delete_files(Part part, std::size_t node, const std::vector<std::string>& suffixes) {
  if (part == Part::publisher) note_streams();
  Service& service = service_of(part, node);
  const std::string path = part == Part::publisher ? rig_->publisher(node).outbox_path() : rig_->store_path();
  rig_->wait_until(service.name() + " has opened its database", mend_deadline,
                   [&] { return has_open(service.process().pid(), path); });
  deleted_[{part, node}] = times_mended(service);
  for (const std::string& suffix : suffixes) std::filesystem::remove(path + suffix);
}

void ChaosRig::wait_until_mended(Part part, std::size_t node) {
  const Service& service = service_of(part, node);
  const std::size_t before = deleted_.at({part, node});
  rig_->wait_until(service.name() + " mends the files that were deleted", mend_deadline,
                   [&] { return times_mended(service) > before; });
  deleted_.erase({part, node});
}

std::vector<ChaosRig::Ended> ChaosRig::restart_what_ended() {
  std::vector<Ended> ended;
  const auto check = [&](Part part, std::size_t node) {
    Process& process = process_of(*rig_, part, node);
    if (down_.contains({part, node}) || process.running()) return;
    note_streams();
    ended.push_back({process.options().name, process.wait_exit(Millis{0}).value_or(-1)});
    rig::start(*rig_, part, node);
  };
  for (std::size_t node = 0; node < rig_->nodes(); ++node) check(Part::publisher, node);
  check(Part::persistence, 0);
  check(Part::bridge, 0);
  return ended;
}

bool ChaosRig::all_up() const {
  const auto up = [this](const char* service, std::size_t node) {
    return status(service, node).value("state", "") == "up";
  };
  for (std::size_t node = 0; node < rig_->nodes(); ++node) {
    if (!up("sensor-publisher", node)) return false;
  }
  return up("sensor-persistence", 0) && up("sensor-http-bridge", 0);
}

nlohmann::json ChaosRig::status(const std::string& service, std::size_t node) const {
  const std::string name = service == "sensor-publisher" ? rig_->publisher(node).node() : rig_->store_node();
  const std::optional<MqttMessage> message = probe_->last("sensors/" + name + "/status/" + service);
  if (!message.has_value()) return nlohmann::json::object();
  return nlohmann::json::parse(message->payload);
}

std::string ChaosRig::reply_topic() const { return "sensors/" + rig_->store_node() + "/rpc-reply/test-probe"; }

std::optional<Millis> ChaosRig::time_of_a_query() {
  const Millis start = monotonic_now();
  const Result<std::string> answer = probe_->request("sensors/" + rig_->store_node() + "/rpc/query",
                                                     R"({"latest":true,"limit":1})", reply_topic(), query_deadline);
  const bool answered = answer.has_value() && answer->find("\"readings\":[{") != std::string::npos;
  return answered ? std::optional(monotonic_now() - start) : std::nullopt;
}

void ChaosRig::look() {
  vitals_.note_statuses(*probe_);
  for (std::size_t node = 0; node < rig_->nodes(); ++node)
    vitals_.note_memory("publisher", rig_->publisher(node).process());
  vitals_.note_memory("persistence", rig_->persistence().process());
  vitals_.note_memory("bridge", rig_->bridge().process());
}

void ChaosRig::note_streams() {
  for (std::size_t node = 0; node < rig_->nodes(); ++node) {
    if (!deleted_.contains({Part::publisher, node})) ledgers_[node].note(rig_->publisher(node).outbox());
  }
}

bool ChaosRig::drained() const {
  std::map<std::string, std::uint64_t> through;
  for (const StoreReader::Stream& stream : rig_->store().streams()) through[stream.name] = stream.through;
  for (const StreamLedger& ledger : ledgers_) {
    for (const auto& [stream, length] : ledger.lengths()) {
      if (through[stream] < length) return false;
    }
  }
  return rig_->store().uploaded_through("api") >= rig_->store().last_id();
}

Account ChaosRig::finish(Millis deadline) {
  look();
  note_streams();
  rig_->stop_production();
  note_streams();
  rig_->wait_until("everything has drained", deadline, [this] { return drained(); });
  look();
  return account();
}

Account ChaosRig::account() const {
  return account_for(*rig_, ledgers_, earlier_stores_, WeatherFile(weather_path()), weather_nodes_);
}

}  // namespace sensors::rig
