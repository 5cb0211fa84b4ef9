#!/bin/bash
# previous.sh DEB: prints the path of a package of the version before DEB's: for Debian 12, and where the history is there, of the
# commit that was 0.1.0; else DEB itself under that version.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
deb=$1
version=0.1.0
commit=4b8ea9ff15a90bef770bc5aa4c64b3f63e543ca1
folder=build/previous

fail() {
  [ ! -e "$folder.log" ] || tail -n 20 "$folder.log" >&2
  echo "rig: making version $version failed; all that was said: $folder.log" >&2
  exit 1
}

build_the_commit() {
  set -e
  rm -rf "$folder"
  mkdir -p "$folder"
  git archive "$commit" | tar -x -C "$folder"
  "$folder/dev" deps
  cmake -S "$folder" -B "$folder/build/dev" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O0 -DCMAKE_INSTALL_PREFIX=/usr \
    -DSENSOR_UNIT_DIR=/lib/systemd/system -DSENSOR_TESTS=OFF -DSENSOR_TOGETHER=ON &&
    cmake --build "$folder/build/dev" -j "${JOBS:-$(nproc)}" &&
    BUILT=build/dev "$folder/packaging/build-deb.sh"
}

# Its sources do not compile on Debian 13.
debian=$(dpkg-deb --field "$deb" Version)
debian=${debian##*~}
if [ "$debian" = deb12 ] && git cat-file -e "$commit" 2> /dev/null; then
  previous=$folder/build/dev/deb/sensor-project_${version}_$(dpkg --print-architecture).deb
  if [ ! -e "$previous" ]; then
    echo "rig: building version $version from its commit" >&2
    (build_the_commit) > "$folder.log" 2>&1 &
    wait $! || fail
  fi
else
  echo "rig: version $version is here what is tried, under another number" >&2
  previous=$folder.$debian/sensor-project_$version~${debian}_$(dpkg --print-architecture).deb
  rm -rf "${previous%/*}"
  dpkg-deb --raw-extract "$deb" "${previous%/*}/tree"
  sed -i "s/^Version: .*/Version: $version~$debian/" "${previous%/*}/tree/DEBIAN/control"
  dpkg-deb --root-owner-group --build "${previous%/*}/tree" "$previous" > /dev/null
fi
echo "$previous"
