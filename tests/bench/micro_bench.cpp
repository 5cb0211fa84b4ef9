// What one reading costs in the parts that each reading passes: ./dev bench parts
#include <benchmark/benchmark.h>

#include <filesystem>

#include "common/codec/reading_json.hpp"
#include "services/sensor-publisher/outbox/outbox.hpp"

namespace {

using namespace sensors;

SequencedReading reading(std::uint64_t seq) {
  return {
      seq,
      {"bme280.temperature", 20.0 + static_cast<double>(seq % 100) / 10, "Cel", WallTime{Millis{1'768'493'375'123}}}};
}

Batch batch_of(std::size_t size) {
  Batch batch{"k3v9x2m7qp4d", {}, {}};
  for (std::size_t i = 1; i <= size; ++i) batch.readings.push_back(reading(i));
  return batch;
}

void encode_live_reading(benchmark::State& state) {
  const SequencedReading one = reading(1042);
  for (auto _ : state) benchmark::DoNotOptimize(encode_reading(one, "k3v9x2m7qp4d"));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encode_live_reading);

void decode_live_reading(benchmark::State& state) {
  const std::string payload = encode_reading(reading(1042), "k3v9x2m7qp4d");
  ReadingDecoder decoder;
  for (auto _ : state) benchmark::DoNotOptimize(decoder.reading(payload));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decode_live_reading);

void encode_backlog_batch(benchmark::State& state) {
  const Batch batch = batch_of(200);
  for (auto _ : state) benchmark::DoNotOptimize(encode_batch(batch));
  state.SetItemsProcessed(state.iterations() * 200);
}
BENCHMARK(encode_backlog_batch);

void decode_backlog_batch(benchmark::State& state) {
  const std::string payload = encode_batch(batch_of(200));
  ReadingDecoder decoder;
  for (auto _ : state) benchmark::DoNotOptimize(decoder.batch(payload));
  state.SetItemsProcessed(state.iterations() * 200);
}
BENCHMARK(decode_backlog_batch);

/// One synced transaction of `range` readings.
void commit_to_the_outbox(benchmark::State& state) {
  const std::string path = (std::filesystem::temp_directory_path() / "sensor-micro-bench.db").string();
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
  Result<publisher::Outbox> outbox = publisher::Outbox::open(path, "bench");
  Position position = 0;
  for (auto _ : state) {
    publisher::OutboxWrite write;
    for (int64_t i = 0; i < state.range(0); ++i) {
      ++position;
      write.append.push_back({position, position, reading(position).reading});
    }
    if (!outbox->write(write)) state.SkipWithError("the outbox could not be written");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
}
BENCHMARK(commit_to_the_outbox)->Arg(1)->Arg(10)->Arg(1'000);

}  // namespace

BENCHMARK_MAIN();
