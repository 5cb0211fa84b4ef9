#!/bin/bash
# run.sh [--check-machine] [--suite SUITE] PREVIOUS DEB: on a machine with systemd, as tests/rig_systemd has it, plain apt
# installs the package PREVIOUS from a repository that packaging/repository.sh made, and upgrades to DEB. In between the repository
# is tampered with, and apt must refuse it. Readings flow all the time; at the end each must be at the API once. The key is the
# rig's own. Last line: "N passed, M failed"; exit code 1 when one failed, 77 when it cannot.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
source packaging/suites.sh
source tests/rig_systemd/check.sh
source tests/rig_systemd/machine.sh
source tests/rig_systemd/checks.sh

suite=$(suite_here)
built=build
only_check=
debs=()
while [ $# -gt 0 ]; do
  case $1 in
    --suite)
      suite=$2
      [ "$suite" = "$(suite_here)" ] || built=build/suites/$suite/build
      shift
      ;;
    --check-machine) only_check=yes ;;
    *) debs+=("$1") ;;
  esac
  shift
done
obstacle=$(machine_obstacle)
[ -z "$obstacle" ] || { echo "rig: cannot run on this machine: $obstacle. Nothing was checked."; exit 77; }
[ -z "$only_check" ] || exit 0
[ ${#debs[@]} -eq 2 ] || { echo "rig apt: it needs two packages: ./dev rig apt makes them" >&2; exit 64; }
previous=${debs[0]}
deb=${debs[1]}
before=$(dpkg-deb --field "$previous" Version)
now=$(dpkg-deb --field "$deb" Version)

repository=build/rig/repository
# gpg puts a socket below its home, whose path must be short.
GNUPGHOME=$(mktemp -d /tmp/rig-apt.XXXXXX)
export GNUPGHOME
leave() {
  machine_stop
  gpgconf --kill all
  rm -rf "$GNUPGHOME"
}
trap leave EXIT
trap 'exit 1' INT TERM

# ---- the repository ----

sign_key() { gpg --batch --quiet --passphrase '' --quick-generate-key "$1 <$1@example.org>" ed25519 sign 1y 2> /dev/null; }

# add_to_repository DEB: and signed anew.
add_to_repository() {
  mkdir -p "$repository/pool/$suite"
  cp "$1" "$repository/pool/$suite/"
  packaging/repository.sh "$repository" --key owner --url file:/srv/repository > build/rig/repository.log 2>&1
}

# serve COMMAND...: as the machine sees it, with what the command changed in it.
serve() {
  rm -rf "$repository.served"
  cp -a "$repository" "$repository.served"
  (cd "$repository.served" && "$@") || return 1
  inside rm -rf /srv/repository
  tar -C "$repository.served" --owner=root --group=root --mode=u+rwX,go+rX -c . | inside sh -c 'mkdir -p /srv/repository && tar -C /srv/repository -x'
}

# Debian's own lists stay as they are: the machine has no network.
apt_update() {
  inside apt-get update -o Dir::Etc::sourcelist=/etc/apt/sources.list.d/sensor-project.sources -o Dir::Etc::sourceparts=- \
    -o APT::Get::List-Cleanup=0 -o APT::Update::Error-Mode=any > build/rig/apt-update.log 2>&1
}

# The commands of docs/operations.md that add the repository and install from it, as they stand there. What is on the web there is
# in a folder here.
operations_commands() {
  awk '/^```$/ { if (inside && block ~ /packages\.example\.org/) printf "%s", block; inside = !inside; block = ""; next } inside { block = block $0 "\n" }' docs/operations.md
}
runs_operations() {
  [ "$(operations_commands | wc -l)" -ge 4 ] || { echo "docs/operations.md has no such commands"; return 1; }
  {
    cat << 'END'
set -e
sudo() { "$@"; }
wget() { [ "$1" = -O ] && cp "/srv/repository/${3##*/}" "$2"; }
apt() {
  [ "$1" = update ] || { command apt -y "$@" < /dev/null; return; }
  command apt update -o Dir::Etc::sourcelist=/etc/apt/sources.list.d/sensor-project.sources -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 -o APT::Update::Error-Mode=any
}
END
    operations_commands
  } | inside bash > build/rig/apt-operations.log 2>&1
}

# An owner who answers each question about a changed file with Enter.
apt_() { inside apt -y "$@" > "build/rig/apt-$1.log" 2>&1 < <(yes ''); }
# shellcheck disable=SC2016 # dpkg-query expands it
version_is() { [ "$(inside dpkg-query -W -f '${Version}' sensor-project)" = "$1" ]; }
stays() { version_is "$before" && all_active; }

# ---- the parts ----

part_first() {
  serve true
  check "the commands of docs/operations.md add the repository and install from it" runs_operations
  check "it is $before that is installed" version_is "$before"
  for unit in sensor-broker sensor-publisher sensor-persistence; do check "$unit runs" wait_until 20 is_active "$unit"; done
  sed_conf sensor-http-bridge 's|^#\?url = .*|url = "http://127.0.0.1:8099/v1/readings"|; s|^#interval = .*|interval = "500ms"|; s|^#open_times = .*|open_times = ["2s"]|'
  sed_conf sensor-publisher 's|^steps = .*|steps = ["500ms", "1s", "2s"]|; s|^trust = .*|trust = "always"|; s|^deadband = .*|deadband = 0|'
  sed_conf sensor-persistence 's|^trust = .*|trust = "always"|'
  inside sh -c 'echo a-secret-token > /etc/sensor-project/api.token; mkdir -p /var/lib/rig'
  inside systemd-run --quiet --unit=rig-api /opt/rig/reference_api --port 8099 --token-file /etc/sensor-project/api.token --database /var/lib/rig/api.db
  inside systemctl restart sensor-publisher sensor-persistence sensor-http-bridge
  inside systemctl stop sensor-recover.timer
  check "all units are active once the API is named" wait_until 20 all_active
  check "readings arrive at the API" readings_flow 40
}
sed_conf() { inside sed -i "$2" "/etc/sensor-project/$1.toml"; }

# part_tampered: the new version is there, and somebody changed something on the way.
part_tampered() {
  add_to_repository "$deb"
  local dist=dists/$suite
  sign_key thief
  check "the repository is served so" serve sh -c "sed -i 's/^Version: /Version: 9/' $dist/main/binary-*/Packages; rm $dist/main/binary-*/Packages.xz"
  refused_by_update "a list of packages that is not the signed one"
  check "the repository is served so" serve sed -i '/^Origin:/s/Sensor/Censor/' "$dist/InRelease"
  refused_by_update "a Release that was changed"
  check "the repository is served so" serve resign_as_thief "$dist"
  refused_by_update "another one's signature"
  check "the repository is served so" serve sh -c "rm $dist/InRelease $dist/Release.gpg"
  refused_by_update "no signature"
  check "the repository is served so" serve sh -c "printf x | dd of=pool/$suite/$(basename "$deb") bs=1 seek=5000 conv=notrunc 2> /dev/null"
  check "apt update takes lists that are whole" apt_update
  check "a package with one byte changed is refused" [ "$(apt_ upgrade; echo $?)" != 0 ]
  check "apt says that its checksum is another one" grep -qE 'Hash Sum mismatch|unexpected size' build/rig/apt-upgrade.log
  check "$before is installed and runs" stays
}
resign_as_thief() {
  gpg --batch --yes --quiet --local-user thief --digest-algo SHA512 --output "$1/InRelease" --clear-sign "$1/Release" &&
    gpg --batch --yes --quiet --local-user thief --digest-algo SHA512 --armor --output "$1/Release.gpg" --detach-sign "$1/Release"
}
refused_by_update() {
  check "apt update refuses $1" [ "$(apt_update; echo $?)" != 0 ]
  apt_ upgrade
  check "and nothing is upgraded" stays
}

part_upgraded() {
  local secrets stored arrived conf schema
  secrets=$(inside sh -c 'sha256sum /etc/sensor-project/*.password /etc/sensor-project/api.token')
  conf=$(inside sh -c 'sha256sum /etc/sensor-project/sensor-*.toml')
  stored=$(sql /var/lib/sensor-project/persistence/store.db 'SELECT max(id) FROM reading')
  arrived=$(api_count)
  schema=$(sql /var/lib/sensor-project/publisher/outbox.db 'PRAGMA user_version')
  serve true
  check "apt update takes the repository that is whole" apt_update
  check "apt upgrade upgrades" apt_ upgrade
  check "it is $now" version_is "$now"
  check "all units are active" wait_until 30 all_active
  check "passwords and token are kept" [ "$(inside sh -c 'sha256sum /etc/sensor-project/*.password /etc/sensor-project/api.token' | grep -Fxc -e "$secrets")" = "$(wc -l <<< "$secrets")" ]
  check "what the owner changed in configurations is kept" [ "$(inside sh -c 'sha256sum /etc/sensor-project/sensor-*.toml' | grep -Fxc -e "$conf")" -ge 3 ]
  check "the store has at least what it had" [ "$(sql /var/lib/sensor-project/persistence/store.db 'SELECT max(id) FROM reading')" -ge "$stored" ]
  check "no database was moved aside" no_database_is_aside
  check "readings flow" readings_flow 40
  check "the API lacks nothing that it had" [ "$(api_count)" -gt "$arrived" ]
  echo "      outbox: schema $schema, then $(sql /var/lib/sensor-project/publisher/outbox.db 'PRAGMA user_version')"
  check "--check-config finds no mistake in configurations of $before" configurations_hold
  check "apt has nothing more to upgrade" nothing_to_upgrade
}
configurations_hold() {
  local service
  for service in "${services[@]}"; do inside "$service" --config "/etc/sensor-project/$service.toml" --check-config || return 1; done
}
nothing_to_upgrade() { ! grep -q '^sensor-project/' < <(inside apt list --upgradable 2> /dev/null); }

# ----

rm -rf "$repository"
sign_key owner
add_to_repository "$previous" || { cat build/rig/repository.log; exit 1; }
machine_make_base "$previous" "$deb" || { echo "rig: making the machine's tree failed" >&2; exit 1; }
machine_start || { echo "rig: cannot run on this machine: the rig's does not boot; $machine_log says more."; exit 77; }
machine_takes "$built/dev/tests/reference_api/reference_api" /opt/rig/reference_api
inside apt-get install -y --no-install-recommends sqlite3 > build/rig/apt-sqlite.log 2>&1
for part in first tampered upgraded account; do
  echo "=== $part"
  "part_$part"
done
echo "      all of it: $SECONDS s"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
