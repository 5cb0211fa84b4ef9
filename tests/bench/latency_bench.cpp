#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <thread>

#include "common/codec/control_json.hpp"
#include "common/codec/reading_json.hpp"
#include "tests/bench/measurements.hpp"
#include "tests/rig/sqlite_file.hpp"

namespace sensors::bench {

namespace {

constexpr Millis emit_interval{100};

/// Milliseconds since 1970 with their fraction: what a reading carries as its value.
double wall_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// A client that notes when each watermark came: the rig's probe keeps messages, not times.
class WatermarkClock {
 public:
  explicit WatermarkClock(MqttClientOptions options) : client_(std::move(options), callbacks()) {}

  /// Milliseconds from each reading's making to the first watermark that covers it.
  std::vector<double> latencies() {
    const std::lock_guard lock(mutex_);
    std::vector<double> found;
    for (const auto& [seq, made] : made_) {
      const auto covering = committed_.lower_bound(seq);
      if (covering != committed_.end()) found.push_back(covering->second - made);
    }
    return found;
  }

 private:
  MqttCallbacks callbacks() {
    MqttCallbacks callbacks;
    callbacks.on_connected = [](MqttConnected) {};
    callbacks.on_disconnected = [](MqttDisconnected) {};
    callbacks.on_published = [](const std::vector<MqttPublished>&) {};
    callbacks.on_message = [this](MqttMessage message) { note(message); };
    return callbacks;
  }

  void note(const MqttMessage& message) {
    const double now = wall_ms();
    const std::lock_guard lock(mutex_);
    if (const Result<Committed> committed = decode_committed(message.payload); committed) {
      committed_.emplace(committed->through, now);
    } else if (const Result<Batch> batch = decoder_.reading(message.payload); batch) {
      const SequencedReading& reading = batch->readings.front();
      if (const double* made = std::get_if<double>(&reading.reading.value); made != nullptr)
        made_.emplace(reading.seq, *made);
    }
  }

  std::mutex mutex_;
  ReadingDecoder decoder_;
  std::map<std::uint64_t, double> made_;
  std::map<std::uint64_t, double> committed_;  // by watermark: when it first came
  MqttClient client_;
};

/// Milliseconds from each reading's making to its arrival at the reference API.
std::vector<double> api_latencies(const std::string& database) {
  std::vector<double> found;
  for (const auto& row : rig::SqliteFile(database).rows("SELECT received_us / 1e3 - value FROM readings"))
    found.push_back(std::stod(row.at(0)));
  return found;
}

}  // namespace

int emit_readings() {
  auto next = std::chrono::steady_clock::now();
  while (true) {
    fmt::print("{{\"sensor\":\"bench.clock\",\"value\":{:.3f},\"unit\":\"ms\"}}\n", wall_ms());
    if (std::fflush(stdout) != 0) return 0;  // nobody reads any more
    std::this_thread::sleep_until(next += emit_interval);
  }
}

void measure_latency(Figures& figures, Millis time) {
  const rig::TempDir folder("sensor-bench");
  rig::RigOptions options;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  options.nodes[0].drivers.set_text("driver.clock", "type", "command");
  options.nodes[0].drivers.set("driver.clock", "program", "[\"" + self + "\", \"--emit\"]");
  rig::Rig rig(folder, options);
  rig.start_all();
  MqttClientOptions client = rig.broker().client("sensorctl", "bench-clock");
  client.subscriptions = {"sensors/+/reading/+", "sensors/+/committed/+"};
  WatermarkClock clock(std::move(client));
  rig::let_pass(time);
  rig.publisher().stop();
  rig.wait_until("everything is delivered", Millis{30'000}, [&] {
    const rig::Rig::Progress progress = rig.progress();
    return progress.delivered >= progress.stored && progress.stored > 0;
  });
  const std::vector<double> committed = clock.latencies();
  const std::vector<double> api = api_latencies(folder.file("api.db"));
  figures["latency_committed_p50_ms"] = percentile(committed, 0.50);
  figures["latency_committed_p99_ms"] = percentile(committed, 0.99);
  figures["latency_api_p50_ms"] = percentile(api, 0.50);
  figures["latency_api_p99_ms"] = percentile(api, 0.99);
  fmt::print(
      "latency of {} readings: committed p50 {:.1f} ms, p99 {:.1f} ms; at the API p50 {:.0f} ms, p99 {:.0f} ms\n",
      committed.size(), figures["latency_committed_p50_ms"], figures["latency_committed_p99_ms"],
      figures["latency_api_p50_ms"], figures["latency_api_p99_ms"]);
}

}  // namespace sensors::bench
