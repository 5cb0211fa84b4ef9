#include "services/sensorctl/backup/copy_process.hpp"

#include <sys/prctl.h>

#include <csignal>

#include "common/adapters/sqlite/backup_file.hpp"
#include "common/adapters/sqlite/plain_file.hpp"
#include "common/runtime/clocks.hpp"
#include "services/sensorctl/machine/owner_process.hpp"

namespace sensors::backup {
namespace {

constexpr Millis patience{10'000};  // beyond the limits: to start, and to sync the copy

Result<void> copy(const CopyOrder& order) {
  TRY_ASSIGN(const PlainFile folder, folder_of_file(order.from));
  doctor::ActingAs owner(folder.owner, folder.group);
  if (!owner.begin())
    return fail(ErrorCode::permission, order.from + ": this process may not act as the user whose folder it is");
  doctor::OpeningDeadline deadline(order.longest_opening);
  Instant give_up_at{};
  const auto opened = [&] {
    deadline.stop();
    owner.end();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody waits for the copy any more; a change of rights undoes it
    give_up_at = read_clocks().monotonic + order.longest_copy;
  };
  return back_up(
      order.from, order.to, order.application_id, [&give_up_at] { return read_clocks().monotonic < give_up_at; },
      opened);
}

}  // namespace

Result<void> copy_database(const CopyOrder& order) {
  return doctor::run_owner_process(
      order.from,
      {copy_database_verb, order.from, order.to, std::to_string(order.application_id),
       std::to_string(order.longest_opening.count()), std::to_string(order.longest_copy.count())},
      order.longest_opening + order.longest_copy + patience);
}

int copy_database_as_owner(const CopyOrder& order) { return doctor::tell_parent(copy(order)); }

}  // namespace sensors::backup
