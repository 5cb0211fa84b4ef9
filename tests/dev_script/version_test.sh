#!/bin/bash
# version_test.sh DEV: all that says a version says the same one.
set -euo pipefail
cd "$(dirname "$1")"

version=$(sed -nE 's/^project\(sensor-project VERSION ([0-9.]+) .*/\1/p' CMakeLists.txt)
[ -n "$version" ] || { echo "FAILED: CMakeLists.txt has no version" >&2; exit 1; }

# expect WHERE WHAT
expect() { [ "$2" = "$version" ] || { echo "FAILED: $1 says '$2', and CMakeLists.txt $version" >&2; exit 1; }; }
expect "the newest release in CHANGELOG.md" "$(sed -nE 's/^## \[([0-9.]+)\] - [0-9]{4}-[0-9]{2}-[0-9]{2}$/\1/p' CHANGELOG.md | sed -n 1p)"
for file in docs/asyncapi.yaml services/sensor-http-bridge/openapi.yaml; do
  expect "info.version in $file" "$(sed -nE '/^info:/,/^[a-z]*:$/s/^  version: (.*)/\1/p' "$file")"
done

# Releases go from new to old, as apt orders them.
last=
while read -r release; do
  [ -z "$last" ] || dpkg --compare-versions "$release" lt "$last" || { echo "FAILED: CHANGELOG.md has $release behind $last" >&2; exit 1; }
  last=$release
done < <(sed -nE 's/^## \[([0-9.]+)\].*/\1/p' CHANGELOG.md)
