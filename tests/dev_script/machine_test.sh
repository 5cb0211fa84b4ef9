#!/bin/bash
# machine_test.sh DEV: how many compilers ./dev starts where memory is short, and what `./dev demo` says before it begins, on machines of
# the test's own.
set -euo pipefail
# shellcheck source=tests/dev_script/copy_of_dev.sh
source "$(dirname "$0")/copy_of_dev.sh"
mkdir -p "$folder/proc/self" "$folder/groups/memory" "$folder/groups/a/b"
touch "$folder"/packages-{build,headers,demo,tests,sanitizers,style}.txt
printf '#!/bin/sh\necho 4\n' > "$folder/bin/nproc"
for tool in apt-get dpkg-query cmake; do printf '#!/bin/sh\necho "%s $*" >> %q\n' "$tool" "$folder/calls" > "$folder/bin/$tool"; done
chmod +x "$folder"/bin/*
export PATH=$folder/bin:$PATH PROC=$folder/proc CGROUPS=$folder/groups
# shellcheck source=packaging/machine.sh
source "$folder/packaging/machine.sh"

expect() { [ "$2" = "$3" ] || fail "$1: '$2' instead of '$3'"; }
# A machine with so many MiB, and swap.
machine() { printf 'MemTotal: 1 kB\nMemAvailable: %d kB\nSwapFree: %d kB\n' $(($1 * 1024)) $(($2 * 1024)) > "$folder/proc/meminfo"; }
# group FOLDER LIMIT USED CACHE, in MiB: of version 2.
group() {
  echo $(($2 << 20)) > "$folder/groups/$1/memory.max"
  echo $(($3 << 20)) > "$folder/groups/$1/memory.current"
  printf 'anon 1\nfile %d\nfile_mapped 7\n' $(($4 << 20)) > "$folder/groups/$1/memory.stat"
}

machine 4000 500
echo '0::/a/b' > "$folder/proc/self/cgroup"
expect "no limit" "$(memory_mib)" "4000 4500"
echo max > "$folder/groups/a/b/memory.max"
expect "a group without a limit" "$(memory_mib)" "4000 4500"
group a/b 2000 900 400
expect "a group's, whose files do not count" "$(memory_mib)" "1500 1500"
group a 1000 300 0
expect "the group's around it" "$(memory_mib)" "700 700"
group a 9000 0 0
group a/b 9000 0 0
expect "more than there is" "$(memory_mib)" "4000 4500"
printf '3:cpu:/x\n4:memory:/x\n' > "$folder/proc/self/cgroup"
echo 9223372036854771712 > "$folder/groups/memory/memory.limit_in_bytes"
expect "version 1 without a limit" "$(memory_mib)" "4000 4500"
echo $((800 << 20)) > "$folder/groups/memory/memory.limit_in_bytes"
echo $((300 << 20)) > "$folder/groups/memory/memory.usage_in_bytes"
echo "total_cache $((100 << 20))" > "$folder/groups/memory/memory.stat"
expect "version 1" "$(memory_mib)" "600 600"
rm "$folder/groups/memory/memory.limit_in_bytes"

expect "one for each processor" "$(compilers_at_once 700)" 4
expect "as many as there is memory for" "$(compilers_at_once 1500)" 2
expect "swap is for none" "$(compilers_at_once 4100)" 1
machine 500 300
expect "one at least" "$(compilers_at_once 700)" 1
expect "swap is enough for one" "$(why_not_build 700)" ''
machine 500 100
expect "what is missing" "$(why_not_build 700)" \
  "a compiler needs 700 MiB of memory, and 600 MiB are free, with swap. End other programs or add swap; or take the package, which compiles nothing (README.md)"

# Said before anything is installed or compiled.
"$folder/dev" demo > "$folder/said" 2>&1 && fail "a machine that cannot build it"
expect "what it says" "$(cat "$folder/said")" "dev: demo: it cannot be compiled on this machine: $(why_not_build "$demo_compiler_mib"). Nothing was installed"
[ ! -e "$folder/calls" ] || fail "it did something: $(cat "$folder/calls")"

expect "one compiler" "$(about_minutes 46 1 1)" "about $((46 * pace_of_a_file / 60 + 1)) minutes"
expect "little" "$(about_minutes 1 4 0.5)" "about a minute"
