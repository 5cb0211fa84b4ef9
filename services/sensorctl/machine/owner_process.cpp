// What the process says is one line, "corrupt PATH: quick_check: ..."; nothing when all is well.
#include "services/sensorctl/machine/owner_process.hpp"

#include <grp.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string_view>

#include <fmt/format.h>

#include "common/adapters/sqlite/plain_file.hpp"
#include "common/core/printable.hpp"
#include "services/sensorctl/bundle/run_program.hpp"
#include "services/sensorctl/exit_code.hpp"

namespace sensors::doctor {
namespace {

constexpr std::size_t most_output = 4'096;

ErrorCode code_named(std::string_view name) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::rejected); ++code) {
    if (name == name_of(static_cast<ErrorCode>(code))) return static_cast<ErrorCode>(code);
  }
  return ErrorCode::io;
}

tl::unexpected<Error> took_too_long(const std::string& path) {
  return fail(ErrorCode::io, path +
                                 ": could not be opened or read in time; either its disk hangs, or somebody put a FIFO "
                                 "or a device in the place of it or of its log: look with ls -l");
}

}  // namespace

Result<void> run_owner_process(const std::string& path, std::vector<std::string> arguments, Millis limit) {
  std::error_code failed;
  arguments.insert(arguments.begin(), std::filesystem::read_symlink("/proc/self/exe", failed).string());
  if (failed) return fail(ErrorCode::io, "/proc/self/exe: " + failed.message());
  const Result<bundle::ProgramOutput> said = bundle::run_program(arguments, {limit, most_output});
  if (!said.has_value() && said.error().code == ErrorCode::timeout) return took_too_long(path);
  if (!said.has_value()) return fail(ErrorCode::io, path + ": to open it: " + said.error().message);
  if (said->exit_code == sensorctl::exit_ok) return {};
  if (said->exit_code == 128 + SIGALRM) return took_too_long(path);
  const std::size_t blank = said->text.find(' ');
  if (blank == std::string::npos)
    return fail(ErrorCode::io, fmt::format("{}: the process that opens it ended with {}", path, said->exit_code));
  return fail(code_named(said->text.substr(0, blank)), printable_line(said->text.substr(blank + 1), most_output));
}

int tell_parent(const Result<void>& done) {
  if (done.has_value()) return sensorctl::exit_ok;
  fmt::print("{} {}\n", name_of(done.error().code), done.error().message);
  return sensorctl::exit_trouble;
}

OpeningDeadline::OpeningDeadline(Millis limit) {
  itimerval once{};
  once.it_value.tv_sec = limit.count() / 1'000;
  once.it_value.tv_usec = limit.count() % 1'000 * 1'000;
  ::setitimer(ITIMER_REAL, &once, nullptr);
}

void OpeningDeadline::stop() {
  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
}

Result<void> become_owner_of_folder(const std::string& path) {
  TRY_ASSIGN(const PlainFile folder, folder_of_file(path));
  if (::geteuid() != 0 || folder.owner == 0) return {};
  if (::setgroups(0, nullptr) == 0 && ::setresgid(folder.group, folder.group, folder.group) == 0 &&
      ::setresuid(folder.owner, folder.owner, folder.owner) == 0)
    return {};
  return fail(ErrorCode::permission, path + ": this process may not become the user whose folder it is");
}

bool ActingAs::begin() {
  if (is_acting_ || ::geteuid() != 0 || user_ == 0) return true;
  is_acting_ = ::setgroups(0, nullptr) == 0 && ::setegid(group_) == 0 && ::seteuid(user_) == 0;
  return is_acting_;
}

void ActingAs::end() {
  if (is_acting_) is_acting_ = ::seteuid(0) != 0 || ::setegid(0) != 0;
}

}  // namespace sensors::doctor
