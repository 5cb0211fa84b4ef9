#include "services/sensor-publisher/drivers/command/command_driver.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/runtime/event_loop.hpp"
#include "common/runtime/local_time.hpp"

namespace sensors {

CommandDriver::CommandDriver(CommandOptions options)
    : options_(std::move(options)),
      lines_(options_.max_line_bytes),
      backoff_(options_.restart_first, options_.restart_longest,
               static_cast<std::uint64_t>(read_clocks().monotonic.time_since_epoch().count()) ^
                   static_cast<std::uint64_t>(getpid())) {
  decoder_.read_times_by({options_.times, moments_of_local});
}

CommandDriver::~CommandDriver() {
  if (child_.has_value()) child_->end(options_.stop_grace);
}

DriverReport CommandDriver::read(Millis deadline) {
  DriverReport report;
  const Instant until = read_clocks().monotonic + deadline;
  if (!child_.has_value()) {
    if (interrupt_.wait(-1, std::min(until, start_again_at_)) == Interrupt::Wake::interrupted) return report;
    if (read_clocks().monotonic < start_again_at_) return report;
    start_child(report);
  }
  if (child_.has_value()) read_child(report, until);
  return report;
}

void CommandDriver::start_child(DriverReport& report) {
  Result<ChildProcess> child = ChildProcess::start(options_.program);
  started_at_ = last_line_at_ = read_clocks().monotonic;
  if (!child.has_value()) {
    report.errors.push_back(child.error());
    start_again_at_ = started_at_ + backoff_.next();
    return;
  }
  lines_.clear();
  child_.emplace(std::move(*child));
}

void CommandDriver::read_child(DriverReport& report, Instant until) {
  std::size_t taken = 0;
  while (true) {
    taken += take_lines(report, options_.max_lines - taken);
    if (taken >= options_.max_lines) return;
    switch (lines_.fill(child_->output_fd())) {
      case LineReader::Fill::more: continue;
      case LineReader::Fill::end:
        if (std::optional<LineReader::Line> line = lines_.rest(); line.has_value()) take_line(*line, report);
        return end_child(report, ErrorCode::disconnected, "closed its output");
      case LineReader::Fill::failed: return end_child(report, ErrorCode::io, "its output cannot be read");
      case LineReader::Fill::would_block: break;
    }
    if (taken > 0 || !wait_for_lines(report, until)) return;
  }
}

std::size_t CommandDriver::take_lines(DriverReport& report, std::size_t most) {
  std::size_t taken = 0;
  for (; taken < most; ++taken) {
    std::optional<LineReader::Line> line = lines_.next();
    if (!line.has_value()) break;
    take_line(*line, report);
  }
  if (taken > 0) last_line_at_ = read_clocks().monotonic;
  return taken;
}

void CommandDriver::take_line(const LineReader::Line& line, DriverReport& report) {
  if (line.overlong) {
    report.errors.push_back({ErrorCode::too_large, options_.program.front() + " printed a line of more than " +
                                                       std::to_string(options_.max_line_bytes) + " bytes"});
    return;
  }
  Result<Reading> reading = decoder_.driver_line(line.text, read_clocks());
  if (!reading.has_value()) {
    report.errors.push_back(
        {reading.error().code, options_.program.front() + " printed a bad line: " + reading.error().message});
    return;
  }
  report.samples.push_back({std::move(reading->sensor), std::move(reading->value), std::move(reading->unit),
                            reading->time, reading->uptime});
}

/// False when there is nothing to wait for any longer in this read().
bool CommandDriver::wait_for_lines(DriverReport& report, Instant until) {
  // A grandchild may hold the pipe open when the program itself is gone.
  if (child_->ending().has_value()) {
    end_child(report, ErrorCode::disconnected, "ended");
    return false;
  }
  const bool may_be_silent = options_.silence == Millis::zero();
  const Instant silent_at = may_be_silent ? Instant::max() : last_line_at_ + options_.silence;
  if (read_clocks().monotonic >= silent_at) {
    end_child(report, ErrorCode::timeout, "was silent for " + std::to_string(options_.silence.count()) + " ms");
    return false;
  }
  const Interrupt::Wake wake = interrupt_.wait(child_->output_fd(), std::min(until, silent_at));
  if (wake == Interrupt::Wake::interrupted) return false;
  return wake == Interrupt::Wake::readable || until > silent_at;
}

void CommandDriver::end_child(DriverReport& report, ErrorCode code, const std::string& why) {
  const std::string how = child_->end(options_.stop_grace);
  child_.reset();
  const Instant now = read_clocks().monotonic;
  if (now - started_at_ >= options_.restart_longest) backoff_.reset();
  start_again_at_ = now + backoff_.next();
  report.errors.push_back({code, options_.program.front() + " " + why + " (" + how + "); it will be started again"});
}

}  // namespace sensors
