#include "tests/simulation/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/codec/reading_json.hpp"

namespace sensors::simulation {

void Report::add(const Outcome& outcome) {
  ++seeds_;
  if (outcome.violation.has_value()) failed_seeds_.push_back(outcome.seed);
  simulated_ += outcome.simulated;
  events_ += outcome.events;
  EffectHash hash;
  hash.add(hash_);
  hash.add(outcome.hash);
  hash_ = hash.value();
  readings_.taken += outcome.readings.taken;
  readings_.promised += outcome.readings.promised;
  readings_.delivered += outcome.readings.delivered;
  readings_.dropped_with_record += outcome.readings.dropped_with_record;
  readings_.refused += outcome.readings.refused;
  readings_.purged += outcome.readings.purged;
  readings_.lost_in_memory += outcome.readings.lost_in_memory;
  readings_.lost_by_hardware += outcome.readings.lost_by_hardware;
  for (std::size_t i = 0; i < fault_kinds; ++i) faults_[i] += outcome.faults[i];
}

std::string Report::text() const {
  std::string text = fmt::format("{} seeds, {:.1f} simulated hours in {:.1f} s ({:.0f} hours a minute), {} events\n",
                                 seeds_, hours(), seconds_, hours_per_minute(), events_);
  text += fmt::format(
      "{} readings: {} delivered, {} promised over HTTP, {} dropped with a record, {} refused, {} purged, {} in memory "
      "at "
      "a crash, {} lost by hardware\n",
      readings_.taken, readings_.delivered, readings_.promised, readings_.dropped_with_record, readings_.refused,
      readings_.purged, readings_.lost_in_memory, readings_.lost_by_hardware);
  for (std::size_t i = 0; i < fault_kinds; ++i) {
    if (faults_[i] > 0) text += fmt::format("  {:6} {}\n", faults_[i], name_of(static_cast<FaultKind>(i)));
  }
  text += fmt::format("hash {:016x}\n", hash_);
  text += fmt::format("{} passed, {} failed\n", seeds_ - failed(), failed());
  return text;
}

std::string Report::json() const {
  std::string faults;
  for (std::size_t i = 0; i < fault_kinds; ++i) {
    if (!faults.empty()) faults += ",";
    append_json_string(faults, name_of(static_cast<FaultKind>(i)));
    faults += fmt::format(":{}", faults_[i]);
  }
  return fmt::format(
      R"({{"seeds":{},"failed":{},"failed_seeds":[{}],"simulated_hours":{:.2f},"seconds":{:.2f},"hours_per_minute":{:.0f},)"
      R"("events":{},"hash":"{:016x}","readings":{{"taken":{},"promised":{},"delivered":{},"dropped_with_record":{},)"
      R"("refused":{},"purged":{},"lost_in_memory":{},"lost_by_hardware":{}}},"faults":{{{}}}}})"
      "\n",
      seeds_, failed(), fmt::join(failed_seeds_, ","), hours(), seconds_, hours_per_minute(), events_, hash_,
      readings_.taken, readings_.promised, readings_.delivered, readings_.dropped_with_record, readings_.refused,
      readings_.purged, readings_.lost_in_memory, readings_.lost_by_hardware, faults);
}

std::string describe_failure(const Outcome& outcome, double hours) {
  std::string text = fmt::format("seed {} FAILED: {}\n  {}\nWhat happened last:\n", outcome.seed,
                                 outcome.violation->check, outcome.violation->text);
  for (const std::string& line : outcome.timeline) text += line + "\n";
  text += fmt::format("Replay: ./dev sim --seed {} --hours {}\n", outcome.seed, hours);
  return text;
}

}  // namespace sensors::simulation
