#!/bin/bash
# suite-tree.sh SUITE: a tree of another Debian, build/suites/SUITE/root, with what mmdebstrap needs to begin with; ./dev deps
# brings the rest when it runs in there, and build/suites/SUITE/build is where it builds. Needs root. Made once; made anew when
# this script has changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
suite=$1
folder=build/suites/$suite

mkdir -p "$folder/build"
exec 9> "$folder/lock"
flock 9
fingerprint=$(sha256sum < packaging/suite-tree.sh)
[ "$fingerprint" != "$(cat "$folder/made" 2> /dev/null)" ] || exit 0
sources=$(packaging/apt-sources.sh "$suite")
rm -rf "$folder/root" "$folder/made"
# policy-rc.d: a server that is installed in there is not started.
mmdebstrap --variant=minbase --mode=root --aptopt='Apt::Install-Recommends "false"' --include=ca-certificates,ccache,git,procps \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' --dpkgopt='path-exclude=/usr/share/locale/*' \
  "$suite" "$folder/root" "$sources" > "$folder/log" 2>&1 || {
  tail -n 20 "$folder/log" >&2
  echo "suite-tree: making the tree of $suite failed; all it said: $folder/log" >&2
  exit 1
}
[ -s "$folder/root/etc/apt/sources.list" ] || mv "$folder"/root/etc/apt/sources.list.d/{*,debian}.sources # for a tree in there
printf '#!/bin/sh\nexit 101\n' > "$folder/root/usr/sbin/policy-rc.d"
chmod +x "$folder/root/usr/sbin/policy-rc.d"
echo "$fingerprint" > "$folder/made"
