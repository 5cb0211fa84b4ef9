#!/bin/bash
# demo_preset_test.sh FOLDER: what ./dev demo compiles asks for no library of the tests, and is little.
set -euo pipefail
cd "$1"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
without=()
for package in GTest rapidcheck benchmark spdlog; do without+=("-DCMAKE_DISABLE_FIND_PACKAGE_$package=ON"); done
cmake --preset demo -B "$folder" "${without[@]}" > "$folder/log" 2>&1 || fail "configuring it: $(tail -n 20 "$folder/log")"
commands=$folder/compile_commands.json
unwanted=$(grep -E -- '-flto|-Werror|gtest|rapidcheck|/tests/(unit|system|simulation)/' "$commands" || true)
[ -z "$unwanted" ] || fail "it compiles more than the demo, or dearer: $unwanted"
targets=$(sed -n '/"name": "demo", "configurePreset"/,/}/p' CMakePresets.json | grep -oE '"(sensor[a-z_-]*|reference_api)"' | tr -d '"')
known=$(ninja -C "$folder" -t targets all)
for target in $targets; do grep -q "^$target: phony" <<< "$known" || fail "the preset names the target $target, which there is not"; done
# shellcheck disable=SC2086 # several words
files=$(ninja -C "$folder" -t commands $targets | grep -cE -- ' -c [^ ]+$')
[ "$files" -le 60 ] || fail "$files files are compiled; docs/performance.md says how many they were"
