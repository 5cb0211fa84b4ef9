#!/bin/bash
# render.sh DIR PORT: the shipped broker configuration for a private folder and another port of 127.0.0.1.
#
# Writes DIR/mosquitto.conf, DIR/acl and, through make-passwords.sh, the passwords. Unlike on an installed machine `monitor`
# comes in by the port as well as by the socket DIR/watch.sock. Start it with
# `mosquitto -c DIR/mosquitto.conf`; it keeps the user that starts it, who owns DIR.
set -euo pipefail
umask 077

[ $# -eq 2 ] || { echo "usage: $0 DIR PORT" >&2; exit 64; }
if ! [[ $2 =~ ^[1-9][0-9]{0,4}$ ]] || [ "$2" -gt 65535 ]; then
  echo "$0: '$2' is not a port, 1 .. 65535" >&2
  exit 64
fi
[[ $1 != *[$'\n|&\\']* ]] || { echo "$0: '$1' holds a character that cannot stand in a configuration path" >&2; exit 64; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)

cp "$here/acl" "$dir/acl"
{
  sed -e "s|^listener 11883 |listener $2 |" -e "s|/etc/sensor-project/|$dir/|" \
    -e "s|^listener 0 .*|listener 0 $dir/watch.sock|" "$here/mosquitto.conf"
  echo
  echo "# Started by root, Mosquitto would become the user mosquitto, who may not read this folder."
  echo "user $(id -un)"
} > "$dir/mosquitto.conf.new"
mv "$dir/mosquitto.conf.new" "$dir/mosquitto.conf"
"$here/make-passwords.sh" "$dir" "$dir/watch.sock"  # which looks into mosquitto.conf
# Who tries things out watches by the port, too; an installed broker knows monitor at its socket only.
grep '^monitor:' "$dir/watchers.passwords" >> "$dir/mosquitto.passwords"
echo "$dir/mosquitto.conf"
