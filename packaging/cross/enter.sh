#!/bin/bash
# enter.sh ARCHITECTURE COMMAND...: runs a command in the tree of make-root.sh. There the project has the path that it has here,
# and the compiler cache is this user's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
architecture=$1
shift
export project=$PWD root=$PWD/build/cross/$architecture
cache=$(ccache --get-config cache_dir)
export cache
mkdir -p "$root$project" "$root/ccache" "$cache"
# shellcheck disable=SC2016 # the inner shells expand these, in the new namespace and in the tree
exec unshare --mount --fork --propagation private bash -euc '
  mount --bind "$project" "$root$project"
  mount --bind "$cache" "$root/ccache"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 CCACHE_DIR=/ccache CCACHE_BASEDIR="$project" CCACHE_NOHASHDIR=1 \
    chroot "$root" sh -c '\''cd "$0" && exec "$@"'\'' "$project" "$@"' enter "$@"
