// The drivers of a publisher: a program, whose pipe fills whether it is read or not, and devices.
#include <algorithm>
#include <utility>

#include "tests/simulation/publisher_service.hpp"

namespace sensors::simulation {

using publisher::StartRead;

void PublisherService::carry_out(const StartRead& read) {
  Millis took = world_.random.between(Millis{0}, Millis{50});
  if (driver_hang_ > Millis{0}) {
    world_.note(name(), fmt::format("driver {} hangs for {} ms", read.driver, driver_hang_.count()));
    took += std::exchange(driver_hang_, Millis{0});
  }
  // A program is waited for while it has nothing.
  const bool waits = options_.drivers[read.driver].interval == Millis{0} && burst_ == 0;
  if (waits) took += world_.random.between(Millis{5'000}, Millis{45'000});
  if (finishing_) took = std::min(took, Millis{2});
  answer(read, took);
}

void PublisherService::answer(const StartRead& read, Millis took) {
  asked_.insert_or_assign(read.driver, read);
  round_of_[read.driver] = ++rounds_;
  after(took, [this, read, round = rounds_] {
    if (round_of_[read.driver] != round) return;
    asked_.erase(read.driver);
    control(publisher::DriverRead{read.driver, report(read)});
  });
}

/// The service ends: the program has printed something just now, and ends when that was read.
void PublisherService::carry_out(const publisher::FinishDriver& finish) {
  finishing_ = true;
  if (!options_.drivers[finish.driver].is_stream) return;
  if (reads_) burst_ += 1 + world_.random.below(5);
  if (const auto asked = asked_.find(finish.driver); asked != asked_.end()) answer(StartRead(asked->second), Millis{1});
}

/// A program has what it printed in its pipe, and gives of it what there is room for; devices are few.
std::size_t PublisherService::values_of(const StartRead& read) {
  const std::size_t count = 1 + world_.random.below(3);
  const bool is_stream = options_.drivers[read.driver].is_stream;
  if (!is_stream || (burst_ == 0 && !finishing_)) return count;
  const std::size_t given = std::min(burst_, read.room);
  burst_ -= given;
  return given;
}

DriverReport PublisherService::report(const StartRead& read) {
  DriverReport made;
  const bool ends = finishing_ && options_.drivers[read.driver].is_stream;
  if (!reads_) {
    made.ended = ends;
    return made;
  }
  const std::size_t count = values_of(read);
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_shared = shares_names_ && i % 8 == 2;
    made.samples.push_back({(is_shared ? "s" : "s" + std::to_string(read.driver)) + "." + std::to_string(i % 8),
                            Ledger::value_of(world_.ledger.next_number()), "Cel", std::nullopt});
  }
  made.ended = ends && burst_ == 0;
  // A program shows by its next line that it is well again, and there is none when all is healed.
  if (!options_.drivers[read.driver].is_stream && world_.random.chance(0.01))
    made.errors.push_back({ErrorCode::io, "sensor s9: no answer"});
  return made;
}

}  // namespace sensors::simulation
