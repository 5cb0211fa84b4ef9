#!/bin/bash
# apt-sources.sh [SUITE]: prints where mmdebstrap gets a suite from (this machine's own by default): $SENSOR_RIG_SOURCES (a file,
# an address or a line of a list) if set, else where this machine's apt gets its own Debian, with the other suite's name.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source packaging/suites.sh

apt=${APT_FOLDER:-/etc/apt} # another one, for a test
here=$(of_this_system VERSION_CODENAME)
suite=${1:-$here}
if [ -n "${SENSOR_RIG_SOURCES:-}" ]; then
  echo "$SENSOR_RIG_SOURCES"
  exit
fi
# Others come last: Raspberry Pi OS has a file of its own packages beside Debian's.
for file in "$apt"/sources.list.d/debian.sources "$apt"/sources.list "$apt"/sources.list.d/*.sources "$apt"/sources.list.d/*.list; do
  grep -qsE "^(deb .*(http|https|file|copy):.*|Suites:.*)[[:space:]]$here([[:space:]]|\$)" "$file" || continue
  if [ "$suite" = "$here" ]; then
    echo "$file"
  else
    mkdir -p build/apt
    sed -E "/^(deb|Suites:)/s/([[:space:]])$here\b/\1$suite/g" "$file" > "build/apt/$suite.${file##*.}"
    echo "build/apt/$suite.${file##*.}"
  fi
  exit
done
echo "apt-sources: apt on this machine gets no Debian $here; SENSOR_RIG_SOURCES names where to get $suite from" >&2
exit 1
