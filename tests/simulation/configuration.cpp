#include "tests/simulation/configuration.hpp"

#include "common/codec/topic.hpp"

namespace sensors::simulation {

namespace {

Millis status_interval(Random& random) { return random.chance(0.2) ? Millis{10'000} : Millis{60'000}; }

}  // namespace

SecondBridge second_bridge(Random& random) {
  const double drawn = random.fraction();
  if (drawn < 0.3) return SecondBridge::delivers_elsewhere;
  return drawn < 0.45 ? SecondBridge::delivers_the_same : SecondBridge::none;
}

publisher::LogicOptions publisher_options(Random& random, const std::string& node) {
  publisher::LogicOptions options;
  options.node = node;
  const std::size_t drivers = random.between(1, 2);
  for (std::size_t i = 0; i < drivers; ++i) {
    const Millis interval = random.one_of_values({10'000, 30'000, 60'000});
    options.drivers.push_back({"driver" + std::to_string(i), interval, Millis{5'000}, {}});
  }
  // The first is a program: what it prints faster than it is asked for waits in its pipe.
  options.drivers.front().is_stream = true;
  if (random.chance(0.4)) options.drivers.front().interval = Millis{0};
  options.drivers.front().deadline = Millis{60'000};
  options.drivers.front().read_out = Millis{1'200};
  options.outbox.max_readings = random.between(1'000, 5'000);
  options.outbox.max_bytes = static_cast<std::int64_t>(random.between(30'000, 300'000));
  if (random.chance(0.3)) options.outbox.when_full = publisher::OutboxOptions::WhenFull::drop_oldest;
  options.outbox.high_readings = options.outbox.max_readings / random.between(2, 20);
  options.outbox.max_pending = random.between(100, 1'000);
  options.send.window.max_unconfirmed = random.between(20, 10'000);
  options.send.live_limit = random.between(0, 20);
  options.send.batch_readings = random.between(1, 200);
  options.status_interval = status_interval(random);
  return options;
}

persistence::LogicOptions persistence_options(Random& random) {
  persistence::LogicOptions options;
  options.node = main_node;
  options.destinations = {destination};
  options.ingest.commit_rows = random.between(1, 1'000);
  options.ingest.max_pending_rows = static_cast<std::size_t>(random.of_any_size(Millis{100}, Millis{20'000}).count());
  options.ingest.max_streams = random.between(2, 50);
  options.ingest.max_held_rows = random.between(200, 2'000);
  options.retention.max_age = random.of_any_size(Millis{600'000}, Millis{24 * 3'600'000});
  options.retention.step_rows = random.between(10, 1'000);
  options.retention.pass_interval = random.of_any_size(Millis{100}, Millis{60'000});
  if (random.chance(0.5)) options.retention.max_bytes = static_cast<std::int64_t>(random.between(10'000, 1'000'000));
  options.clock.hold = random.of_any_size(Millis{1'000}, Millis{300'000});
  options.clock.step_rows = random.between(1, 1'000);
  options.max_dead_letters = static_cast<std::size_t>(random.of_any_size(Millis{10}, Millis{10'000}).count());
  options.queue_high = random.between(100, 10'000);
  options.queue_limit = random.between(1'000, 100'000);
  options.status_interval = status_interval(random);
  return options;
}

bridge::DeliveryOptions bridge_options(Random& random, Millis latency) {
  bridge::DeliveryOptions options;
  options.node = main_node;
  options.upload.destination = destination;
  options.about = "as installed";
  options.upload.interval = random.one_of_values({5'000, 15'000, 30'000, 60'000});
  // A batch takes a few round trips: where they are slow, small ones would not keep up.
  const Millis least{latency > Millis{10} ? 50 : 1};
  options.upload.max_readings = static_cast<std::size_t>(random.of_any_size(least, Millis{1'000}).count());
  options.upload.max_bytes = random.between(1'024, 256 * 1'024);
  options.upload.max_rate = random.chance(0.5) ? 5'000 : random.between(10, 1'000);
  options.upload.max_refused_in_row =
      random.chance(0.1) ? 0 : static_cast<std::size_t>(random.of_any_size(Millis{1}, Millis{500}).count());
  options.upload.high_readings = random.between(100, 10'000);
  options.status_interval = status_interval(random);
  return options;
}

bridge::WebOptions web_options(Random& random) {
  bridge::WebOptions options;
  options.node = main_node;
  options.anonymous = {true, true};
  options.write_timeout = random.of_any_size(Millis{1'000}, Millis{60'000});
  options.max_waiting_rows = random.between(1'000, 10'000);
  options.max_known_writes = random.between(1, 100);
  if (random.chance(0.3)) {
    options.rate_burst = static_cast<int>(random.between(1, 5));
    options.rate_interval = random.of_any_size(Millis{100}, Millis{5'000});
  }
  options.seed = random.next();
  return options;
}

BrokerOptions broker_options(Random& random) {
  BrokerOptions options;
  options.max_queued = random.chance(0.5) ? 1'000 : random.between(20, 200);
  options.latency_most = random.chance(0.7) ? Millis{3} : random.of_any_size(Millis{10}, Millis{1'000});
  return options;
}

InboxSize inbox_size(Random& random) {
  if (random.chance(0.5)) return {};
  return {random.between(20, 200), 1024 * 1024};
}

}  // namespace sensors::simulation
