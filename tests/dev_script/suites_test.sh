#!/bin/bash
# suites_test.sh DEV: where packaging/apt-sources.sh gets another Debian from, and what ./dev says to a suite that is none.
set -euo pipefail
# shellcheck source=tests/dev_script/copy_of_dev.sh
. "$(dirname "${BASH_SOURCE[0]}")/copy_of_dev.sh"
mkdir -p "$folder/apt/sources.list.d"
system
export APT_FOLDER=$folder/apt
unset SENSOR_RIG_SOURCES

expect() { [ "$2" = "$3" ] || fail "$1: '$2' instead of '$3'"; }
sources() { "$folder/packaging/apt-sources.sh" "$@"; }

sources trixie 2> "$folder/said" && fail "sources from nowhere"
expect "without sources" "$(cat "$folder/said")" \
  "apt-sources: apt on this machine gets no Debian bookworm; SENSOR_RIG_SOURCES names where to get trixie from"

echo 'deb [signed-by=/k.gpg] http://mirror.invalid/bookworm bookworm-updates main' > "$folder/apt/sources.list"
echo 'deb http://mirror.invalid/debian bookworm main' >> "$folder/apt/sources.list"
expect "this suite from a list" "$(sources)" "$folder/apt/sources.list"
expect "another from a list" "$(cat "$folder/$(sources trixie)")" \
  $'deb [signed-by=/k.gpg] http://mirror.invalid/bookworm trixie-updates main\ndeb http://mirror.invalid/debian trixie main'

mv "$folder/apt/sources.list" "$folder/apt/sources.list.d/mirror.list"
expect "this suite from a list with another name" "$(sources)" "$folder/apt/sources.list.d/mirror.list"

cat > "$folder/apt/sources.list.d/debian.sources" << 'END'
Types: deb
# as bookworm was
URIs: http://mirror.invalid/bookworm
Suites: bookworm bookworm-updates bookworm-security
Components: main
END
expect "this suite" "$(sources bookworm)" "$folder/apt/sources.list.d/debian.sources"
expect "another" "$(grep -v '^#' "$folder/$(sources trixie)")" "Types: deb
URIs: http://mirror.invalid/bookworm
Suites: trixie trixie-updates trixie-security
Components: main"
expect "what an owner names" "$(SENSOR_RIG_SOURCES=/my/mirror sources trixie)" /my/mirror

"$folder/dev" build --suite woody 2> "$folder/said" && fail "a suite that is none"
expect "a suite that is none" "$(cat "$folder/said")" "dev: --suite needs 'bookworm' or 'trixie'"
"$folder/dev" build --suite 2> "$folder/said" && fail "--suite alone"
expect "--suite alone" "$(cat "$folder/said")" "dev: --suite needs 'bookworm' or 'trixie'"
