#!/bin/bash
# release_test.sh DEV BUILD: what two builds differ in is named, and what a package is made of is told as dpkg knows it.
set -euo pipefail
packaging=$(dirname "$1")/packaging
build=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
expect() { [ "$2" = "$3" ] || fail "$1: '$2' instead of '$3'"; }

# pack NAME FILE: a package of it, as it is.
mkdir -p "$folder/tree/DEBIAN" "$folder/tree/usr/bin"
printf 'Package: sensor-project\nVersion: 9.1~deb12\nArchitecture: %s\nMaintainer: T <t@example.org>\nDepends: libc6 (>= 2)\nDescription: t\n' \
  "$(dpkg --print-architecture)" > "$folder/tree/DEBIAN/control"
pack() { SOURCE_DATE_EPOCH=1700000000 dpkg-deb --root-owner-group -Znone --build "$folder/tree" "$folder/$1.deb" > /dev/null; }

# ---- the same bytes ----

cp "$build/services/sensorctl/sensorctl" "$folder/tree/usr/bin/"
echo 1 > "$folder/tree/usr/bin/changes"
pack a
pack b
expect "two of the same" "$("$packaging/same-bytes.sh" "$folder/a.deb" "$folder/b.deb")" ''
differs() {
  "$packaging/same-bytes.sh" "$folder/a.deb" "$folder/b.deb" > "$folder/said" && fail "what differs ends well: $1"
  grep -qE "$1" "$folder/said" || fail "it does not say '$1': $(cat "$folder/said")"
}
echo 2 > "$folder/tree/usr/bin/changes"
pack b
differs '^  content: /usr/bin/changes$'
[ "$(wc -l < "$folder/said")" = 2 ] || fail "it names more than what differs: $(cat "$folder/said")"
rm "$folder/tree/usr/bin/changes"
pack b
differs '^  only in the first: /usr/bin: changes$'
echo 1 > "$folder/tree/usr/bin/changes"
chmod 755 "$folder/tree/usr/bin/changes"
pack b
differs '^  listed: -rwxr-xr-x .*/usr/bin/changes$'

# With a base folder the compiler cache writes other paths into the programs than a build without it.
mkdir "$folder/bin"
printf '#!/bin/sh\nenv > %s/environment\nexit 1\n' "$folder" > "$folder/bin/dpkg-buildpackage"
chmod +x "$folder/bin/dpkg-buildpackage"
env CCACHE_BASEDIR="$folder" CCACHE_NOHASHDIR=1 INTO="$folder/built" PATH="$folder/bin:$PATH" "$packaging/build-deb.sh" > /dev/null 2>&1 && fail "a package is made of nothing"
[ -s "$folder/environment" ] || fail "it does not come to dpkg-buildpackage"
! grep -E '^CCACHE_(BASEDIR|NOHASHDIR)=' "$folder/environment" || fail "a package is compiled with a base folder"

# ---- the bill of materials ----

SOURCE_DATE_EPOCH=1700000000 "$packaging/sbom.pl" "$folder/a.deb" "$build" 'sources sha256:1' > "$folder/a.json"
# said PATH...: what stands there; components by their names.
said() {
  perl -MJSON::PP -e '
    local $/;
    my $value = decode_json(<STDIN>);
    $value->{components} = {map { $_->{name} => $_ } @{$value->{components}}};
    for my $key (@ARGV) { $value = ref $value eq "ARRAY" ? (grep { ($_->{name} // "") eq $key } @$value)[0] // $value->[$key =~ /^\d+$/ ? $key : 0] : $value->{$key} }
    print ref $value ? encode_json($value) : $value // ""' "$@" < "$folder/a.json"
}
installed() { dpkg-query --show --showformat "\${$2}" "$1"; }
expect format "$(said bomFormat) $(said specVersion)" "CycloneDX 1.5"
expect time "$(said metadata timestamp)" 2023-11-14T22:13:20Z
expect version "$(said metadata component version)" '9.1~deb12'
expect checksum "$(said metadata component hashes 0 content)" "$(sha256sum < "$folder/a.deb" | cut -d' ' -f1)"
expect sources "$(said metadata component properties sensor-project:sources value)" 'sources sha256:1'
expect release "$(said metadata component properties sensor-project:release value)" 9.1
expect "a library" "$(said components libsqlite3-0 version)" "$(installed libsqlite3-0 Version)"
expect "its use" "$(said components libsqlite3-0 properties sensor-project:use value)" linked
expect "its source" "$(said components libsqlite3-0 properties debian:source value)" "sqlite3 $(installed libsqlite3-0 source:Version)"
grep -q public-domain < <(said components libsqlite3-0 licenses) || fail "the licence of SQLite: $(said components libsqlite3-0)"
expect "headers" "$(said components libcli11-dev properties sensor-project:use value)" "headers compiled in"
expect "what only tests include" "$(said components libgtest-dev version)$(said components librapidcheck-dev version)" ''
expect "each component once" "$(grep -c '"bom-ref": "pkg:deb/debian/libsqlite3-0@' "$folder/a.json")" 1
SOURCE_DATE_EPOCH=1700000000 "$packaging/sbom.pl" "$folder/a.deb" "$build" 'sources sha256:1' | cmp - "$folder/a.json" || fail "it is another one the second time"
rm "$folder/tree/usr/bin/sensorctl"
pack none
SOURCE_DATE_EPOCH=1 "$packaging/sbom.pl" "$folder/none.deb" "$build" s > "$folder/said" 2>&1 && fail "a package without programs has a bill"
grep -q 'has no program$' "$folder/said" || fail "of a package without programs it says: $(cat "$folder/said")"

# ---- what ./dev release asks for first ----

refused() {
  "$packaging/release.sh" "${@:2}" > "$folder/said" 2>&1 && fail "it takes $*"
  grep -q -- "$1" "$folder/said" || fail "to ${*:2} it says: $(cat "$folder/said")"
}
unset SENSOR_RELEASE_KEY
refused 'whose key signs it?' --arch amd64
refused "gpg has no secret key 'nobody@nowhere.invalid'" --key nobody@nowhere.invalid
refused '--arch needs amd64, arm64 or armhf' --arch i386
refused "--suite needs 'bookworm' or 'trixie'" --suite sid
refused "there is no '--fast'" --fast yes
refused '--key needs a value' --key
