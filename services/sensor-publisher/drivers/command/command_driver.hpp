// CommandDriver runs a program that prints one JSON reading a line, so that a sensor driver can be written in any
// language. It keeps the program running: silence or an exit is an error, and it is started again with backoff.
// read() on its DriverWorker's thread, interrupt() on any.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/codec/reading_json.hpp"
#include "common/core/backoff.hpp"
#include "services/sensor-publisher/drivers/command/child_process.hpp"
#include "services/sensor-publisher/drivers/driver.hpp"
#include "services/sensor-publisher/drivers/interrupt.hpp"
#include "services/sensor-publisher/drivers/line_reader.hpp"

namespace sensors {

struct CommandOptions {
  /// The program and its arguments; no shell in between.
  std::vector<std::string> program;

  /// Longest time without a line before the program counts as hung and is started again. 0: for ever.
  Millis silence{60'000};

  /// Waits before starting again: doubling from the first to the longest; small again after a run of that length.
  Millis restart_first{1'000};
  Millis restart_longest{60'000};

  /// Longer lines are an error. 64 B .. 64 KiB.
  std::size_t max_line_bytes = 4'096;

  /// Lines taken by one read(); the rest waits in the pipe, which slows the program. 1 .. 10,000.
  std::size_t max_lines = 1'000;

  /// What a time without an offset means.
  TimeRule::WithoutOffset times = TimeRule::WithoutOffset::local;

  /// Time to end after SIGTERM, before SIGKILL. Keep all drivers together below the service's 4.5 s.
  Millis stop_grace{500};
};

class CommandDriver : public Driver {
 public:
  explicit CommandDriver(CommandOptions options);
  ~CommandDriver() override;

  /// The lines since the last call; waits up to `deadline` for the first one.
  DriverReport read(Millis deadline) override;
  void interrupt() override { interrupt_.raise(); }

 private:
  void start_child(DriverReport& report);
  void read_child(DriverReport& report, Instant until);
  std::size_t take_lines(DriverReport& report, std::size_t most);
  void take_line(const LineReader::Line& line, DriverReport& report);
  bool wait_for_lines(DriverReport& report, Instant until);
  void end_child(DriverReport& report, ErrorCode code, const std::string& why);

  CommandOptions options_;
  Interrupt interrupt_;
  ReadingDecoder decoder_;
  LineReader lines_;
  Backoff backoff_;
  std::optional<ChildProcess> child_;
  Instant started_at_{};
  Instant last_line_at_{};
  Instant start_again_at_{};
};

}  // namespace sensors
