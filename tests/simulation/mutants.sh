#!/bin/bash
# ./dev mutants [NAME...]: shows that the simulation bites. Each patch in mutants/ is one mistake; it is applied alone to a
# copy of the tree, and the simulation of the copy must fail. The tree itself is not touched.
# mutants.sh --check: only whether each patch still fits the tree, which takes a second; ./dev test asks that.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

copy=build/mutants/tree
build=build/mutants/build
log=build/mutants/log
first=21 # as in ./dev test, each for 10 hours
seeds=${MUTANT_SEEDS:-60}
limit=${MUTANT_SECONDS:-300}
jobs=${JOBS:-$(nproc)}

say() { echo "mutants: $*" >&2; }

# Only what changed is written, so that the copy's objects stay good from one run to the next. What is no file of the tree
# any more goes, since whatever is in a folder is compiled.
copy_tree() {
  mkdir -p "$copy"
  (cd "$copy" && find . -type f -printf '%P\n') | { grep -vxFf <(git ls-files) || true; } | sed "s|^|$copy/|" | tr '\n' '\0' | xargs -0 -r rm
  git ls-files -z | while IFS= read -r -d '' file; do
    [ -e "$file" ] || continue
    if ! cmp -s "$file" "$copy/$file"; then
      mkdir -p "$copy/$(dirname "$file")"
      cp "$file" "$copy/$file" # with the time of now: what was built of it is older
    fi
  done
}

build_copy() {
  if [ ! -e "$build/build.ninja" ]; then
    cmake -S "$copy" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O1 -DSENSOR_TOGETHER=OFF > "$log" 2>&1 || return 1
  fi
  cmake --build "$build" -j "$jobs" --target sensor_sim > "$log" 2>&1
}

# Sets `outcome`: passed, failed (a promise was broken, which is what a mutant is for), or how else it ended.
simulate() {
  local status=0
  timeout "$limit" "$build/tests/simulation/sensor_sim" --seed "$first" --seeds "$seeds" --until-failure --timeline 0 > "$log" 2>&1 || status=$?
  case $status in
    0) outcome=passed ;;
    1) outcome=failed ;;
    124) outcome="not done after $limit s" ;;
    *) outcome="ended with status $status" ;;
  esac
}

# "seed 4 FAILED: 1: a reading ..." becomes the promise that was broken.
promise_broken() { sed -n 's/^seed \([0-9]*\) FAILED: \(.*\)/seed \1: \2/p' "$log" | head -n 1; }

# Sets `verdict` for the patch $1; true when the simulation caught it.
try_mutant() {
  local patch=$1 caught=1
  if ! fits "$copy" "$patch"; then
    verdict="the patch does not fit any more: ${misfit##*$'\n'}"
    return 1
  fi
  patch -s -d "$copy" -p0 --fuzz=0 < "$patch"
  if ! build_copy; then
    verdict="does not build: $(grep -m 1 error: "$log" || tail -n 1 "$log")"
  else
    simulate
    verdict=$outcome
    [ "$outcome" != passed ] || verdict="SURVIVED $seeds seeds"
    if [ "$outcome" = failed ]; then
      verdict=$(promise_broken)
      caught=0
    fi
  fi
  patch -s -d "$copy" -p0 --fuzz=0 -R < "$patch"
  return "$caught"
}

# With the reason in `misfit`, when it does not.
fits() { misfit=$(patch -s -d "$1" -p0 --fuzz=0 --dry-run < "$2" 2>&1); }

if [ "${1:-}" = --check ]; then
  status=0
  for patch in tests/simulation/mutants/*.patch; do
    fits . "$patch" || { echo "$patch does not fit the tree any more: ${misfit##*$'\n'}"; status=1; }
  done
  exit "$status"
fi

say "copying and building the tree in build/mutants"
copy_tree
build_copy || { cat "$log"; say "the tree does not build"; exit 1; }
simulate
if [ "$outcome" != passed ]; then
  say "the simulation fails without a mutant: $outcome; $(promise_broken)"
  exit 1
fi

passed=0
failed=0
for patch in tests/simulation/mutants/*.patch; do
  name=$(basename "$patch" .patch)
  if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
  if try_mutant "$patch"; then
    passed=$((passed + 1))
    echo "caught   $name: $verdict"
  else
    failed=$((failed + 1))
    echo "FAILED   $name: $verdict"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
