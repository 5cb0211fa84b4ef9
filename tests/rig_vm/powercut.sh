#!/bin/bash
# powercut.sh [--check-machine] [--cuts N] [--seed S]: the package on a machine whose power is cut at N random instants (default 20), while
# readings flow to an API outside it. Last line: "N passed, M failed"; exit code 1 when one failed, 77 when this machine
# cannot run it, which is all that --check-machine asks, and 64 for a mistake in its options. vm.sh says what a cut takes away, account.sh what is compared.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
source tests/rig_systemd/check.sh
source tests/rig_vm/tree.sh
source tests/rig_vm/vm.sh
source tests/rig_vm/owner.sh
source tests/rig_vm/account.sh

cuts=20
seed=$RANDOM
only_check=
while [ $# -gt 0 ]; do
  if [ "$1" = --check-machine ]; then
    only_check=yes
  elif [[ "$1 ${2:-}" =~ ^--(cuts|seed)\ (0|[1-9][0-9]{0,8})$ ]]; then
    declare "${BASH_REMATCH[1]}=${BASH_REMATCH[2]}"
    shift
  else
    echo "rig powercut: '$1 ${2:-}' is not an option; there are --cuts N and --seed S" >&2
    exit 64
  fi
  shift
done
architecture=$(dpkg --print-architecture)

obstacle=$(vm_obstacle "$architecture")
if [ -n "$obstacle" ]; then
  echo "rig: cannot run on this machine: $obstacle. Nothing was checked."
  exit 77
fi
[ -z "$only_check" ] || exit 0
deb=$(newest_deb "$architecture")
[ -n "$deb" ] || { echo "rig: there is no package: ./dev deb" >&2; exit 1; }

RANDOM=$seed
# pick_ms TO: `picked`, 0 .. TO. Not its output: RANDOM begins anew in a subshell.
pick_ms() { picked=$(((RANDOM * 32768 + RANDOM) % ($1 + 1))); }
sleep_ms() { sleep "$(($1 / 1000)).$(printf '%03d' $(($1 % 1000)))"; }

trap 'vm_cut; api_stop' EXIT
trap 'exit 1' INT TERM

# One quarter of the cuts come while the machine starts; after each of those comes another start.
cut_while_it_starts() {
  pick_ms "$start_ms"
  vm_start
  sleep_ms "$picked"
  vm_cut
  early=$((early + 1))
  echo "    cut $picked ms after it was switched on"
}

cut_while_readings_flow() {
  pick_ms 8000
  sleep_ms "$picked"
  vm_cut
  echo "    cut $picked ms after the services were up"
}

# Whether the rig bites: a block that the drive had and that nobody flushed is as it was before, one that was flushed is there.
# Something else may flush in between, so it is tried three times.
the_drive_forgets() {
  for _ in 1 2 3; do
    inside sh -c 'cd /root && yes old | head -c 4096 > block && yes kept | head -c 4096 > flushed && sync &&
      yes new | head -c 4096 | dd of=block bs=4096 conv=notrunc oflag=direct status=none'
    vm_cut
    vm_start && wait_until 240 vm_answers || return 1
    [ "$(inside head -n 1 /root/flushed)" = kept ] || return 1
    [ "$(inside head -n 1 /root/block)" != old ] || return 0
  done
  return 1
}

echo "rig: $cuts power cuts, --seed $seed"
early=0
machine_is_there "$architecture" "$deb" || exit 1
echo "=== the rig itself, $vm_accelerator"
check "a cut takes what the drive had and was not asked to flush, and nothing else" the_drive_forgets
echo "=== install"
check "apt installs the package" owner_installs "$deb"
owner_configures
check "readings arrive at the API outside" readings_flow 90
[ "$failed" -eq 0 ] || { echo "$passed passed, $failed failed"; exit 1; }

for ((cut = 1; cut <= cuts; cut++)); do
  echo "=== cut $cut"
  cut_while_readings_flow
  [ $((cut % 4)) -ne 0 ] || cut_while_it_starts
  check "after cut $cut the services come up by themselves and readings flow" comes_up_by_itself || break
done

echo "=== account, after $((cuts + early)) cuts, $early of them while the machine started"
account_check $((cuts + 1)) 1000
echo "      $SECONDS s, --seed $seed"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
