#include "services/sensor-publisher/drivers/command/descendants.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>

#include "common/runtime/proc_text.hpp"

namespace sensors {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_environment_bytes = 256 * 1'024;

struct ProcessFacts {
  char state = '?';
  pid_t parent = 0;
  pid_t group = 0;
  std::string started;  // in ticks since the boot: with the number it names one process for ever
};

/// proc_pid_stat(5): fields 3, 4, 5 and 22; the second may have anything in it up to the last ')'.
std::optional<ProcessFacts> facts_of(pid_t process) {
  const std::string text = proc_text("/proc/" + std::to_string(process) + "/stat");
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  ProcessFacts facts;
  fields >> facts.state >> facts.parent >> facts.group;
  for (int field = 6; field <= 22; ++field) fields >> facts.started;
  return fields.fail() ? std::nullopt : std::optional(facts);
}

/// Whether it was started with `entry`, "NAME=value", in its environment.
bool has_entry(pid_t process, const std::string& entry) {
  std::ifstream file("/proc/" + std::to_string(process) + "/environ");
  std::string text(most_environment_bytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return ('\0' + text).find('\0' + entry + '\0') != std::string::npos;
}

std::map<pid_t, ProcessFacts> all_processes() {
  std::map<pid_t, ProcessFacts> processes;
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename();
    pid_t process = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), process);
    if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size()) continue;
    if (std::optional<ProcessFacts> facts = facts_of(process)) processes.emplace(process, std::move(*facts));
  }
  return processes;
}

/// Closes `found` over the children.
void add_children(std::set<pid_t>& found, const std::map<pid_t, ProcessFacts>& processes) {
  for (std::size_t before = 0; before != found.size();) {
    before = found.size();
    for (const auto& [process, facts] : processes) {
      if (found.count(facts.parent) > 0) found.insert(process);
    }
  }
}

/// Through a descriptor of the process: its number may have become another's since it was looked at.
void signal_one(pid_t process, const ProcessFacts& facts, int signal) {
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  if (handle < 0) return;
  const std::optional<ProcessFacts> now = facts_of(process);
  if (now.has_value() && now->started == facts.started) syscall(SYS_pidfd_send_signal, handle, signal, nullptr, 0);
  close(handle);
}

}  // namespace

std::size_t Descendants::signal(int signal) {
  const std::map<pid_t, ProcessFacts> processes = all_processes();
  const std::string entry = std::string(program_run_variable) + "=" + run_;
  std::set<pid_t> found{main_};
  for (const auto& [process, facts] : processes) {
    const auto seen = seen_.find(process);
    const bool is_known = seen != seen_.end() && seen->second == facts.started;
    if (is_known || facts.group == main_ || has_entry(process, entry)) found.insert(process);
  }
  add_children(found, processes);
  std::size_t living = 0;
  for (const pid_t process : found) {
    const auto facts = processes.find(process);
    if (process == main_ || process == getpid() || facts == processes.end()) continue;
    if (facts->second.state == 'Z' || facts->second.state == 'X') continue;
    seen_.insert_or_assign(process, facts->second.started);
    signal_one(process, facts->second, signal);
    ++living;
  }
  return living;
}

}  // namespace sensors
