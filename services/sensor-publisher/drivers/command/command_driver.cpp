// A program runs, or is ending: from the moment that its end is wanted, or noticed, it and what it started have
// `stop_grace` to end after SIGTERM; then they are killed. Meanwhile, and until its output is at its end, all that it
// prints is read. Only then is it collected, and started again. No step of this blocks for longer than a read() may.
#include "services/sensor-publisher/drivers/command/command_driver.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/core/printable.hpp"
#include "common/runtime/event_loop.hpp"
#include "common/runtime/local_time.hpp"
#include "common/runtime/log.hpp"

namespace sensors {

namespace {

constexpr std::size_t longest_title_bytes = 200;
constexpr Millis ending_check{10};  // a process that ends wakes nobody while another holds its output open

/// "/usr/bin/python3 /opt/co2.py": what an owner knows the program by.
std::string title_of(const std::vector<std::string>& program) {
  if (program.empty()) return {};
  std::string title = program.front();
  const auto script = std::find_if(program.begin() + 1, program.end(), [](const std::string& argument) {
    return argument.find('/') != std::string::npos && argument.find("://") == std::string::npos &&
           argument.front() != '-' && argument.find_first_of(" \n;") == std::string::npos;
  });
  if (script != program.end()) title += " " + *script;
  return printable_line(title, longest_title_bytes);
}

}  // namespace

CommandDriver::CommandDriver(CommandOptions options, std::function<void(const std::string&)> say,
                             std::function<void(const std::string&)> warn)
    : options_(std::move(options)),
      say_(std::move(say)),
      warn_(std::move(warn)),
      title_(title_of(options_.program)),
      lines_(options_.max_line_bytes),
      backoff_(options_.restart_first, options_.restart_longest,
               static_cast<std::uint64_t>(read_clocks().monotonic.time_since_epoch().count()) ^
                   static_cast<std::uint64_t>(getpid())) {
  if (!warn_) {
    warn_ = [name = options_.name](const std::string& text) { log(LogLevel::warning, "driver " + name + ": " + text); };
  }
  decoder_.read_times_by({options_.times, moments_of_local});
  if (!say_) {
    say_ = [name = options_.name, title = title_](const std::string& line) {
      log(LogLevel::info, "driver " + name + ": " + title + " says: " + line);
    };
  }
}

/// One that was not finished gets its grace, and is not read any more.
CommandDriver::~CommandDriver() {
  if (!child_.has_value()) return;
  if (!ending_.has_value()) begin_ending(ErrorCode::disconnected, {});
  while (!child_->ending().has_value() && read_clocks().monotonic < ending_->kill_at) usleep(5'000);
  child_->kill();
  log_.reset();
}

void CommandDriver::finish() {
  finish_wanted_ = true;
  interrupt_.raise();
}

void CommandDriver::interrupt() {
  interrupted_ = true;
  interrupt_.raise();
}

/// finish() ends one wait only: what comes behind it is waited for.
void CommandDriver::notice_finish() {
  if (!finish_wanted_ || std::exchange(finishing_, true)) return;
  interrupt_.clear();
  if (interrupted_) interrupt_.raise();
  if (child_.has_value() && !ending_.has_value()) begin_ending(ErrorCode::disconnected, {});
}

DriverReport CommandDriver::read(Millis deadline) {
  DriverReport report;
  const Instant until = read_clocks().monotonic + deadline;
  notice_finish();
  if (!child_.has_value() && !finishing_) {
    const Interrupt::Wake wake = interrupt_.wait(-1, std::min(until, start_again_at_));
    if (wake != Interrupt::Wake::interrupted && read_clocks().monotonic >= start_again_at_) start_child(report);
  }
  if (child_.has_value()) read_child(report, until);
  notice_finish();
  report.ended = finishing_ && !child_.has_value();
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
  ending_.reset();
  output_ended_ = false;
  log_ = std::make_unique<ProgramLog>(child->error_fd(), said_, say_);
  child_.emplace(std::move(*child));
}

void CommandDriver::read_child(DriverReport& report, Instant until) {
  const std::size_t most = std::min(options_.max_lines, room_);
  std::size_t taken = 0;
  while (true) {
    notice_finish();
    taken += take_lines(report, most - taken);
    if (taken >= most) return;
    if (fill_lines(report)) continue;
    if (!ending_.has_value()) watch_child();
    if (ending_.has_value() && advance_ending(report)) return;
    if (taken > 0 || !wait_for_lines(until)) return;
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
    report.errors.push_back({ErrorCode::too_large, title_ + " printed a line of more than " +
                                                       std::to_string(options_.max_line_bytes) +
                                                       " bytes; see max_line_bytes"});
    return;
  }
  Result<Reading> reading = decoder_.driver_line(line.text, read_clocks());
  if (!reading.has_value()) {
    report.bad_lines.push_back(
        {{reading.error().code, title_ + " printed a bad line: " + reading.error().message}, line.text});
    return;
  }
  if (!decoder_.remark().empty()) note_remark(line.text);
  report.samples.push_back({std::move(reading->sensor), std::move(reading->value), std::move(reading->unit),
                            reading->time, reading->uptime});
}

/// The reading is taken as it is: what was meant cannot be known. It is said once, as each line has it.
void CommandDriver::note_remark(const std::string& line) {
  constexpr std::size_t most_remarks = 20;
  constexpr std::size_t longest_quote_bytes = 120;
  if (remarks_.size() >= most_remarks || !remarks_.insert(decoder_.remark()).second) return;
  warn_(title_ + " prints lines with a slip: " + decoder_.remark() + ": \"" +
        printable_line(line, longest_quote_bytes) + "\"");
}

/// Whether there may be more lines now.
bool CommandDriver::fill_lines(DriverReport& report) {
  if (output_ended_) return false;
  switch (lines_.fill(child_->output_fd())) {
    case LineReader::Fill::more: return true;
    case LineReader::Fill::would_block: return false;
    case LineReader::Fill::end:
      if (std::optional<LineReader::Line> line = lines_.rest(); line.has_value()) take_line(*line, report);
      output_ended_ = true;
      if (!ending_.has_value()) begin_ending(ErrorCode::disconnected, "closed its output");
      return false;
    case LineReader::Fill::failed: break;
  }
  output_ended_ = true;
  if (!ending_.has_value()) begin_ending(ErrorCode::io, "gives output that cannot be read");
  return false;
}

/// Of a program that has nothing to read now.
void CommandDriver::watch_child() {
  // What it has started may hold its output open when the program itself is gone.
  if (child_->ending().has_value()) return begin_ending(ErrorCode::disconnected, "ended");
  if (options_.silence == Millis::zero() || read_clocks().monotonic < last_line_at_ + options_.silence) return;
  begin_ending(ErrorCode::timeout, "was silent for " + std::to_string(options_.silence.count()) + " ms");
}

void CommandDriver::begin_ending(ErrorCode code, std::string why) {
  ending_ = Ending{code, std::move(why), read_clocks().monotonic + options_.stop_grace};
  child_->ask_to_end();
}

/// There is nothing to read now. True when the program is gone, with all that it had to give.
bool CommandDriver::advance_ending(DriverReport& report) {
  const bool is_over = output_ended_ && child_->ending().has_value();
  const bool is_time = read_clocks().monotonic >= ending_->kill_at;
  if (!is_over && !is_time) return false;
  if (is_over || ending_->is_killed) {
    end_child(report);
    return true;
  }
  child_->kill();
  ending_->is_killed = true;
  ending_->kill_at = read_clocks().monotonic + kill_wait;
  return false;
}

void CommandDriver::end_child(DriverReport& report) {
  child_->kill();  // what it has left behind
  log_->finish();
  const std::string last_words = std::exchange(log_, nullptr)->last_line();
  const std::string how = child_->collect();
  child_.reset();
  const Instant now = read_clocks().monotonic;
  if (now - started_at_ >= options_.restart_longest) backoff_.reset();
  start_again_at_ = now + backoff_.next();
  std::string text = title_;
  if (finishing_) {
    if (!ending_->is_killed) return;
    text += " did not end within " + std::to_string(options_.stop_grace.count()) +
            " ms and was cut off: what it had not printed by then is lost; see stop_grace";
  } else {
    text += " " + ending_->why + " (" + how + "); it will be started again";
  }
  if (last_words.empty()) {
    report.errors.push_back({ending_->code, std::move(text)});
  } else {
    report.bad_lines.push_back({{ending_->code, text + "; the last it said"}, last_words});
  }
}

/// False when there is nothing to wait for any longer in this read().
bool CommandDriver::wait_for_lines(Instant until) {
  Instant next = until;
  if (ending_.has_value()) {
    next = std::min(until, read_clocks().monotonic + ending_check);
  } else if (options_.silence != Millis::zero()) {
    next = std::min(until, last_line_at_ + options_.silence);
  }
  const Interrupt::Wake wake = interrupt_.wait(output_ended_ ? -1 : child_->output_fd(), next);
  if (wake == Interrupt::Wake::interrupted) return finish_wanted_ && !interrupted_ && !finishing_;
  return wake == Interrupt::Wake::readable || next < until;
}

}  // namespace sensors
