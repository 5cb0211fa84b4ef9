#include <fmt/format.h>

#include "common/codec/control_json.hpp"
#include "tests/bench/measurements.hpp"
#include "tests/bench/sample_readings.hpp"
#include "tests/rig/process_stats.hpp"

namespace sensors::bench {

namespace {

struct Round {
  double readings_per_s = 0;
  double sqlite_rows_per_s = 0;
  double bytes_written_per_reading = 0;
  double cpu_us_per_reading = 0;  // of publisher and persistence
  rig::ProcessStats publisher;    // when the outbox is empty
  rig::ProcessStats persistence;  // then as well
  rig::ProcessStats bridge;       // when the backlog is at the API
  double bridge_cpu_us = 0;       // for each reading
  double delivered_per_s = 0;     // from the store to the API
};

void add_memory(std::map<std::string, std::vector<double>>& measured, const std::string& service,
                const rig::ProcessStats& stats) {
  measured["rss_mb_" + service].push_back(stats.resident_mb);
  measured["rss_private_mb_" + service].push_back(stats.private_mb);
}

/// The highest watermark that has been published.
std::uint64_t committed_through(const rig::MqttProbe& probe) {
  const std::optional<MqttMessage> message = probe.last("sensors/node-1/committed/sensor-publisher");
  if (!message.has_value()) return 0;
  const Result<Committed> committed = decode_committed(message->payload);
  return committed && committed->stream == "bench" ? committed->through : 0;
}

/// The same backlog from the store to the reference API, which syncs every batch.
void drain_to_api(rig::Rig& rig, Round& round, double count) {
  rig.api().start();
  rig.bridge().start();
  const Millis start = rig::monotonic_now();
  const std::uint64_t all = rig.store().last_id();
  rig.wait_until("the backlog is at the API", Millis{600'000},
                 [&] { return rig.store().uploaded_through("api") == all; });
  round.delivered_per_s = count * 1e3 / static_cast<double>((rig::monotonic_now() - start).count());
  round.bridge = rig::read_process_stats(rig.bridge().process().pid());
  round.bridge_cpu_us = round.bridge.cpu_seconds * 1e6 / count;
}

Round run_round(const std::vector<Reading>& readings) {
  Round round;
  const rig::TempDir folder("sensor-bench");
  round.sqlite_rows_per_s = sqlite_rows_per_second(folder.file("ceiling.db"), readings);
  rig::RigOptions options;
  options.bridge.set("destination", "max_rate", "0");
  options.bridge.set("destination", "max_readings", "5000");
  options.bridge.set("destination", "max_bytes", "1048576");
  rig::Rig rig(folder, options);
  fill_outbox(folder.file("outbox-node-1.db"), readings);
  rig.broker().start();
  rig.persistence().start();
  const auto probe = rig.probe({"sensors/+/committed/+", "sensors/+/status/sensor-persistence"});
  rig.wait_until("persistence is up", Millis{10'000},
                 [&] { return probe->last("sensors/node-1/status/sensor-persistence").has_value(); });

  const rig::ProcessStats before = rig::read_process_stats(rig.persistence().process().pid());
  const Millis start = rig::monotonic_now();
  rig.publisher().start_without_drivers();
  rig.wait_until("the backlog is committed", Millis{300'000},
                 [&] { return committed_through(*probe) == readings.size(); });
  const Millis took = rig::monotonic_now() - start;
  const auto count = static_cast<double>(readings.size());
  round.readings_per_s = count * 1e3 / static_cast<double>(took.count());
  rig.wait_until("the outbox is empty", Millis{30'000}, [&] { return rig.publisher().outbox().waiting() == 0; });
  round.publisher = rig::read_process_stats(rig.publisher().process().pid());
  round.persistence = rig::read_process_stats(rig.persistence().process().pid());
  round.bytes_written_per_reading =
      static_cast<double>(round.publisher.bytes_written + round.persistence.bytes_written - before.bytes_written) /
      count;
  round.cpu_us_per_reading =
      (round.publisher.cpu_seconds + round.persistence.cpu_seconds - before.cpu_seconds) * 1e6 / count;
  drain_to_api(rig, round, count);
  return round;
}

}  // namespace

void measure_backlog(Figures& figures, std::uint64_t readings, int rounds) {
  const std::vector<Reading> sample = sample_readings(readings);
  std::map<std::string, std::vector<double>> measured;
  for (int i = 0; i < rounds; ++i) {
    const Round round = run_round(sample);
    fmt::print("backlog: {:.0f} readings/s, straight into SQLite {:.0f} rows/s, ratio {:.2f}\n", round.readings_per_s,
               round.sqlite_rows_per_s, round.readings_per_s / round.sqlite_rows_per_s);
    measured["backlog_readings_per_s"].push_back(round.readings_per_s);
    measured["sqlite_rows_per_s"].push_back(round.sqlite_rows_per_s);
    measured["backlog_vs_sqlite"].push_back(round.readings_per_s / round.sqlite_rows_per_s);
    measured["bytes_written_per_reading"].push_back(round.bytes_written_per_reading);
    measured["backlog_cpu_us_per_reading"].push_back(round.cpu_us_per_reading);
    add_memory(measured, "sensor-publisher", round.publisher);
    add_memory(measured, "sensor-persistence", round.persistence);
    add_memory(measured, "sensor-http-bridge", round.bridge);
    measured["drain_readings_per_s"].push_back(round.delivered_per_s);
    measured["drain_bridge_cpu_us_per_reading"].push_back(round.bridge_cpu_us);
  }
  for (const auto& [name, values] : measured) figures[name] = median(values);
}

}  // namespace sensors::bench
