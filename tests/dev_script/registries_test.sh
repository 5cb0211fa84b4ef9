#!/bin/bash
# registries_test.sh FOLDER: no script, recipe or list of ours names the host of a registry: packages come from where the machine's apt, npm
# and Docker are told to get them, which may be a mirror.
set -euo pipefail
hosts='(deb|security|snapshot|archive|mirror|cdn[a-z-]*|ftp[0-9a-z.]*)\.debian\.org|debian\.org/debian|npmjs\.(org|com)|yarnpkg\.com|(docker|ghcr|quay|gcr)\.io/|pypi\.org|pythonhosted\.org'
hosts+='|proxy\.golang\.org|crates\.io|raspberrypi\.(org|com)/(debian|raspbian)|raspbian\.org'
cd "$1"
found=$(find . \( -path ./build -o -path ./.git -o -path ./docs -o -name node_modules \) -prune -o -type f ! -name '*.md' -print0 |
  xargs -0 grep -nIE "$hosts" | grep -v '^\./tests/dev_script/registries_test\.sh:' || true)
[ -z "$found" ] || { echo "FAILED: these name a registry's host: $found" >&2; exit 1; }
