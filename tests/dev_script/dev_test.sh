#!/bin/bash
# dev_test.sh DEV: what ./dev says and does before it builds anything, with a cmake of the test's own.
set -euo pipefail
# shellcheck source=tests/dev_script/copy_of_dev.sh
. "$(dirname "${BASH_SOURCE[0]}")/copy_of_dev.sh"
program cmake << END
#!/bin/sh
echo "cmake \$*" >> $folder/calls
END
export PATH=$folder/bin:$PATH

wide=$("$folder/dev" help | awk 'length($0) > 80')
[ -z "$wide" ] || fail "the help has lines of more than 80 columns: $wide"

said=$("$folder/dev" dmeo 2>&1) && fail "a verb that is not there ends well"
[ "$said" = "dev: there is no verb 'dmeo'; did you mean 'demo'? ./dev help lists them" ] || fail "dmeo: $said"
said=$("$folder/dev" breakfast 2>&1) && fail "a verb that is not there ends well"
[ "$said" = "dev: there is no verb 'breakfast'; ./dev help lists them" ] || fail "breakfast: $said"

"$folder/dev" build dev 2> "$folder/alone" || fail "a build: $(cat "$folder/alone")"
[ ! -s "$folder/alone" ] || fail "a build that is alone says: $(cat "$folder/alone")"
[ "$(wc -l < "$folder/calls")" = 2 ] || fail "a build calls cmake twice: $(cat "$folder/calls")"

# While somebody builds here, a second one says so, touches nothing, and goes on behind it.
exec 8> "$folder/build/dev.lock"
flock 8
"$folder/dev" build dev 2> "$folder/second" 8>&- &
second=$!
for _ in $(seq 300); do [ -s "$folder/second" ] && break; sleep 0.1; done
[ "$(cat "$folder/second")" = "dev: another ./dev builds dev in this tree; waiting for its end" ] || fail "second: $(cat "$folder/second")"
[ "$(wc -l < "$folder/calls")" = 2 ] || fail "the second one did not wait"
exec 8>&-
wait "$second" || fail "the second one failed"
[ "$(wc -l < "$folder/calls")" = 4 ] || fail "the second one did not build"
