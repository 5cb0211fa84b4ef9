#!/bin/bash
# make-passwords.sh DIR [SOCKET]: a random password for each user of the broker, kept where it exists already.
#
#   DIR/<user>.password         the password, for that service's `password_file`; mode 0600, and sensorctl's 0640 for the
#                               group sensorctl when root runs this where there is one
#   DIR/mosquitto.passwords     their hashes, for the broker's `password_file`; mode 0600, or 0640 for the group
#                               sensor-broker, else mosquitto, when root runs this where there is one
#   DIR/watchers.passwords      the same for `monitor`, who comes in by SOCKET only
#   DIR/watch/mosquitto_sub     options of mosquitto_sub that make it the user monitor at SOCKET, so that no password is on
#                               a command line: XDG_CONFIG_HOME=DIR/watch mosquitto_sub -t 'sensors/#' -v; mode 0600
#
# SOCKET: where the broker listens for watchers, /run/sensor-project/broker/watch.sock if it is not given. A
# DIR/mosquitto.conf of an earlier version has no listener for them: then monitor comes in beside the services, as before.
#
# Each is on the disk before it gets its name: a power cut just after the installation leaves no empty file.
#
# To change a password: delete its <user>.password, run this again, restart the broker and that service.
set -euo pipefail
umask 077

services=(sensor-publisher sensor-persistence sensor-http-bridge sensor-alerts sensorctl home-assistant)

case ${1:-} in
  -h | --help) sed -n '2,/^set /s/^# \{0,1\}//p' "$0"; exit 0 ;;
  -*) echo "$0: there is no option '$1'; usage: $0 DIR [SOCKET]" >&2; exit 64 ;;
esac
[ $# -eq 1 ] || [ $# -eq 2 ] || { echo "usage: $0 DIR [SOCKET]" >&2; exit 64; }
dir=$1
socket=${2:-/run/sensor-project/broker/watch.sock}
command -v mosquitto_passwd > /dev/null || { echo "$0: mosquitto_passwd is not there; install the package mosquitto" >&2; exit 69; }
mkdir -p "$dir"

# Makes the password of user $1 where there is none.
make_password() {
  local file=$dir/$1.password
  [ -s "$file" ] && return
  head -c 24 /dev/urandom | base64 | tr '+/' '-_' > "$file.new"
  sync "$file.new"
  mv "$file.new" "$file"
}

ours=$(IFS='|'; echo "${services[*]}|monitor")

# Whether file $1 has the hashes of users $2 and on, of no other user of ours, and is newer than their passwords.
hashes_are_current() {
  local hashes=$1 user
  shift
  [ -s "$hashes" ] || return 1
  [ "$(grep -Eo "^($ours):" "$hashes" | sort)" = "$(printf '%s:\n' "$@" | sort)" ] || return 1
  for user; do [ "$hashes" -nt "$dir/$user.password" ] || return 1; done
}

# Lines of file $1 whose users are not ours, which somebody added.
other_users() { [ ! -s "$1" ] || grep -Ev "^($ours):" "$1" || true; }

# Makes file $1 of the hashes of $2 and on.
write_hashes() {
  local hashes=$1 user
  shift
  for user; do echo "$user:$(head -n 1 "$dir/$user.password")"; done > "$hashes.new"
  mosquitto_passwd -U "$hashes.new"  # hashes the file in place; no password is on a command line
  other_users "$hashes" >> "$hashes.new"
  sync "$hashes.new"
  mv "$hashes.new" "$hashes"
}

make_hashes() {
  hashes_are_current "$@" || write_hashes "$@"
  # The broker's own user where the package made one, else that of Debian's mosquitto.
  local group
  for group in sensor-broker mosquitto; do
    if [ "$(id -u)" -eq 0 ] && getent group "$group" > /dev/null; then
      chgrp "$group" "$1"
      chmod 0640 "$1"
      break
    fi
  done
}

# Whether the broker's configuration is there and has no listener for watchers: the owner's, kept at an upgrade.
has_no_watchers() {
  [ -e "$dir/mosquitto.conf" ] && ! grep -qE '^[[:space:]]*password_file[[:space:]].*watchers\.passwords' "$dir/mosquitto.conf"
}

# With options $1 where monitor comes in; man mosquitto_sub, "Files".
write_watch() {
  local file=$dir/watch/mosquitto_sub
  mkdir -p "$dir/watch"
  printf '%s\n' '-V mqttv5' "$1" '-u monitor' "-P $(head -n 1 "$dir/monitor.password")" > "$file.new"
  sync "$file.new"
  mv "$file.new" "$file"
}

for user in "${services[@]}" monitor; do make_password "$user"; done
make_hashes "$dir/watchers.passwords" monitor
if has_no_watchers; then
  make_hashes "$dir/mosquitto.passwords" "${services[@]}" monitor
  write_watch '-p 11883'
  echo "$0: $dir/mosquitto.conf has no listener for watchers, so that monitor comes in beside the services, as before: put your \
changes into the shipped mosquitto.conf (at an upgrade mosquitto.conf.dpkg-dist), run this again, restart the broker" >&2
else
  make_hashes "$dir/mosquitto.passwords" "${services[@]}"
  write_watch "--unix $socket"
fi
if [ "$(id -u)" -eq 0 ] && getent group sensorctl > /dev/null; then
  chgrp sensorctl "$dir/sensorctl.password"
  chmod 0640 "$dir/sensorctl.password"
fi
sync "$dir"  # the names
