// What --recover may touch: a unit that its owner wants to run. Every remedy of a check comes from here. Pure.
#pragma once

#include <string>

#include "services/sensorctl/doctor/facts.hpp"
#include "services/sensorctl/doctor/finding.hpp"

namespace sensors::doctor {

/// What is known of `name`; nullptr: nothing.
const UnitState* find_unit(const Machine& machine, const std::string& name);

/// It does not run, and nobody is about to start or stop it.
bool is_down(const UnitState& unit);

/// It is enabled, and neither masked nor without its file.
bool is_meant_to_run(const UnitState& unit);

/// It ended because of a mistake in its configuration (exit code 78), which another start would only find again.
bool has_bad_configuration(const UnitState& unit);

/// It ended because another process has its outbox, store or state folder (exit code 69): started by hand, or in a
/// container. systemd does not start it again; another start now and then finds out when it may.
bool was_kept_out(const UnitState& unit);

/// It is meant to run, was not stopped together with its target, and its configuration is not what ended it. Not one of
/// which nothing is known.
bool may_mend(const Machine& machine, const std::string& unit);

/// `finding` with a restart of `unit` as its remedy, where may_mend() says so.
Finding with_restart(Finding finding, const Machine& machine, const std::string& unit);

}  // namespace sensors::doctor
