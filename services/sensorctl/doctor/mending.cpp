#include "services/sensorctl/doctor/mending.hpp"

namespace sensors::doctor {
namespace {

constexpr std::int32_t bad_configuration = 78;  // EX_CONFIG of sysexits.h
constexpr std::int32_t in_use = 69;             // EX_UNAVAILABLE

}  // namespace

const UnitState* find_unit(const Machine& machine, const std::string& name) {
  if (!machine.units.has_value()) return nullptr;
  for (const UnitFacts& unit : *machine.units) {
    if (unit.state.name == name) return &unit.state;
  }
  return nullptr;
}

bool is_down(const UnitState& unit) { return unit.active_state == "inactive" || unit.active_state == "failed"; }

bool is_meant_to_run(const UnitState& unit) {
  return unit.load_state == "loaded" && unit.file_state.starts_with("enabled");
}

bool has_bad_configuration(const UnitState& unit) {
  return is_down(unit) && unit.result == "exit-code" && unit.exit_status == bad_configuration;
}

bool was_kept_out(const UnitState& unit) {
  return is_down(unit) && unit.result == "exit-code" && unit.exit_status == in_use;
}

bool may_mend(const Machine& machine, const std::string& unit) {
  const UnitState* state = find_unit(machine, unit);
  if (state == nullptr || !is_meant_to_run(*state) || has_bad_configuration(*state)) return false;
  const bool target_is_active = machine.target.has_value() && machine.target->active_state == "active";
  return target_is_active || !is_down(*state);
}

Finding with_restart(Finding finding, const Machine& machine, const std::string& unit) {
  if (may_mend(machine, unit)) finding.remedy = Remedy{Remedy::Kind::restart, unit};
  return finding;
}

}  // namespace sensors::doctor
