// CommandDriver runs a program that prints one JSON reading a line, so that a sensor driver can be written in any
// language. It keeps the program running: silence or an exit is an error, and it is started again with backoff. However
// it ends, what it had printed is read first. read() and allow() on its DriverWorker's thread, the others on any.
#pragma once

#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/codec/reading_json.hpp"
#include "common/core/backoff.hpp"
#include "services/sensor-publisher/drivers/command/child_process.hpp"
#include "services/sensor-publisher/drivers/command/program_log.hpp"
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

  /// Longer lines are an error.
  std::size_t max_line_bytes = 4'096;

  /// Lines taken by one read(); the rest waits in the pipe, which slows the program.
  std::size_t max_lines = 1'000;

  /// What a time without an offset means.
  TimeRule::WithoutOffset times = TimeRule::WithoutOffset::local;

  /// Time to end after SIGTERM, before SIGKILL; what it prints meanwhile is read. Keep below the service's 4.5 s.
  Millis stop_grace{500};

  /// Of the driver, for the log.
  std::string name = {};
};

class CommandDriver : public Driver {
 public:
  /// From SIGKILL to the end of its output, which is then in the pipe.
  static constexpr Millis kill_wait{300};

  /// `say` gets what the program says on stderr, as ProgramLog passes it; on a thread of this, which ends with it.
  /// `warn` gets each kind of slip in its lines once.
  explicit CommandDriver(CommandOptions options, std::function<void(const std::string&)> say = {},
                         std::function<void(const std::string&)> warn = {});
  ~CommandDriver() override;

  /// The lines since the last call; waits up to `deadline` for the first one.
  DriverReport read(Millis deadline) override;
  void allow(std::size_t samples) override { room_ = samples; }
  void finish() override;
  void interrupt() override;

 private:
  struct Ending {
    ErrorCode code;
    std::string why;
    Instant kill_at;
    bool is_killed = false;
  };

  void notice_finish();
  void start_child(DriverReport& report);
  void read_child(DriverReport& report, Instant until);
  std::size_t take_lines(DriverReport& report, std::size_t most);
  void note_remark(const std::string& line);
  void take_line(const LineReader::Line& line, DriverReport& report);
  bool fill_lines(DriverReport& report);
  void watch_child();
  void begin_ending(ErrorCode code, std::string why);
  bool advance_ending(DriverReport& report);
  void end_child(DriverReport& report);
  bool wait_for_lines(Instant until);

  CommandOptions options_;
  std::function<void(const std::string&)> say_;
  std::function<void(const std::string&)> warn_;
  std::set<std::string> remarks_;  // warned of; at most `most_remarks`
  std::string title_;              // the program, and the script that it runs
  Interrupt interrupt_;
  std::atomic<bool> finish_wanted_ = false;
  std::atomic<bool> interrupted_ = false;
  bool finishing_ = false;  // it was noticed
  ReadingDecoder decoder_;
  LineReader lines_;
  Backoff backoff_;
  RateLimit said_ = ProgramLog::usual_limit();
  std::size_t room_ = std::numeric_limits<std::size_t>::max();
  std::optional<ChildProcess> child_;
  std::unique_ptr<ProgramLog> log_;  // of child_
  std::optional<Ending> ending_;     // of child_
  bool output_ended_ = false;        // of child_
  Instant started_at_{};
  Instant last_line_at_{};
  Instant start_again_at_{};
};

}  // namespace sensors
