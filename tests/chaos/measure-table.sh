#!/bin/bash
# measure-table.sh PROGRAM DOCUMENT: runs PROGRAM, the tests of real faults, and puts the row that each of them measures
# between the two marks in DOCUMENT. Nothing is changed when a test fails.
set -euo pipefail

[ $# -eq 2 ] || { echo "usage: $0 PROGRAM DOCUMENT" >&2; exit 64; }
rows=$(mktemp)
trap 'rm -f "$rows" "$rows.new"' EXIT

SENSOR_CHAOS_TABLE=$rows "$1" --gtest_filter=-ChaosRun.*
awk -v rows="$rows" '
  /^<!-- end of what was measured -->$/ { inside = 0 }
  !inside { print }
  /^<!-- measured/ {
    inside = 1
    print "| fault | what the guide'\''s system did | what this one does | test | readings lost | loop blocked | memory peak, MiB |"
    print "|---|---|---|---|--:|--:|---|"
    while ((getline row < rows) > 0) print row
  }' "$2" > "$rows.new"
cat "$rows.new" > "$2"
echo "$2: $(wc -l < "$rows") rows"
