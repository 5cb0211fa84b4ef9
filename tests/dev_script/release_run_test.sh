#!/bin/bash
# release_run_test.sh DEV: a release from the key to the signed folder, with builds of the test's own in place of hours of compiling:
# what two builds differ in, what is not committed and what was published otherwise is refused, and nothing of it published.
set -euo pipefail
source_folder=$(dirname "$1")
# gpg puts a socket below its home, whose path must be short.
folder=$(mktemp -d /tmp/release.XXXXXX)
export GNUPGHOME=$folder/gpg OS_RELEASE=$folder/os-release
trap 'gpgconf --kill all; rm -rf "$folder"' EXIT
unset SENSOR_RELEASE_KEY INTO SOURCE_DATE_EPOCH
mkdir -m 700 "$GNUPGHOME"
gpg --batch --quiet --passphrase '' --quick-generate-key 'owner <owner@example.org>' ed25519 sign 1y 2> /dev/null
printf 'ID=debian\nVERSION_CODENAME=bookworm\n' > "$OS_RELEASE"
architecture=$(dpkg --print-architecture)

fail() {
  echo "FAILED: $*" >&2
  sed 's/^/  | /' "$folder/said" >&2
  exit 1
}

# A project of two files, whose package has them.
project=$folder/project
mkdir -p "$project/packaging"
cd "$project"
cp "$source_folder"/packaging/{release,repository,same-bytes,suites}.sh packaging/
cat > packaging/build-deb.sh << 'END'
#!/bin/bash
# Into $INTO: the second build, which $UNLIKE makes another one.
set -euo pipefail
into=${INTO:-build/deb}
mkdir -p "$into/tree/DEBIAN" "$into/tree/usr/share/tiny"
cat source ${INTO:+${UNLIKE:-}} > "$into/tree/usr/share/tiny/file"
printf 'Package: sensor-project\nVersion: 1.0~deb12\nArchitecture: %s\nMaintainer: T <t@example.org>\nDescription: t\n' "$1" > "$into/tree/DEBIAN/control"
for kind in '' -dbgsym; do dpkg-deb --root-owner-group --build "$into/tree" "$into/sensor-project${kind}_1.0~deb12_$1.deb" > /dev/null; done
echo "{\"sources\": \"$SENSOR_SOURCES\"}" > "$into/sensor-project_1.0~deb12_$1.cdx.json"
date +%N > "$into/sensor-project_1.0~deb12_$1.buildinfo"
END
cat > dev << 'END'
#!/bin/bash
[ "$1 $3 $4" = "deb --suite bookworm" ] && exec packaging/build-deb.sh "$2"
END
chmod +x dev packaging/build-deb.sh
echo 'project(sensor-project VERSION 1.0 LANGUAGES CXX' > CMakeLists.txt
printf '## [1.0] - 2026-11-30\n' > CHANGELOG.md
echo one > source
echo build > .gitignore
commit() { git add -A && git -c user.name=t -c user.email=t@example.org commit --quiet --message "$1"; }
git init --quiet
commit first

release() { packaging/release.sh --key owner --url https://packages.example.com --suite bookworm --arch "$architecture" "$@" > "$folder/said" 2>&1; }
refuses() {
  release "${@:2}" && fail "it is released: $1"
  grep -qF -- "$1" "$folder/said" || fail "it does not say: $1"
}
published() { (cd build/repository && find . -type f -not -path './dists/*' | LC_ALL=C sort | tr '\n' ' '); }

UNLIKE=CHANGELOG.md refuses 'a second build of build/deb/sensor-project_1.0~deb12'
grep -q '  content: /usr/share/tiny/file' "$folder/said" || fail "it does not name the file that differs"
[ ! -e build/repository ] || fail "it published $(published)"
echo two > new
refuses 'what is released is what is committed'
rm new
release || fail "it is not released"
package=pool/bookworm/sensor-project_1.0~deb12_$architecture.deb
for file in InRelease Release.gpg; do [ -s "build/repository/dists/bookworm/$file" ] || fail "$file is not there"; done
[ "$(published)" = "./SHA256SUMS ./SHA256SUMS.asc ./bookworm.sources ./buildinfo/sensor-project_1.0~deb12_$architecture.buildinfo ./$package ./sbom/sensor-project_1.0~deb12_$architecture.cdx.json ./sensor-project-1.0.tar.xz ./sensor-project.asc " ] ||
  fail "it published $(published)"
grep -q "sensor-project-1.0.tar.xz sha256:$(sha256sum < build/repository/sensor-project-1.0.tar.xz | cut -d' ' -f1)" build/repository/sbom/* || fail "the bill does not name the sources"
[ "$(tar -xJOf build/repository/sensor-project-1.0.tar.xz sensor-project-1.0/source)" = one ] || fail "the sources are others"

# The same once more is the same; another one under this number is refused.
before=$(sha256sum < "build/repository/$package")
release || fail "it is not released again"
release --once || fail "it is not released without a second build"
echo two > source
commit second
refuses 'a version that was published does not change; raise the version'
[ "$(sha256sum < "build/repository/$package")" = "$before" ] || fail "the package was replaced"
echo '## [1.1] - later' > CHANGELOG.md
commit third
refuses 'CHANGELOG.md has no release 1.0 with a date'
