#!/bin/bash
# run.sh [--check-machine] [--suite SUITE] [--vm] [--short] [PART...]: installs the package on a Debian machine with systemd and
# checks what docs/operations.md and docs/guides promise of it, all or the PARTs that are named. The machine is a container, or
# where that does not work, and with --vm, a virtual one. --suite: of another Debian than this machine's. --short, for CI: the package of build/dev
# instead of build/deb's, and without the parts that take long or another package. --check-machine only says whether this machine
# can run it. Last line: "N passed, M failed"; exit code 1 when one failed, 77 when it cannot.
#
# Readings flow to the reference API all the time. At the end every reading that a publisher ever numbered must be there once.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
source packaging/suites.sh
source tests/rig_systemd/check.sh
source tests/rig_systemd/machine.sh
source tests/rig_systemd/checks.sh
source tests/rig_systemd/operator.sh
source tests/rig_systemd/doctor.sh
source tests/rig_systemd/guide.sh
source tests/rig_systemd/backup.sh

suite=$(suite_here)
built=build # where ./dev builds for that suite
kind=release
packages=deb
parts=(beside_a_broker install readings demo first_sensor operator hardening limits watchdog worker leak load reachable breaker orders upgrade rollback
  doctor doctor_units guide doctor_silence doctor_descriptors doctor_machine doctor_faults doctor_disk doctor_budget
  account doctor_damage backup another_disk removal)
only_check=
virtual=
named=()
while [ $# -gt 0 ]; do
  case $1 in
    --suite)
      suite_number "${2:-}" > /dev/null || { echo "rig systemd: --suite needs bookworm or trixie" >&2; exit 64; }
      suite=$2
      [ "$suite" = "$(suite_here)" ] || built=build/suites/$suite/build
      shift
      ;;
    --check-machine) only_check=yes ;;
    --vm) virtual=yes ;;
    --short)
      kind=dev
      packages=dev/deb
      parts=(beside_a_broker install readings demo first_sensor operator hardening limits watchdog breaker doctor doctor_units account backup another_disk removal)
      ;;
    *)
      [[ " ${parts[*]} " == *" $1 "* ]] || { echo "rig systemd: there is no part '$1'; they are: ${parts[*]}" >&2; exit 64; }
      named+=("$1")
      ;;
  esac
  shift
done
# Nothing can be asked of a package that is not installed.
[ ${#named[@]} -eq 0 ] || parts=(beside_a_broker install "${named[@]}")

container_obstacle=$(machine_obstacle)
[ -z "$container_obstacle" ] || virtual=yes
if [ -n "$virtual" ]; then
  source tests/rig_systemd/machine_vm.sh
  obstacle=$(machine_obstacle)
  if [ -n "$obstacle" ]; then
    echo "rig: cannot run on this machine: ${container_obstacle:+not in a container: $container_obstacle; and not in a virtual machine: }$obstacle. Nothing was checked."
    exit 77
  fi
fi
[ -z "$only_check" ] || exit 0

newest_deb() { find "$built/$packages" -maxdepth 1 -name "sensor-project_*_$(dpkg --print-architecture).deb" "$@" -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2; }
deb=$(newest_deb -not -name '*+next*')
next=$(newest_deb -name '*+next*')
if [ -z "$deb" ] || [[ -z "$next" && " ${parts[*]} " = *" rollback "* ]]; then
  echo "rig: there are no packages: ./dev rig systemd makes them" >&2
  exit 1
fi

trap machine_stop EXIT
trap 'exit 1' INT TERM
machine_make_base "$deb" || { echo "rig: making the machine's tree failed" >&2; exit 1; }
if ! machine_start; then
  echo "rig: cannot run on this machine: the rig's does not boot, which has nothing of the package yet; $machine_log says more."
  [ -n "$virtual" ] || echo "rig: ./dev rig systemd --vm takes a virtual one"
  exit 77
fi
machine_takes "$deb" /opt/rig/sensor-project.deb
for file in "$built/$kind"/tests/reference_api/reference_api "$built/$kind"/tests/rig/librig_{disk_faults,trouble}.so; do machine_takes "$file" "/opt/rig/${file##*/}"; done

ended=0
for part in "${parts[@]}"; do
  echo "=== $part"
  part_start=$SECONDS
  "part_$part"
  ended=$((ended + 1))
  echo "      $((SECONDS - part_start)) s"
  [ "$part" != install ] || is_active sensor-publisher || { echo "rig: what follows needs a package that installs"; break; }
done
# A mistake in a part, of which bash says above what it is, may end the loop.
check "each of ${#parts[@]} parts came to its end" [ "$ended" -eq ${#parts[@]} ]
echo "      all of it: $SECONDS s"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
