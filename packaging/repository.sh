#!/bin/bash
# repository.sh FOLDER --key KEY [--url URL]: makes an apt repository of FOLDER/pool/SUITE/*.deb, and signs it and the list of
# checksums with KEY, which gpg has; it never makes one. URL: where FOLDER will be served from. Packages of earlier versions stay.
# repository.sh --check-key KEY: only says whether apt of Debian 13 will take its signatures.
#
#   SUITE.sources             for /etc/apt/sources.list.d: this suite of it, with the public key inside
#   sensor-project.asc        the public key
#   SHA256SUMS, .asc          of all but what apt checks itself
#   dists/SUITE, pool/SUITE   what apt reads
set -euo pipefail
# shellcheck source=packaging/suites.sh
source "$(dirname "${BASH_SOURCE[0]}")/suites.sh"

fail() {
  echo "repository: $*" >&2
  exit 1
}

folder=
key=
url=
only_check=
while [ $# -gt 0 ]; do
  case $1 in
    --key) key=${2:-}; shift ;;
    --check-key) key=${2:-}; only_check=yes; shift ;;
    --url) url=${2:-}; shift ;;
    *) folder=$1 ;;
  esac
  shift
done

# apt of Debian 13 asks sqv, which refuses MD5 and SHA-1, also where a key signs itself, DSA, and short RSA: now of 1024 bits.
check_key() {
  [ -n "$key" ] || fail "whose key signs it? Name it with --key FINGERPRINT or SENSOR_RELEASE_KEY." \
    "If there is none yet: gpg --quick-generate-key 'NAME <MAIL>' ed25519 sign 2y"
  local secret kind validity bits algorithm capabilities signs=
  secret=$(gpg --batch --with-colons --list-secret-keys "$key" 2> /dev/null) || fail "gpg has no secret key '$key'; gpg --list-secret-keys shows those that it has"
  [ "$(grep -c '^sec:' <<< "$secret")" = 1 ] || fail "gpg has several keys '$key': name one by its fingerprint"
  while IFS=: read -r kind validity bits algorithm _ _ _ _ _ _ _ capabilities _; do
    [[ $kind =~ ^(sec|ssb)$ ]] || continue
    [[ $kind = ssb || ! $validity =~ [er] ]] || fail "key $key is expired or revoked"
    [[ $capabilities = *s* && ! $validity =~ [er] ]] || continue
    case $algorithm in
      1 | 3) [ "$bits" -ge 3072 ] || fail "key $key is RSA of $bits bits, which apt refuses or soon will: take ed25519, or RSA of 3072 bits and more" ;;
      19 | 22) ;;
      *) fail "key $key is of a kind that apt refuses or soon will (number $algorithm of RFC 4880): take ed25519, or RSA of 3072 bits and more" ;;
    esac
    signs=yes
  done <<< "$secret"
  [ -n "$signs" ] || fail "key $key cannot sign"
  ! grep -qE '^[[:space:]]*digest algo [123],' < <(gpg --batch --export-options export-minimal --export "$key" | gpg --batch --list-packets 2> /dev/null) ||
    fail "key $key is signed with SHA-1 or older, which apt refuses: sign it anew, gpg --cert-digest-algo SHA512 --quick-set-expire FINGERPRINT 2y"
}

sign() { gpg --batch --yes --quiet --local-user "$key" --digest-algo SHA512 --armor --output "$@"; }

# make_suite SUITE: dists/SUITE, beside the old one until it is whole.
make_suite() {
  local suite=$1 new=dists/$1.new architecture architectures=()
  rm -rf "$new"
  for architecture in amd64 arm64 armhf; do
    compgen -G "pool/$suite/*_$architecture.deb" > /dev/null || continue
    architectures+=("$architecture")
    mkdir -p "$new/main/binary-$architecture"
    apt-ftparchive "${hashes[@]}" --arch "$architecture" packages "pool/$suite" > "$new/main/binary-$architecture/Packages"
    xz --keep "$new/main/binary-$architecture/Packages"
  done
  [ ${#architectures[@]} -gt 0 ] || fail "$folder/pool/$suite has no package for amd64, arm64 or armhf"
  apt-ftparchive "${hashes[@]}" -o APT::FTPArchive::Release::Origin='Sensor Project' -o APT::FTPArchive::Release::Label='Sensor Project' \
    -o APT::FTPArchive::Release::Suite="$suite" -o APT::FTPArchive::Release::Codename="$suite" \
    -o APT::FTPArchive::Release::Architectures="${architectures[*]}" -o APT::FTPArchive::Release::Components=main \
    -o APT::FTPArchive::Release::Description="Sensor Project for Debian $(suite_number "$suite")" release "$new" > "$new.Release"
  mv "$new.Release" "$new/Release"
  sign "$new/InRelease" --clear-sign "$new/Release"
  sign "$new/Release.gpg" --detach-sign "$new/Release"
  rm -rf "dists/$suite"
  mv "$new" "dists/$suite"
  sources "$suite" > "$suite.sources"
}

# Each line of a key that is written into it is one of the field, and an empty one a dot.
sources() {
  cat << END
# Sensor Project for Debian $(suite_number "$1"), and Raspberry Pi OS made of it: /etc/apt/sources.list.d/sensor-project.sources
Types: deb
URIs: $url
Suites: $1
Components: main
Signed-By:
$(sed 's/^$/./; s/^/ /' sensor-project.asc)
END
}

check_key
[ -z "$only_check" ] || exit 0
[ -n "$url" ] || fail "name the address that owners will find it at: --url"
[ -d "$folder/pool" ] || fail "there is no folder '$folder/pool'"
cd "$folder"
hashes=(-o APT::FTPArchive::MD5=false -o APT::FTPArchive::SHA1=false)
gpg --batch --yes --armor --export-options export-minimal --output sensor-project.asc --export "$key"
for pool in pool/*/; do
  suite=$(basename "$pool")
  suite_number "$suite" > /dev/null || fail "$folder/pool/$suite: packages are for bookworm and trixie"
  make_suite "$suite"
done
find . -type f -not -path './dists/*' -not -name 'SHA256SUMS*' -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum > SHA256SUMS
sign SHA256SUMS.asc --detach-sign SHA256SUMS
