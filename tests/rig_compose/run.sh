#!/bin/bash
# run.sh [--check-machine | SCENARIO...]: builds the images of compose/, starts the rig and plays each fault of compose/faults (or
# those that are named), while readings flow to the reference API: every one that was taken must come there, once. --check-machine
# only says whether this machine can run it. Last line: "N passed, M failed"; exit code 1 when one failed, 77 when it cannot.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
source tests/rig_systemd/check.sh
source tests/rig_compose/engine.sh
source tests/rig_compose/images.sh
source tests/rig_compose/compose.sh
source tests/rig_compose/scenarios.sh

obstacle=$(engine_obstacle)
if [ -n "$obstacle" ]; then
  echo "rig: cannot run on this machine: $obstacle. Nothing was checked."
  exit 77
fi
[ "${1:-}" != --check-machine ] || exit 0
if [ $# -gt 0 ]; then
  for scenario in "$@"; do [[ " ${scenarios[*]} " == *" $scenario "* ]] || { echo "rig: there is no scenario '$scenario'; they are: ${scenarios[*]}"; exit 64; }; done
  scenarios=("$@")
fi

# For check(): what is shown of a failure.
inside() { docker logs --tail 8 "$monitor" 2>&1 | cut -c 1-300; compose ps; }

rig_starts() {
  rig_down  # what a run that was killed may have left
  local start=$SECONDS
  rig_up || { tail -n 20 build/rig/compose.log; return 1; }
  monitor=$(container_of monitor)
  api=$(container_of api)
  wait_until 60 api_has 1 && echo "      the first readings are at the API $((SECONDS - start)) s after \`up\`"
}

cannot_start() {
  echo "rig: cannot run on this machine: a Docker engine of its own does not start here; its last words, of $engine_folder/dockerd.log:"
  tail -n 20 "$engine_folder/dockerd.log"
  exit 77
}

clean_up() {
  [ -z "$fault_pid" ] || kill "$fault_pid" 2> /dev/null
  [ -z "$rig_compose" ] || ! engine_answers || rig_down
  engine_stop
}

mkdir -p build/rig
: > build/rig/compose.log
monitor=
api=
trap clean_up EXIT
trap 'exit 1' INT TERM
engine_choose
engine_start_to_build || cannot_start
echo "=== images"
check "both images are built" images_build
engine_stop
[ "$failed" -eq 0 ] || { echo "$passed passed, $failed failed"; exit 1; }
engine_start_to_run || cannot_start
rig_compose=$(compose_program)
echo "=== up ($($rig_compose version | head -n 1))"
check "docker-compose up alone brings readings to the API in under a minute" rig_starts
check "every container is healthy" wait_until 30 all_are_healthy
ended=0
for scenario in "${scenarios[@]}"; do
  start=$SECONDS
  echo "=== $scenario"
  "scenario_$scenario"
  ended=$((ended + 1))
  echo "      $((SECONDS - start)) s"
done
# A mistake in a scenario, of which bash says above what it is, may end the loop.
check "each of ${#scenarios[@]} scenarios came to its end" [ "$ended" -eq ${#scenarios[@]} ]
echo "      $SECONDS s in all"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
