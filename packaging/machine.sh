# machine.sh: what a build will take on this machine, for ./dev to say before it begins. Sourced.

# What the largest compiler of the demo takes, and one of the tests: docs/performance.md, "Building".
demo_compiler_mib=720
test_compiler_mib=1200

# memory_mib: two numbers in MiB: what can be had without swap, and with it. A container may have less than its machine: its
# cgroup says so. PROC and CGROUPS: other folders, for a test.
memory_mib() {
  {
    cat "${PROC:-/proc}/meminfo"
    cgroups_of_this_process
  } | awk '
    /^MemAvailable:/ { free = int($2 / 1024) }
    /^SwapFree:/ { swap = int($2 / 1024) }
    /^group / { if (least == "" || $2 < least) least = $2 }
    END {
      all = free + swap
      if (least != "" && least < free) free = least
      if (least != "" && least < all) all = least
      print free, all
    }'
}

# Of each cgroup with a limit that this process is in "group MIB": what is left of it. Version 2, and 1, which older machines have.
cgroups_of_this_process() {
  local controllers path root=${CGROUPS:-/sys/fs/cgroup}
  while IFS=: read -r _ controllers path; do
    case ,$controllers, in
      ,,) rest_of_cgroups "$root" "$path" memory.max memory.current file ;;
      *,memory,*) rest_of_cgroups "$root/memory" "$path" memory.limit_in_bytes memory.usage_in_bytes total_cache ;;
    esac
  done < "${PROC:-/proc}/self/cgroup"
}

# rest_of_cgroups ROOT PATH LIMIT USED CACHE: of the group and of those that it is in. What files take is given back when asked for.
rest_of_cgroups() {
  local group=$2 limit used cache
  while true; do
    group=${group%/}
    limit=$(cat "$1$group/$3" 2> /dev/null || true)
    if [[ $limit =~ ^[0-9]{1,17}$ ]]; then
      used=$(cat "$1$group/$4")
      cache=$(sed -n "s/^$5 //p" "$1$group/memory.stat")
      echo "group $(((limit - used + ${cache:-0}) >> 20))"
    fi
    [ -n "$group" ] || return 0
    group=${group%/*}
  done
}

# compilers_at_once MIB: how many that take so much each: one for each processor, fewer where memory is short, one at least.
compilers_at_once() {
  local free processors
  processors=$(nproc)
  read -r free _ < <(memory_mib)
  [ $((free / $1)) -ge "$processors" ] || processors=$((free / $1 > 1 ? free / $1 : 1))
  echo "$processors"
}

# why_not_build MIB: nothing, where there is memory for one compiler that takes so much; else what is missing.
why_not_build() {
  local all
  read -r _ all < <(memory_mib)
  [ "$all" -ge "$1" ] || echo "a compiler needs $1 MiB of memory, and $all MiB are free, with swap." \
    "End other programs or add swap; or take the package, which compiles nothing (README.md)"
}

# what_they_take PACKAGE...: "70 packages, 107 MB to fetch, 513 MB on disk", as apt reckons; nothing where it cannot.
what_they_take() {
  { LC_ALL=C apt-get install --assume-no --no-install-recommends --no-remove -o Debug::NoLocking=true "$@" 2> /dev/null || true; } |
    sed -nE 's/.* ([0-9]+) newly installed.*/\1 packages/p
      s!^Need to get ([0-9.,]+ .?B)(/.*)? of archives\.!\1 to fetch!p
      s/^After this operation, (.*) of additional disk space will be used\./\1 on disk/p' | paste -sd\; | sed 's|;|, |g'
}

# The seconds of a processor that a compiler takes here for one of our files, $1 the compiler.
pace() {
  local TIMEFORMAT='%U %S' seconds
  seconds=$({ time "$1" -std=c++20 -O1 -w -I. -c common/core/circuit_breaker.cpp -o /dev/null; } 2>&1) || return 0
  awk '{ print $1 + $2 }' <<< "$seconds"
}

# A file of the demo takes as long as so many of that of pace(). Measured.
pace_of_a_file=5

# about_minutes FILES COMPILERS PACE: "about 6 minutes".
about_minutes() {
  awk -v files="$1" -v compilers="$2" -v pace="$3" -v times="$pace_of_a_file" 'BEGIN {
    minutes = int(files * times * pace / compilers / 60 + 0.99)
    print "about " (minutes > 1 ? minutes " minutes" : "a minute")
  }'
}
