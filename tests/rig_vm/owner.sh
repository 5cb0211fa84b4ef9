# owner.sh: what an owner does with a machine of vm.sh, and the sensor and the API that the rigs watch it with. Sourced.

api_folder=$vm_folder-api
api_pid=
api_port=

# The API is outside, so that it loses nothing when the machine does.
api_start() {
  rm -rf "$api_folder"
  mkdir -p "$api_folder"
  echo a-secret-token > "$api_folder/token"
  chmod 600 "$api_folder/token"
  build/release/tests/reference_api/reference_api --port 0 --token-file "$api_folder/token" --database "$api_folder/api.db" > "$api_folder/port" 2> "$api_folder/log" &
  api_pid=$!
  wait_until 10 [ -s "$api_folder/port" ] || return 1
  api_port=$(head -n 1 "$api_folder/port")
}

api_stop() {
  [ -z "$api_pid" ] || kill "$api_pid"
  api_pid=
}

api_sql() { sqlite3 -readonly -cmd '.timeout 5000' "$api_folder/api.db" "$@"; }
api_count() { api_sql 'SELECT count(*) FROM readings'; }
api_has_more_than() { [ "$(api_count)" -gt "$1" ]; }
readings_flow() { wait_until "${1:-60}" api_has_more_than "$(($(api_count) + 5))"; }

# Each of them: of several, systemctl is content with one.
is_active() { [ "$(inside systemctl is-active "$@" | grep -cx active)" = $# ]; }
all_active() { is_active sensor-broker sensor-publisher sensor-persistence sensor-http-bridge; }
property() { inside systemctl show --property "$2" --value "$1"; }
main_pid() { property "$1" MainPID; }
has_other_pid() { is_active "$1" && [ "$(main_pid "$1")" != "$2" ] && [ "$(main_pid "$1")" != 0 ]; }
journal_has() { grep -qE "$2" < <(inside journalctl -b -u "$1" --no-pager -o cat); }
sql() { inside sqlite3 -cmd '.timeout 5000' "$@"; }
put() { inside sh -c 'mkdir -p "$(dirname "$1")" && cat > "$1"' put "$1"; }

# machine_is_there ARCHITECTURE DEB: a new machine that has started, and the API outside; else it says why not.
machine_is_there() {
  vm_make "$1" "$2" || { echo "rig: the machine's disk could not be made; see $(vm_base "$1")/log" >&2; return 1; }
  api_start || { echo "rig: the API did not start; see $api_folder/log" >&2; return 1; }
  vm_start && wait_until 300 vm_answers || { echo "rig: the machine did not start; see $vm_folder/qemu.log and console.$vm_starts" >&2; return 1; }
}

# owner_installs DEB: README.md's Install section, with quicker intervals and the rig's sensor. An emulated machine on a host
# with other work took more than 300 s for it.
owner_installs() {
  inside mkdir -p /opt/rig
  vm_copy "$1" /opt/rig/sensor-project.deb
  inside_limit=1200 inside apt-get install -y --no-install-recommends mosquitto-clients sqlite3 /opt/rig/sensor-project.deb > "$vm_folder/apt.log" 2>&1
}

owner_configures() {
  inside sed -i "s|^#url = .*|url = \"http://10.0.2.2:$api_port/v1/readings\"|; s|^#interval = .*|interval = \"500ms\"|; s|^#open_times = .*|open_times = [\"2s\"]|" /etc/sensor-project/sensor-http-bridge.toml
  inside sed -i 's|^steps = .*|steps = ["500ms", "1s", "2s"]|; s|^trust = .*|trust = "always"|; s|^deadband = .*|deadband = 0|' /etc/sensor-project/sensor-publisher.toml
  inside sed -i 's|^trust = .*|trust = "always"|' /etc/sensor-project/sensor-persistence.toml
  inside sh -c 'cat >> /etc/sensor-project/sensor-publisher.toml' << 'END'

[driver.counter]
type = "command"
program = ["/usr/local/lib/sensor-project/counter"]
interval = "20ms"
END
  inside tee /etc/sensor-project/api.token < "$api_folder/token" > /dev/null
  owner_watches
  inside systemctl restart sensor-publisher sensor-persistence sensor-http-bridge
  inside sync  # what the rig itself wrote must outlive the first cut
}

# A sensor that counts, each start under a name of its own, and tells each number outward before the publisher has it; and a
# watcher that tells outward what the broker has had, which the outbox has synced before.
owner_watches() {
  vm_copy tests/rig_vm/counter /opt/rig/counter
  inside install -D -m 755 /opt/rig/counter /usr/local/lib/sensor-project/counter
  put /etc/systemd/system/rig-taken.service << 'END'
[Unit]
Before=sensor-publisher.service
[Service]
Type=exec
RuntimeDirectory=rig
ExecStartPre=mkfifo -m 666 /run/rig/taken
ExecStart=sh -c 'until [ -e /dev/virtio-ports/rig.taken ]; do sleep 0.1; done; exec cat <> /run/rig/taken > /dev/virtio-ports/rig.taken'
[Install]
WantedBy=multi-user.target
END
  put /etc/systemd/system/rig-published.service << 'END'
[Unit]
StartLimitIntervalSec=0
[Service]
Environment=XDG_CONFIG_HOME=/etc/sensor-project/watch
ExecStart=sh -c 'exec mosquitto_sub -t "sensors/+/reading/#" > /dev/virtio-ports/rig.published'
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
END
  inside systemctl daemon-reload
  inside systemctl enable --quiet --now rig-taken rig-published
}

# Switches the machine on and does nothing else. start_ms: how long that took.
start_ms=15000
comes_up_by_itself() {
  local start
  start=$(date +%s%3N)
  vm_start && wait_until 300 vm_answers && wait_until 240 all_active && readings_flow 240 || return 1
  start_ms=$(($(date +%s%3N) - start))
  echo "    readings flow $start_ms ms after it was switched on"
}
