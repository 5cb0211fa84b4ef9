// What the process says is one line, "corrupt PATH: quick_check: ..."; nothing when all is well.
#include "services/sensorctl/doctor/database_check.hpp"

#include <grp.h>
#include <unistd.h>

#include <filesystem>

#include <fmt/format.h>

#include "common/adapters/sqlite/plain_file.hpp"
#include "common/adapters/sqlite/quick_check.hpp"
#include "common/core/printable.hpp"
#include "services/sensorctl/bundle/run_program.hpp"
#include "services/sensorctl/exit_code.hpp"

namespace sensors::doctor {
namespace {

constexpr Millis patience{5'000};  // beyond the limit: to start, and to open the file
constexpr std::size_t most_output = 4'096;

Result<void> check(const std::string& path, Millis limit) {
  const Result<PlainFile> folder = folder_of_file(path);
  if (!folder.has_value()) return tl::unexpected<Error>(folder.error());
  if (::geteuid() == 0 && folder->owner != 0 &&
      (::setgroups(0, nullptr) != 0 || ::setresgid(folder->group, folder->group, folder->group) != 0 ||
       ::setresuid(folder->owner, folder->owner, folder->owner) != 0))
    return fail(ErrorCode::permission, path + ": this process may not become the user whose folder it is");
  if (const Result<PlainFile> plain = plain_file(path); !plain.has_value()) return tl::unexpected<Error>(plain.error());
  Result<Database> database = Database::open_damaged(path, limit);
  if (!database.has_value()) return tl::unexpected<Error>(database.error());
  return quick_check(*database, limit);
}

ErrorCode code_named(std::string_view name) {
  for (const ErrorCode code :
       {ErrorCode::corrupt, ErrorCode::timeout, ErrorCode::permission, ErrorCode::not_found, ErrorCode::invalid}) {
    if (name == name_of(code)) return code;
  }
  return ErrorCode::io;
}

}  // namespace

int check_database_as_owner(const std::string& path, Millis limit) {
  const Result<void> checked = check(path, limit);
  if (checked.has_value()) return sensorctl::exit_ok;
  fmt::print("{} {}\n", name_of(checked.error().code), checked.error().message);
  return sensorctl::exit_trouble;
}

Result<void> check_database(const std::string& path, Millis limit) {
  std::error_code failed;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", failed).string();
  if (failed) return fail(ErrorCode::io, "/proc/self/exe: " + failed.message());
  const Result<bundle::ProgramOutput> said = bundle::run_program(
      {program, check_database_verb, path, std::to_string(limit.count())}, {limit + patience, most_output});
  if (!said.has_value()) return fail(ErrorCode::io, path + ": to look for damage: " + said.error().message);
  if (said->exit_code == sensorctl::exit_ok) return {};
  const std::size_t blank = said->text.find(' ');
  if (blank == std::string::npos) {
    return fail(ErrorCode::io,
                fmt::format("{}: the process that looks for damage ended with {}", path, said->exit_code));
  }
  return fail(code_named(said->text.substr(0, blank)), printable_line(said->text.substr(blank + 1), most_output));
}

}  // namespace sensors::doctor
