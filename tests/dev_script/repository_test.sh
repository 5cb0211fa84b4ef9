#!/bin/bash
# repository_test.sh DEV: the repository that packaging/repository.sh makes is taken by this machine's apt, and refused once anything
# in it was changed; a key that apt of Debian 13 refuses is refused before. With keys and packages of the test's own.
set -euo pipefail
project=$(dirname "$1")
# gpg puts a socket below its home, whose path must be short.
folder=$(mktemp -d /tmp/repository.XXXXXX)
export GNUPGHOME=$folder/gpg
trap 'gpgconf --kill all; rm -rf "$folder"' EXIT
unset SENSOR_RELEASE_KEY
mkdir -m 700 "$GNUPGHOME"

fail() {
  echo "FAILED: $*" >&2
  [ ! -e "$folder/said" ] || sed 's/^/  | /' "$folder/said" >&2
  exit 1
}
make_key() { gpg --batch --quiet --passphrase '' --quick-generate-key "$1 <$1@example.org>" "$2" "${3:-sign}" 1y 2> /dev/null; }
repository() { "$project/packaging/repository.sh" "$folder/repository" --key "${1:-owner}" --url "file:$folder/repository" > "$folder/said" 2>&1; }

# package SUITE VERSION: a package of one file, in the pool.
package() {
  local tree=$folder/package
  mkdir -p "$tree/DEBIAN" "$tree/usr/share/tiny" "$folder/repository/pool/$1"
  echo "$1 $2" > "$tree/usr/share/tiny/version"
  printf 'Package: tiny\nVersion: %s\nArchitecture: %s\nMaintainer: T <t@example.org>\nDescription: tiny\n' "$2" "$(dpkg --print-architecture)" > "$tree/DEBIAN/control"
  dpkg-deb --root-owner-group --build "$tree" "$folder/repository/pool/$1/tiny_$2_$(dpkg --print-architecture).deb" > /dev/null
}

# An apt with nothing but the repository: a fresh one for each SUITE that is asked.
apt_of() {
  local suite=$1
  shift
  rm -rf "$folder/apt"
  mkdir -p "$folder"/apt/{etc/sources.list.d,etc/trusted,lists/partial,cache/archives/partial}
  cp "$folder/repository/$suite.sources" "$folder/apt/etc/sources.list.d/"
  : > "$folder/apt/status"
  ask update > "$folder/said" 2>&1 || return 1
  # An update that had to leave an index out only warns.
  ! grep -qE '^(W|E|Err):' "$folder/said" || return 1
  [ $# -eq 0 ] || (cd "$folder/apt" && ask "$@" > "$folder/said" 2>&1)
}
ask() {
  apt-get -qq -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$folder/apt/etc/sources.list.d" -o Dir::Etc::TrustedParts="$folder/apt/etc/trusted" \
    -o Dir::Etc::Trusted=/dev/null -o Dir::State::Lists="$folder/apt/lists" -o Dir::State::Status="$folder/apt/status" -o Dir::Cache="$folder/apt/cache" \
    -o APT::Sandbox::User= -o Debug::NoLocking=true "$@"
}

# ---- keys ----

make_key owner ed25519
make_key short rsa2048
make_key dsa dsa2048
gpg --batch --quiet --passphrase '' --cert-digest-algo SHA1 --quick-generate-key 'old <old@example.org>' rsa3072 sign 1y 2> /dev/null
package bookworm 1.0~deb12
refuses_key() {
  ! repository "$1" || fail "key $1 is taken"
  grep -q "$2" "$folder/said" || fail "of key $1 it does not say: $2"
  [ ! -e "$folder/repository/dists" ] || fail "it makes something with key $1"
}
refuses_key short 'is RSA of 2048 bits, which apt refuses or soon will'
refuses_key dsa 'is of a kind that apt refuses or soon will (number 17'
refuses_key old 'is signed with SHA-1 or older, which apt refuses'
refuses_key nobody "gpg has no secret key 'nobody'"
"$project/packaging/repository.sh" "$folder/repository" --key '' > "$folder/said" 2>&1 && fail "it needs no key"
grep -q 'whose key signs it? Name it with --key' "$folder/said" || fail "without a key it does not ask for one"
[ "$(gpg --batch --with-colons --list-secret-keys 2> /dev/null | grep -c '^sec')" = 4 ] || fail "it made a key"

# ---- a repository of two suites, and a second version ----

package trixie 1.0~deb13
repository || fail "it cannot be made"
package bookworm 1.1~deb12
package trixie 1.1~deb13
repository || fail "it cannot be made again"
for suite in bookworm trixie; do
  number=$([ $suite = bookworm ] && echo 12 || echo 13)
  apt_of $suite download tiny || fail "apt does not take $suite"
  [ "$(dpkg-deb --fsys-tarfile "$folder"/apt/tiny_*.deb | tar -xO ./usr/share/tiny/version)" = "$suite 1.1~deb$number" ] || fail "of $suite apt takes another package"
  apt_of $suite download "tiny=1.0~deb$number" || fail "the version before is not there any more in $suite"
  grep -qx 'Hash: SHA512' "$folder/repository/dists/$suite/InRelease" || fail "$suite is not signed with SHA-512"
  ! grep -E '^(MD5Sum|SHA1):' "$folder/repository/dists/$suite/Release" || fail "$suite has sums that nobody trusts"
done
(cd "$folder/repository" && sha256sum --quiet --check SHA256SUMS > "$folder/said" 2>&1 && gpg --batch --verify SHA256SUMS.asc SHA256SUMS > "$folder/said" 2>&1) || fail "SHA256SUMS"
[ "$(cut -c67- "$folder/repository/SHA256SUMS" | wc -l)" = 7 ] || fail "SHA256SUMS is not of 4 packages, 2 sources and a key"
# Without InRelease apt takes Release and Release.gpg.
cp -a "$folder/repository" "$folder/whole"
rm "$folder/repository/dists/trixie/InRelease"
apt_of trixie download tiny || fail "apt does not take Release.gpg"

# ---- what was changed on the way ----

# refuses SENTENCE COMMAND...: apt, once the command was done in the whole repository.
refuses() {
  rm -rf "$folder/repository"
  cp -a "$folder/whole" "$folder/repository"
  (cd "$folder/repository" && "${@:2}")
  ! diff -r "$folder/whole" "$folder/repository" > /dev/null || fail "nothing was changed: $1"
  ! apt_of trixie download tiny || fail "apt takes a repository with $1"
}
dist=dists/trixie
another_signer() {
  make_key thief ed25519
  gpg --batch --yes --quiet --local-user thief --digest-algo SHA512 --output $dist/InRelease --clear-sign $dist/Release
  gpg --batch --yes --quiet --local-user thief --digest-algo SHA512 --armor --output $dist/Release.gpg --detach-sign $dist/Release
}
refuses "another InRelease" sed -i '/^Origin:/s/Sensor/Censor/' $dist/InRelease
refuses "another Release" sh -c "rm $dist/InRelease; sed -i '/^Origin:/s/Sensor/Censor/' $dist/Release"
refuses "another signer" another_signer
refuses "no signature" sh -c "rm $dist/InRelease $dist/Release.gpg"
refuses "another list of packages" sh -c "cd $dist/main/binary-* && sed -i 's/^Version: 1.1/Version: 1.2/' Packages && rm Packages.xz && xz --keep Packages"
refuses "another package" sed -i "\$s/\$/x/" "pool/trixie/tiny_1.1~deb13_$(dpkg --print-architecture).deb"
# And as it was, it is taken.
rm -rf "$folder/repository"
mv "$folder/whole" "$folder/repository"
apt_of trixie download tiny || fail "apt takes nothing any more"
