#include "services/sensorctl/machine/doctor.hpp"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "services/sensorctl/doctor/checks.hpp"
#include "services/sensorctl/doctor/report.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/shell/terminal.hpp"

namespace sensors::doctor {
namespace {

/// Ends the process when it is still there after `limit`: a disk that hangs must not keep the next run from looking.
class LastResort {
 public:
  explicit LastResort(std::chrono::seconds limit)
      : thread_([this, limit](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          if (changed_.wait_for(lock, stop, limit, [&] { return stop.stop_requested(); })) return;
          if (stop.stop_requested()) return;
          sensorctl::complain("the doctor itself hangs, on a disk or on systemd, and gives up");
          ::_exit(sensorctl::exit_no_answer);
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;  // last: the others outlive it
};

constexpr std::chrono::seconds slack{60};              // beyond the longest interval between two statuses
constexpr std::chrono::seconds longest_interval{600};  // status_interval's upper end

}  // namespace

int run_doctor(const DoctorOptions& options) {
  const LastResort last_resort(longest_interval + slack);
  const Facts facts = observe(options.observe);
  const Findings findings = check_all(facts);
  std::optional<Recovery> recovery;
  if (options.recovers) {
    Result<Recovery> done = recover(findings, options.recover, facts.now);
    if (!done.has_value()) sensorctl::complain(done.error().message);
    if (done.has_value()) recovery = std::move(*done);
  }
  std::string text = options.json ? json_report(findings, recovery, facts.now) : human_report(findings, options.all);
  if (recovery.has_value() && !options.json) text += human_report(*recovery);
  const bool is_said = sensorctl::say(text);
  const bool recovery_failed = options.recovers && (!recovery.has_value() || !recovery->failed.empty());
  return recovery_failed || !is_said ? sensorctl::exit_trouble : exit_code_of(worst(findings));
}

}  // namespace sensors::doctor
