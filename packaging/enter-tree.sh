#!/bin/bash
# enter-tree.sh TREE [--build FOLDER] COMMAND...: runs a command in a Debian tree. There the project has the path that it has here,
# and the compiler cache is this user's; --build: a folder that is the project's build/ in the tree. Needs root. Nothing that it
# mounts or starts outlives the command.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$(realpath "$1")
shift
build=$PWD/build
[ "$1" != --build ] || { build=$(realpath "$2"); shift 2; }
project=$PWD
cache=$(ccache --get-config cache_dir 2> /dev/null || echo "${CCACHE_DIR:-$HOME/.cache/ccache}")
export root build project cache
mkdir -p "$root$project" "$root/ccache" "$cache" build
# The network is this machine's, its names too.
cp --remove-destination "$(realpath /etc/resolv.conf)" "$root/etc/resolv.conf"
passed=()
for name in JOBS TOGETHER INTO SOURCE_DATE_EPOCH SENSOR_SOURCES CCACHE_DISABLE TZ http_proxy https_proxy no_proxy; do [ -z "${!name:-}" ] || passed+=("$name=${!name}"); done
# shellcheck disable=SC2016 # the inner shells expand these, in the new namespace and in the tree
exec unshare --mount --pid --fork --kill-child --propagation private bash -euc '
  mount --rbind "$root" "$root" # so that what runs in there may have mounts of its own
  mount --bind "$project" "$root$project"
  mount --bind "$build" "$root$project/build"
  mount --bind "$cache" "$root/ccache"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount --rbind /sys "$root/sys"
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 CCACHE_DIR=/ccache CCACHE_BASEDIR="$project" CCACHE_NOHASHDIR=1 \
    chroot "$root" env -C "$project" "$@"' enter "${passed[@]}" "$@"
