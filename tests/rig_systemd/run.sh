#!/bin/bash
# run.sh [--short | --check-machine]: installs the package on a Debian 12 machine with systemd and checks what docs/operations.md promises of it.
# --short leaves out the parts that take longest: a worker that hangs, a leak, loads, orders of starting. --check-machine only
# says whether this machine can run it. Last line: "N passed, M failed"; exit code 1 when one failed, 77 when it cannot.
#
# Readings flow to the reference API all the time. At the end every reading that a publisher ever numbered must be there once.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/rig_systemd/check.sh
source tests/rig_systemd/machine.sh
source tests/rig_systemd/checks.sh
source tests/rig_systemd/operator.sh
source tests/rig_systemd/doctor.sh

obstacle=$(machine_obstacle)
if [ -n "$obstacle" ]; then
  echo "rig: cannot run on this machine: $obstacle. Nothing was checked."
  exit 77
fi
[ "${1:-}" != --check-machine ] || exit 0

newest_deb() { ls build/deb/sensor-project_*_"$(dpkg --print-architecture)".deb 2> /dev/null | grep "$@" | sort -V | tail -n 1; }
deb=$(newest_deb -vF +next)
next=$(newest_deb -F +next)
[ -n "$deb" ] && [ -n "$next" ] || { echo "rig: there are no packages: ./dev rig systemd makes them" >&2; exit 1; }

parts=(beside_a_broker install readings operator hardening limits watchdog worker leak load breaker orders upgrade rollback doctor account doctor_damage removal)
[ "${1:-}" != --short ] || parts=(beside_a_broker install readings operator hardening limits watchdog breaker rollback account removal)

trap machine_stop EXIT
trap 'exit 1' INT TERM
machine_make_base "$deb" || { echo "rig: making the machine's tree failed" >&2; exit 1; }
machine_start || { echo "rig: the machine did not boot; see build/rig/console.log" >&2; exit 1; }
mkdir -p "$machine_root/opt/rig/next"
cp "$deb" "$machine_root/opt/rig/sensor-project.deb"
next_version=$(dpkg-deb --field "$next" Version)
cp "$next" "$machine_root/opt/rig/next/sensor-project.deb"
cp build/release/tests/reference_api/reference_api build/release/tests/rig/librig_disk_faults.so \
  build/release/tests/rig/librig_trouble.so "$machine_root/opt/rig/"
chmod 755 "$machine_root"/opt/rig/*

for part in "${parts[@]}"; do
  echo "=== $part"
  "part_$part"
  [ "$part" != install ] || is_active sensor-publisher || { echo "rig: what follows needs a package that installs"; break; }
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
