#include "services/sensorctl/machine/recover.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "common/adapters/systemd/system_manager.hpp"
#include "services/sensorctl/machine/action_file.hpp"
#include "services/sensorctl/machine/installation.hpp"

namespace sensors::doctor {
namespace {

constexpr Millis systemd_deadline{10'000};

Result<void> release(const std::string& path) {
  if (!path.ends_with(".reserve")) return fail(ErrorCode::invalid, path + ": is no reserve");
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return fail(ErrorCode::io, path + ": delete: " + std::strerror(errno));
}

Result<void> ask_systemd(const Remedy& remedy) {
  TRY_ASSIGN(SystemManager systemd, SystemManager::connect(systemd_deadline));
  return remedy.kind == Remedy::Kind::reboot ? systemd.reboot() : systemd.restart(remedy.object);
}

Result<void> carry_out(const Remedy& remedy) {
  return remedy.kind == Remedy::Kind::release ? release(remedy.object) : ask_systemd(remedy);
}

/// An action that is not written down would not count against the budget, so it is not taken. Giving up a reserve is:
/// it can be done only once, and makes the room for the line.
bool may_go_unwritten(const Remedy& remedy) { return remedy.kind == Remedy::Kind::release; }

void take(const Action& action, ActionFile& log, WallTime now, Recovery& recovery) {
  const std::string what = fmt::format("{} {}: {}", name_of(action.remedy.kind), action.remedy.object, action.reason);
  const Result<void> written = log.add(now, action.remedy, action.reason);
  if (!written.has_value() && !may_go_unwritten(action.remedy)) {
    recovery.withheld.push_back(fmt::format("{}; it cannot be written down: {}", what, written.error().message));
    return;
  }
  if (const Result<void> done = carry_out(action.remedy); !done.has_value()) {
    recovery.failed.push_back(fmt::format("{}; {}", what, done.error().message));
  } else {
    recovery.done.push_back(what);
  }
}

}  // namespace

Result<Recovery> recover(const Findings& findings, const RecoverOptions& options, WallTime now) {
  TRY_ASSIGN(const Budget budget, read_budget(options.configuration));
  TRY_ASSIGN(ActionFile log, ActionFile::open(options.folder));
  const Plan plan = make_plan(findings, log.past(), budget, now);
  Recovery recovery;
  recovery.withheld = plan.withheld;
  for (const Action& action : plan.actions) {
    if (options.dry_run) {
      recovery.withheld.push_back(fmt::format("{} {}: {}; this is a dry run", name_of(action.remedy.kind),
                                              action.remedy.object, action.reason));
    } else {
      take(action, log, now, recovery);
    }
  }
  return recovery;
}

}  // namespace sensors::doctor
