#!/bin/bash
# apt-sources.sh: prints where mmdebstrap gets Debian 12 from: $SENSOR_RIG_SOURCES (a file, an address or a line of a list) if set,
# else what this machine's apt uses, in the newer form or the older, else Debian's own mirror.
set -euo pipefail

if [ -n "${SENSOR_RIG_SOURCES:-}" ]; then
  echo "$SENSOR_RIG_SOURCES"
elif [ -s /etc/apt/sources.list.d/debian.sources ]; then
  echo /etc/apt/sources.list.d/debian.sources
elif grep -qsE '^deb .*(http|https|file|copy):.* bookworm' /etc/apt/sources.list; then
  echo /etc/apt/sources.list
else
  echo http://deb.debian.org/debian
fi
