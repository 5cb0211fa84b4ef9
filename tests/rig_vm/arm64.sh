#!/bin/bash
# arm64.sh: the arm64 package on an emulated machine with the processor of a Raspberry Pi 4 (Cortex-A72): install, flow, watchdog,
# one power cut. Last line: "N passed, M failed"; exit code 1 when one failed, 77 when this machine cannot run it, which is all that
# --check-machine asks.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
source tests/rig_systemd/check.sh
source tests/rig_vm/tree.sh
source tests/rig_vm/vm.sh
source tests/rig_vm/owner.sh
source tests/rig_vm/account.sh

obstacle=$(vm_obstacle arm64)
if [ -n "$obstacle" ]; then
  echo "rig: cannot run on this machine: $obstacle. Nothing was checked."
  exit 77
fi
[ "${1:-}" != --check-machine ] || exit 0
deb=$(newest_deb arm64)
[ -n "$deb" ] || { echo "rig: there is no package: ./dev deb arm64" >&2; exit 1; }

trap 'vm_cut; api_stop; tree_forgets_foreign_programs' EXIT
trap 'exit 1' INT TERM

# The unit tests that packaging/cross/test.sh leaves out.
unit_tests_pass() {
  vm_copy build/cross/tests-arm64/tests/unit/{unit_runtime,unit_drivers} /opt/rig
  inside /opt/rig/unit_runtime --gtest_filter='ExitDeadlineDeathTest.*:*.feeds_the_watchdog_while_there_is_progress' > "$vm_folder/unit.log" 2>&1 &&
    inside /opt/rig/unit_drivers --gtest_filter='*.a_program_that_does_not_exist*' >> "$vm_folder/unit.log" 2>&1 &&
    [ "$(sed -nE 's/^\[  PASSED  \] ([0-9]+) tests?\.$/\1/p' "$vm_folder/unit.log" | tr "\n" " ")" = "6 1 " ]
}

has_other_pids() {
  local service
  for service in "${!stopped[@]}"; do has_other_pid "$service" "${stopped[$service]}" || return 1; done
}

# The guest's own clock says how long it took: an emulated machine is several times slower than it believes.
part_watchdog() {
  local -A stopped
  local service start
  for service in sensor-publisher sensor-persistence sensor-http-bridge; do stopped[$service]=$(main_pid "$service"); done
  inside kill -STOP "${stopped[@]}"
  start=$SECONDS
  check "all three services, stopped by SIGSTOP, are back" wait_until 60 has_other_pids
  echo "      after $((SECONDS - start)) s"
  for service in "${!stopped[@]}"; do check "the watchdog of $service did it" journal_has "$service" 'Watchdog timeout'; done
  check "readings flow after that" readings_flow 120
}

echo "=== install"
machine_is_there arm64 "$deb" || exit 1
check "apt installs the package" owner_installs "$deb"
owner_configures
# shellcheck disable=SC2016 # dpkg-query expands it
check "its programs are of arm64" [ "$(inside dpkg-query -W -f '${Architecture}' sensor-project)" = arm64 ]
check "all units are active" wait_until 120 all_active
check "readings arrive at the API outside" readings_flow 120
check "the unit tests that qemu-user cannot run pass" unit_tests_pass
echo "=== watchdog"
account_of_counters > "$api_folder/counters"
starts_before=$(wc -l < "$api_folder/counters")
part_watchdog
echo "=== power cut"
vm_cut
check "the services come up by themselves and readings flow" comes_up_by_itself
# The watchdog killed the publisher after up to 30 s in which its sensor spoke on.
account_check 2 5000 "$starts_before" 40000
echo "      $SECONDS s"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
