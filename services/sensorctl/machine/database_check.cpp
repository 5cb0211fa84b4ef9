#include "services/sensorctl/machine/database_check.hpp"

#include "common/adapters/sqlite/plain_file.hpp"
#include "common/adapters/sqlite/quick_check.hpp"
#include "services/sensorctl/machine/owner_process.hpp"

namespace sensors::doctor {
namespace {

constexpr Millis patience{5'000};  // beyond the limit: to start, and to open the file

Result<void> check(const std::string& path, Millis limit) {
  if (Result<void> owner = become_owner_of_folder(path); !owner.has_value()) return owner;
  if (const Result<PlainFile> plain = plain_file(path); !plain.has_value()) return tl::unexpected<Error>(plain.error());
  Result<Database> database = Database::open_damaged(path, limit);
  if (!database.has_value()) return tl::unexpected<Error>(database.error());
  return quick_check(*database, limit);
}

}  // namespace

int check_database_as_owner(const std::string& path, Millis limit) { return tell_parent(check(path, limit)); }

Result<void> check_database(const std::string& path, Millis limit) {
  return run_owner_process(path, {check_database_verb, path, std::to_string(limit.count())}, limit + patience);
}

}  // namespace sensors::doctor
