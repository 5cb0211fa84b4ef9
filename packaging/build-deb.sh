#!/bin/bash
# build-deb.sh [ARCHITECTURE]: makes the Debian packages in build/deb/, for this machine's architecture or, in a tree of
# packaging/cross/make-root.sh, for arm64 or armhf. Prints the package's path. JOBS=N: how many compilers run at once.
# VERSION=V: in place of CMakeLists.txt's; behind it stands for which Debian the package is, this machine's: 0.2.0~deb12.
# PREPARE=PROGRAM: is run on the copy of the sources first.
# BUILT=FOLDER: packs the programs of a build that is there, in FOLDER/deb, and compiles nothing; for a rig that has little time.
# INTO=FOLDER: in place of build/deb. SOURCE_DATE_EPOCH: in place of the last commit's time. SENSOR_SOURCES: what the package's
# bill of materials, FILE.cdx.json beside it, calls its sources.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source packaging/suites.sh
suite=$(suite_here) || { echo "build-deb: packages are made on Debian 12 and 13, and here is $(of_this_system PRETTY_NAME)" >&2; exit 1; }
here=$(dpkg --print-architecture)
architecture=${1:-$here}
jobs=${JOBS:-$(nproc)}

# The same path for every version, so that the compiler cache knows the files again.
folder=${INTO:-${BUILT:-build}/deb}
tree=$folder/source-$architecture
rm -rf "$tree"
mkdir -p "$tree"
cp -r CMakeLists.txt CHANGELOG.md LICENSE broker-config cmake common demo docs man services systemd packaging/debian "$tree/"
mapfile -t documents < <(sed -n '/^set(SENSOR_DOCUMENTS$/,/^)/s/^  //p' CMakeLists.txt)
cp --parents "${documents[@]}" "$tree/"
# What the demo, which is installed, is made of.
mkdir -p "$tree/tests"
cp -r tests/data tests/reference_api tests/rig "$tree/tests/"
[ -z "${PREPARE:-}" ] || "$PREPARE" "$tree"
version=${VERSION:-$(sed -nE 's/^project\(sensor-project VERSION ([0-9.]+) .*/\1/p' CMakeLists.txt)}~deb$(suite_number "$suite")

# Made from what is known, so that the same sources give the same package.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2> /dev/null || date -r CHANGELOG.md +%s)}
export SOURCE_DATE_EPOCH
cat > "$tree/debian/changelog" << END
sensor-project ($version) $suite; urgency=medium

  * What changed stands in /usr/share/doc/sensor-project/CHANGELOG.md.

 -- Sensor Project <maintainers@sensor-project.invalid>  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
END
sources=${SENSOR_SOURCES:-sha256:$(cd "$tree" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)}

in_tree=()
# With a base folder the compiler cache writes paths from there into what it compiles: ../common, where without it is ./common.
build=(env -u CCACHE_BASEDIR -u CCACHE_NOHASHDIR "DEB_BUILD_OPTIONS=parallel=$jobs ${DEB_BUILD_OPTIONS:-}")
[ -z "${BUILT:-}" ] || build=(env "BUILT=$PWD/$BUILT" "DEB_BUILD_OPTIONS=noautodbgsym")
if [ "$architecture" = "$here" ]; then
  # debhelper gives the build an empty home; the compiler cache stays where it is.
  ! command -v ccache > /dev/null || build+=("CCACHE_DIR=${CCACHE_DIR:-$(ccache --get-config cache_dir)}")
  build+=(sh -c "cd '$tree' && dpkg-buildpackage --build=binary --no-sign")
else
  packaging/cross/make-root.sh "$architecture"
  in_tree=(packaging/enter-tree.sh "build/cross/$architecture")
  build=("${in_tree[@]}" "${build[@]}" sh -c "cd '$tree' && dpkg-buildpackage --build=binary --no-sign --host-arch $architecture -Pcross,nocheck")
fi
"${build[@]}" > "$folder/build-$architecture.log" 2>&1 || {
  tail -n 40 "$folder/build-$architecture.log" >&2
  echo "build-deb: dpkg-buildpackage failed; all it said: $folder/build-$architecture.log" >&2
  exit 1
}
deb=$folder/sensor-project_${version}_$architecture.deb
objects=("$tree"/obj-*)
"${in_tree[@]}" packaging/sbom.pl "$deb" "${BUILT:-${objects[0]}}" "$sources" > "${deb%.deb}.cdx.json"
ls -1 "$deb"
