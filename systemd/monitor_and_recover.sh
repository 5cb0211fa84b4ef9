#!/bin/sh
# monitor_and_recover.sh: what sensor-recover.timer does, for owners who want cron instead. In root's crontab:
#   */5 * * * * /usr/share/sensor-project/monitor_and_recover.sh >> /var/log/sensor-recovery.log 2>&1
# and: systemctl disable --now sensor-recover.timer
#
# Ends with the exit code of `sensorctl doctor`; with 0 when another run is at work. Arguments go to it: --dry-run, --json.
set -eu
[ "$(id -u)" -eq 0 ] || { echo "$0: only root may restart services: sudo $0" >&2; exit 1; }
date -u +'--- %Y-%m-%dT%H:%M:%SZ'
exec flock --nonblock --conflict-exit-code 0 /run/sensor-recover.lock sensorctl doctor --recover "$@"
