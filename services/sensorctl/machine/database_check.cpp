#include "services/sensorctl/machine/database_check.hpp"

#include "common/adapters/sqlite/plain_file.hpp"
#include "common/adapters/sqlite/quick_check.hpp"
#include "services/sensorctl/machine/owner_process.hpp"

namespace sensors::doctor {
namespace {

constexpr Millis patience{5'000};  // beyond the limit: to start, and to open the file

Result<void> check(const std::string& path, Millis limit) {
  TRY(become_owner_of_folder(path));
  TRY_ASSIGN(std::ignore, plain_file(path));
  TRY_ASSIGN(Database database, Database::open_damaged(path, limit));
  return quick_check(database, limit);
}

}  // namespace

int check_database_as_owner(const std::string& path, Millis limit) { return tell_parent(check(path, limit)); }

Result<void> check_database(const std::string& path, Millis limit) {
  return run_owner_process(path, {check_database_verb, path, std::to_string(limit.count())}, limit + patience);
}

}  // namespace sensors::doctor
