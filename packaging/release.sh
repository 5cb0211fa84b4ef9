#!/bin/bash
# release.sh --key KEY [--suite SUITE] [--arch ARCHITECTURE]... [--into FOLDER] [--url URL] [--once]: what ./dev release does;
# docs/releasing.md says when and how. Packages for each suite and architecture, each built a second time elsewhere and compared,
# in an apt repository that KEY signs. Needs root, and sources that are committed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source packaging/suites.sh

fail() {
  echo "release: $*" >&2
  exit 1
}
say() { echo "release: $*" >&2; }

key=${SENSOR_RELEASE_KEY:-}
suites=(bookworm trixie)
architectures=()
into=build/repository
url=()
once=
while [ $# -gt 0 ]; do
  [ "$1" = --once ] || [ $# -gt 1 ] || fail "$1 needs a value, or is none of --key, --suite, --arch, --into, --url and --once"
  case $1 in
    --key) key=$2; shift ;;
    --suite) suite_number "$2" > /dev/null || fail "--suite needs 'bookworm' or 'trixie'"; suites=("$2"); shift ;;
    --arch) [[ $2 =~ ^(amd64|arm64|armhf)$ ]] || fail "--arch needs amd64, arm64 or armhf"; architectures+=("$2"); shift ;;
    --into) into=$2; shift ;;
    --url) [[ $2 =~ ^(https?|file): ]] || fail "--url needs an address that begins with https:// or http://"; url=(--url "$2"); shift ;;
    --once) once=yes ;;
    *) fail "there is no '$1'; there are --key, --suite, --arch, --into, --url and --once" ;;
  esac
  shift
done
[ ${#architectures[@]} -gt 0 ] || architectures=(amd64 arm64 armhf)

version=$(sed -nE 's/^project\(sensor-project VERSION ([0-9.]+) .*/\1/p' CMakeLists.txt)
grep -q "^## \[$version\] - [0-9]" CHANGELOG.md || fail "CHANGELOG.md has no release $version with a date, which CMakeLists.txt says it is"
# Before hours of compiling, not behind them.
packaging/repository.sh --check-key "$key"
[ ${#url[@]} -gt 0 ] || fail "where will owners find it? Name the address with --url: it stands in the file that they install"
[ -z "$(git status --porcelain)" ] || fail "what is released is what is committed: git status shows what is not"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

# made FILE FOLDER: is to be published there. What was published under a name stays as it is, as machines have it by its checksum.
files=()
folders=()
made() {
  local there
  there=$2/$(basename "$1")
  [ ! -e "$there" ] || cmp --silent "$1" "$there" || fail "$there is another one already: a version that was published does not change; raise the version"
  files+=("$1")
  folders+=("$2")
}

# When all of it is there.
publish() {
  local i
  for i in "${!files[@]}"; do
    mkdir -p "${folders[i]}"
    cp "${files[i]}" "${folders[i]}/"
  done
}

# in_suite SUITE COMMAND...: here, or in the tree of the other Debian, which ./dev deb has made.
in_suite() {
  if [ "$1" = "$(suite_here)" ]; then "${@:2}"; else packaging/enter-tree.sh "build/suites/$1/root" --build "build/suites/$1/build" "${@:2}"; fi
}

# release_package SUITE ARCHITECTURE
release_package() {
  local suite=$1 architecture=$2 built=build deb package
  [ "$suite" = "$(suite_here)" ] || built=build/suites/$suite/build
  deb=$built/deb/sensor-project_$version~deb$(suite_number "$suite")_$architecture.deb
  ./dev deb "$architecture" --suite "$suite"
  if [ -z "$once" ]; then
    say "the same again for $suite, $architecture: in another folder, another time zone, without the compiler cache"
    INTO=build/deb-again/in-another-folder CCACHE_DISABLE=1 TZ=Pacific/Kiritimati in_suite "$suite" packaging/build-deb.sh "$architecture" > /dev/null
    for package in "$built"/deb/sensor-project{,-dbgsym}_"$version~deb$(suite_number "$suite")_$architecture".deb; do
      packaging/same-bytes.sh "$package" "$built/deb-again/in-another-folder/$(basename "$package")" || fail "a second build of $package gives other bytes, as said above"
    done
    say "a second build gives the same bytes: $deb"
  fi
  made "$deb" "$into/pool/$suite"
  made "${deb%.deb}.cdx.json" "$into/sbom"
  # It has the time of the build in it, so that one is as good as another.
  [ -e "$into/buildinfo/$(basename "${deb%.deb}.buildinfo")" ] || made "${deb%.deb}.buildinfo" "$into/buildinfo"
}

mkdir -p build
sources=sensor-project-$version.tar.xz
git archive --prefix="${sources%.tar.xz}/" HEAD | xz > "build/$sources"
made "build/$sources" "$into"
SENSOR_SOURCES="$sources sha256:$(sha256sum < "build/$sources" | cut -d' ' -f1)"
export SENSOR_SOURCES
for suite in "${suites[@]}"; do
  for architecture in "${architectures[@]}"; do release_package "$suite" "$architecture"; done
done
publish
packaging/repository.sh "$into" --key "$key" "${url[@]}"
say "version $version for ${suites[*]}, ${architectures[*]} is in $into, signed; upload pool first and dists last"
