#!/bin/bash
# make-passwords.sh DIR: a random password for each user of the broker, kept where it exists already.
#
#   DIR/<user>.password         the password, for that service's `password_file`; mode 0600, and sensorctl's 0640 for the
#                               group sensorctl when root runs this where there is one
#   DIR/mosquitto.passwords     their hashes, for the broker's `password_file`; mode 0600, or 0640 for the group
#                               sensor-broker, else mosquitto, when root runs this where there is one
#   DIR/watch/mosquitto_sub     options of mosquitto_sub that make it the user monitor, so that no password is on a command
#                               line: XDG_CONFIG_HOME=DIR/watch mosquitto_sub -p 11883 -t 'sensors/#' -v; mode 0600
#
# Each is on the disk before it gets its name: a power cut just after the installation leaves no empty file.
#
# To change a password: delete its <user>.password, run this again, restart the broker and that service.
set -euo pipefail
umask 077

users=(sensor-publisher sensor-persistence sensor-http-bridge sensorctl home-assistant monitor)

[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 64; }
dir=$1
command -v mosquitto_passwd > /dev/null || { echo "$0: mosquitto_passwd is not there; install the package mosquitto" >&2; exit 69; }
mkdir -p "$dir"
hashes=$dir/mosquitto.passwords

# Makes the password of user $1 where there is none.
make_password() {
  local file=$dir/$1.password
  [ -s "$file" ] && return
  head -c 24 /dev/urandom | base64 | tr '+/' '-_' > "$file.new"
  sync "$file.new"
  mv "$file.new" "$file"
}

# Whether the hashes are of these passwords: there, newer than each, and with every user.
hashes_are_current() {
  local user
  [ -s "$hashes" ] || return 1
  for user in "${users[@]}"; do
    [ "$hashes" -nt "$dir/$user.password" ] && grep -q "^$user:" "$hashes" || return 1
  done
}

# Lines of users that are not ours, which somebody added.
other_users() {
  local pattern
  pattern=$(IFS='|'; echo "${users[*]}")
  [ ! -s "$hashes" ] || grep -Ev "^($pattern):" "$hashes" || true
}

write_hashes() {
  local user
  for user in "${users[@]}"; do echo "$user:$(head -n 1 "$dir/$user.password")"; done > "$hashes.new"
  mosquitto_passwd -U "$hashes.new"  # hashes the file in place; no password is on a command line
  other_users >> "$hashes.new"
  sync "$hashes.new"
  mv "$hashes.new" "$hashes"
}

# man mosquitto_sub, "Files".
write_watch() {
  local file=$dir/watch/mosquitto_sub
  mkdir -p "$dir/watch"
  [ ! -s "$file" ] || [ "$dir/monitor.password" -nt "$file" ] || return 0
  printf '%s\n' '-V mqttv5' '-u monitor' "-P $(head -n 1 "$dir/monitor.password")" > "$file.new"
  sync "$file.new"
  mv "$file.new" "$file"
}

for user in "${users[@]}"; do make_password "$user"; done
hashes_are_current || write_hashes
write_watch
if [ "$(id -u)" -eq 0 ] && getent group sensorctl > /dev/null; then
  chgrp sensorctl "$dir/sensorctl.password"
  chmod 0640 "$dir/sensorctl.password"
fi
# The broker's own user where the package made one, else that of Debian's mosquitto.
for group in sensor-broker mosquitto; do
  if [ "$(id -u)" -eq 0 ] && getent group "$group" > /dev/null; then
    chgrp "$group" "$hashes"
    chmod 0640 "$hashes"
    break
  fi
done
sync "$dir"  # the names
