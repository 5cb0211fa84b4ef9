#!/bin/bash
# make-root.sh ARCHITECTURE: a tree of this machine's Debian in build/cross/ARCHITECTURE that compiles for arm64 or armhf here,
# with all that packaging/debian/control asks for, so that no foreign package comes onto the machine itself. Needs root. Made
# once; made anew when the control file has changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source packaging/suites.sh
architecture=$1
root=build/cross/$architecture

fingerprint=$(sha256sum packaging/debian/control packaging/cross/make-root.sh)
[ "$fingerprint" != "$(cat "$root.made" 2> /dev/null)" ] || exit 0
rm -rf "$root" "$root.made"
mkdir -p build/cross
# build-dep reads the control file: what runs while building is of this machine's architecture, what is linked of the other.
# shellcheck disable=SC2016 # mmdebstrap gives the hook the tree as $1
mmdebstrap --variant=minbase --mode=root --architectures="$(dpkg --print-architecture),$architecture" \
  --aptopt='Apt::Install-Recommends "false"' \
  --include="crossbuild-essential-$architecture,ccache,qemu-user-static" \
  --customize-hook='mkdir -p "$1/root/source/debian"' \
  --customize-hook='copy-in packaging/debian/control /root/source/debian' \
  --customize-hook="chroot \"\$1\" sh -c 'cd /root/source && apt-get build-dep -y --no-install-recommends --host-architecture $architecture ./'" \
  "$(suite_here)" "$root" "$(packaging/apt-sources.sh)" > "$root.log" 2>&1 || {
  tail -n 20 "$root.log" >&2
  echo "make-root: making the tree for $architecture failed; all it said: $root.log" >&2
  exit 1
}
echo "$fingerprint" > "$root.made"
