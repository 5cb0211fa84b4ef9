#include <fmt/format.h>

#include <fstream>

#include "common/codec/control_json.hpp"
#include "common/codec/reading_json.hpp"
#include "tests/bench/measurements.hpp"
#include "tests/bench/sample_readings.hpp"
#include "tests/rig/process_stats.hpp"
#include "tests/rig/programs.hpp"

namespace sensors::bench {

namespace {

constexpr const char* committed_topic = "sensors/node-1/committed/sensor-publisher";

/// As many lines of the size of a reading from mosquitto_pub -l to mosquitto_sub, QoS 1, through `rig`'s broker.
double mosquitto_messages_per_second(rig::Rig& rig, std::uint64_t messages) {
  const std::string lines = rig.folder().file("lines.txt");
  {
    std::ofstream file(lines);
    const SequencedReading reading{1042, sample_readings(1).front()};
    for (std::uint64_t i = 0; i < messages; ++i) file << encode_reading(reading, "k3v9x2m7qp4d") << '\n';
  }
  const std::string port = std::to_string(rig.broker().port());
  const auto password = [&](const std::string& user) { return "$(cat '" + rig.broker().password_file(user) + "')"; };
  const std::string topic = "sensors/mosquitto/reading/line";
  // The shell waits for its own subscriber before it publishes: the subscriber's first line says that it is there.
  const std::string subscribe = rig::program_path("mosquitto_sub") + " -V 5 -p " + port + " -u sensor-persistence -P " +
                                password("sensor-persistence") + " -q 1 -t " + topic + " -C " +
                                std::to_string(messages + 1) + " > " + rig.folder().file("received.txt");
  const std::string publish = rig::program_path("mosquitto_pub") + " -V 5 -p " + port + " -u sensor-publisher -P " +
                              password("sensor-publisher") + " -q 1 -t " + topic;
  rig::Process subscriber(
      {"mosquitto_sub", {"/bin/sh", "-c", subscribe}, {}, rig.folder().file("mosquitto_sub.log"), ""});
  subscriber.start();
  const std::string received = rig.folder().file("received.txt");
  rig.wait_until("mosquitto_sub is subscribed", Millis{10'000}, [&] {
    rig::Process hello(
        {"mosquitto_pub", {"/bin/sh", "-c", publish + " -r -m hello"}, {}, rig.folder().file("mosquitto_pub.log"), ""});
    hello.start();
    hello.wait_exit(Millis{5'000});
    std::ifstream file(received);
    return file.peek() != std::ifstream::traits_type::eof();
  });
  const Millis start = rig::monotonic_now();
  rig::Process publisher(
      {"mosquitto_pub", {"/bin/sh", "-c", publish + " -l < " + lines}, {}, rig.folder().file("mosquitto_pub.log"), ""});
  publisher.start();
  if (!subscriber.wait_exit(Millis{120'000}).has_value())
    throw std::runtime_error("mosquitto_sub did not get every message");
  return static_cast<double>(messages) * 1e3 / static_cast<double>((rig::monotonic_now() - start).count());
}

/// Readings that the store has confirmed, by the watermark's last message.
std::uint64_t committed_through(const rig::MqttProbe& probe) {
  const std::optional<MqttMessage> message = probe.last(committed_topic);
  const Result<Committed> committed = message.has_value() ? decode_committed(message->payload) : Result<Committed>{};
  return committed ? committed->through : 0;
}

struct Live {
  double messages_per_s = 0;
  double cpu_us = 0;         // publisher and persistence, for each message
  double broker_cpu_us = 0;  // the same for the broker
};

double cpu_seconds(rig::Process& process) { return rig::read_process_stats(process.pid()).cpu_seconds; }

/// From a replay of 30,000 readings a second, one reading a message, to the store's watermark.
Live live_messages_per_second(rig::Rig& rig, std::uint64_t messages) {
  const auto probe = rig.probe({committed_topic});
  rig.publisher().start();
  rig.wait_until("the first reading is committed", Millis{20'000}, [&] { return committed_through(*probe) > 0; });
  const std::uint64_t already = committed_through(*probe);
  const auto services_cpu = [&] {
    return cpu_seconds(rig.publisher().process()) + cpu_seconds(rig.persistence().process());
  };
  const double services_before = services_cpu();
  const double broker_before = cpu_seconds(rig.broker().process());
  const Millis start = rig::monotonic_now();
  rig.wait_until("the readings are committed", Millis{300'000},
                 [&] { return committed_through(*probe) >= already + messages; });
  const Millis took = rig::monotonic_now() - start;
  const auto count = static_cast<double>(committed_through(*probe) - already);
  const Live live{count * 1e3 / static_cast<double>(took.count()), (services_cpu() - services_before) * 1e6 / count,
                  (cpu_seconds(rig.broker().process()) - broker_before) * 1e6 / count};
  rig.publisher().stop();
  return live;
}

}  // namespace

void measure_live(Figures& figures, std::uint64_t messages, int rounds) {
  std::vector<double> ours;
  std::vector<double> theirs;
  std::vector<double> ratios;
  std::vector<double> cpu;
  std::vector<double> broker_cpu;
  for (int i = 0; i < rounds; ++i) {
    const rig::TempDir folder("sensor-bench");
    rig::RigOptions options;
    options.nodes[0].drivers = rig::weather_driver("10ms", 100);
    options.publisher.set("send", "live_limit", "1000000");
    options.publisher.set("outbox", "high_readings", "1000000");
    // mosquitto_pub has no window of unconfirmed messages, as the publisher does: more would be dropped.
    options.broker = "max_queued_messages 100000\nmax_queued_bytes 33554432";
    rig::Rig rig(folder, options);
    rig.broker().start();
    theirs.push_back(mosquitto_messages_per_second(rig, messages));
    rig.persistence().start();
    const Live live = live_messages_per_second(rig, messages);
    ours.push_back(live.messages_per_s);
    cpu.push_back(live.cpu_us);
    broker_cpu.push_back(live.broker_cpu_us);
    ratios.push_back(ours.back() / theirs.back());
    fmt::print("live: {:.0f} messages/s, mosquitto_pub to mosquitto_sub {:.0f} messages/s, ratio {:.2f}\n", ours.back(),
               theirs.back(), ratios.back());
  }
  figures["live_messages_per_s"] = median(ours);
  figures["mosquitto_messages_per_s"] = median(theirs);
  figures["live_vs_mosquitto"] = median(ratios);
  figures["live_cpu_us_per_message"] = median(cpu);
  figures["live_broker_cpu_us_per_message"] = median(broker_cpu);
}

}  // namespace sensors::bench
