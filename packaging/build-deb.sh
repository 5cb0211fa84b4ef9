#!/bin/bash
# build-deb.sh [JOBS]: makes the Debian packages of this machine's architecture in build/deb/. The version is CMakeLists.txt's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs=${1:-$(nproc)}

version=$(sed -nE 's/^project\(sensor-project VERSION ([0-9.]+) .*/\1/p' CMakeLists.txt)
tree=build/deb/sensor-project-$version
rm -rf "$tree"
mkdir -p "$tree"
cp -r CMakeLists.txt LICENSE README.md broker-config cmake common man services systemd packaging/debian "$tree/"

# Made from what is known, so that the same sources give the same package.
date=$(git log -1 --format=%cD 2> /dev/null || date -R -r CHANGELOG.md)
cat > "$tree/debian/changelog" << END
sensor-project ($version) bookworm; urgency=medium

  * What changed stands in CHANGELOG.md of the sources.

 -- Sensor Project <maintainers@sensor-project.invalid>  $date
END

# debhelper gives the build an empty home; the compiler cache stays where it is.
if command -v ccache > /dev/null; then
  CCACHE_DIR=${CCACHE_DIR:-$(ccache --get-config cache_dir)}
  export CCACHE_DIR
fi
cd "$tree"
DEB_BUILD_OPTIONS="parallel=$jobs ${DEB_BUILD_OPTIONS:-}" dpkg-buildpackage --build=binary --no-sign > ../build.log 2>&1 || {
  tail -n 40 ../build.log >&2
  echo "build-deb: dpkg-buildpackage failed; all it said: build/deb/build.log" >&2
  exit 1
}
ls -1 ../sensor-project_"$version"_*.deb
