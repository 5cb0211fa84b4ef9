#!/bin/bash
# tree_test.sh DEV: what a command finds in a Debian tree that packaging/enter-tree.sh takes it into. The tree of the test is a
# folder with this machine's /usr.
set -euo pipefail
unshare --mount true 2> /dev/null || { echo "NOT RUN: only root makes namespaces, and not in every container"; exit 77; }
# shellcheck source=tests/dev_script/copy_of_dev.sh
. "$(dirname "${BASH_SOURCE[0]}")/copy_of_dev.sh"

tree=$folder/tree
mkdir -p "$tree"/{usr,etc,proc,dev,sys,tmp}
for name in bin sbin lib lib32 lib64; do ln -s "usr/$name" "$tree/$name"; done

# in_tree COMMAND...: the outer namespace takes the tree's /usr with it when it ends.
# shellcheck disable=SC2016 # the inner shell expands these, in the new namespace
in_tree() {
  unshare --mount bash -euc 'mount --bind /usr "$0/usr"; exec "${@:1}"' "$tree" "$folder/packaging/enter-tree.sh" "$tree" "$@" 2>&1
}

expect() {
  local found
  found=$(in_tree "${@:2}") || fail "${*:2}: $found"
  [ "$found" = "$1" ] || fail "${*:2}: expected '$1', found '$found'"
}

expect "$folder" pwd
expect "has mounts of its own" unshare --mount sh -c 'mount --bind /usr /tmp && echo has mounts of its own'
