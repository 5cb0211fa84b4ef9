# checks.sh: each part of the systemd rig. A check is a sentence and a command that must succeed. Sourced by run.sh.

services=(sensor-publisher sensor-persistence sensor-http-bridge)
units=(sensor-broker "${services[@]}" sensor-alerts)

# ---- what is asked of the machine ----

# Each of them: of several, systemctl is content with one.
is_active() { [ "$(inside systemctl is-active "$@" | grep -cx active)" = $# ]; }
all_active() { is_active "${units[@]}"; }
property() { inside systemctl show --property "$2" --value "$1"; }
main_pid() { property "$1" MainPID; }
has_other_pid() { is_active "$1" && [ "$(main_pid "$1")" != "$2" ] && [ "$(main_pid "$1")" != 0 ]; }
journal_has() { grep -qE "$2" < <(inside journalctl -b -u "$1" --no-pager -o cat); }
journal_cursor() { inside journalctl -b -n 0 --show-cursor --no-pager | sed -n 's/^-- cursor: //p'; }
journal_has_since() { grep -qE "$3" < <(inside journalctl --after-cursor "$1" -u "$2" --no-pager -o cat); }
sql() { inside sqlite3 -cmd '.timeout 5000' "$@"; }
api_count() { sql /var/lib/rig/api.db 'SELECT count(*) FROM readings' 2> /dev/null || echo 0; }
api_has_more_than() { [ "$(api_count)" -gt "$1" ]; }
readings_flow() { wait_until "${1:-30}" api_has_more_than "$(($(api_count) + 5))"; }
put() { inside sh -c 'mkdir -p "$(dirname "$1")" && cat > "$1"' put "$1"; }
conf_is() { inside grep -qF "$2" "/etc/sensor-project/$1"; }
# there_is PATTERN: whether such a file is on the machine.
there_is() { [ -n "$(inside bash -c "compgen -G '$1'")" ]; }
owner_broker_answers() { grep -qx mine < <(inside mosquitto_sub -p 1883 -t owner/kept -C 1 -W 5 2>&1); }

# With the preload libraries, for one unit.
spoil() {
  put "/run/systemd/system/$1.service.d/rig.conf" << END
[Service]
Environment=LD_PRELOAD=/opt/rig/librig_disk_faults.so:/opt/rig/librig_trouble.so
Environment=SENSOR_DISK_FAULTS=/opt/rig/disk-faults SENSOR_TROUBLE=/opt/rig/trouble
END
  inside sh -c ': > /opt/rig/disk-faults; : > /opt/rig/trouble; chmod 644 /opt/rig/disk-faults /opt/rig/trouble'
  inside systemctl daemon-reload
  inside systemctl restart "$1"
}

mend() {
  inside sh -c ': > /opt/rig/disk-faults; : > /opt/rig/trouble'
  inside rm -r "/run/systemd/system/$1.service.d"
  inside systemctl daemon-reload
  inside systemctl restart "$1"
}

# ---- the parts, in order ----

# An owner's own broker is there first, open on port 1883; it must be untouched by all that follows.
part_beside_a_broker() {
  inside apt-get install -y --no-install-recommends mosquitto mosquitto-clients sqlite3 > build/rig/apt-owner.log 2>&1
  printf 'listener 1883\nallow_anonymous true\n' | put /etc/mosquitto/conf.d/owner.conf
  inside systemctl restart mosquitto
  inside mosquitto_pub -p 1883 -t owner/kept -r -m mine
  check "an owner's broker runs before" owner_broker_answers
}

part_install() {
  check "apt installs the package, as README.md says" apt_installs
  for unit in "${units[@]}"; do check "$unit runs after the installation" wait_until 20 is_active "$unit"; done
  check "the package's last words name the page, sensorctl status and the way from another machine" last_words_help
  check "the page answers where they say" wait_until 20 page_answers
  check "it is ready without a destination" wait_until 20 page_is_ready
  check "the bridge says that it has no destination, and is well" wait_until 20 bridge_has_no_destination
  check "nothing waits in the store for it" wait_until 20 nothing_waits
  check "no line of the first start is a warning" no_line_warns
  check "sensorctl shows that all is well, and where the page is, as README.md says" wait_until 20 readme_shows
  check "a reading over HTTP is stored, as README.md says" readme_posts
  check "the owner's broker still runs" owner_broker_answers
  check "the timer of the recovery runs, and starts with the machine" timer_runs
  name_the_api
  check "all units are active once the API is named" wait_until 20 all_active
  check "systemctl status shows them, as README.md says" status_shows_all
  check "sensor-project.target is active and enabled" is_active sensor-project.target
  check "passwords are root's alone" passwords_are_private
  check "and are again after somebody opened one, when the machine starts" secrets_are_mended
}

# readme_commands SECTION: of README.md, those in blocks without a language.
readme_commands() {
  awk -v wanted="## $1" '/^## / { section = $0 } /^```/ { block = block ? 0 : $0 == "```" ? 1 : 2; next } block == 1 && section == wanted' README.md | sed 's/ \{2,\}# .*//'
}

# runs_readme COMMANDS: on the machine, from a folder where the package is, without questions. An owner's editor is /opt/rig/editor.
runs_readme() {
  [ -n "$1" ] || { echo "README.md has no such command"; return 1; }
  inside mkdir -p /opt/rig/readme
  inside cp /opt/rig/sensor-project.deb "/opt/rig/readme/$(basename "$deb")"
  put /etc/apt/apt.conf.d/90rig <<< 'APT::Get::Assume-Yes "true"; APT::Install-Recommends "false";'
  inside bash -ec 'cd /opt/rig/readme; sudo() { "$@"; }; sudoedit() { bash /opt/rig/editor "$1"; }; '"$1"
}

apt_installs() { runs_readme "$(readme_commands "Try it" | grep 'apt install')" > build/rig/apt-install.log 2>&1; }

# It ends with 3: the service of the timer is not running just now.
status_shows_all() {
  local said unit
  said=$(runs_readme "$(readme_commands Install | grep '^systemctl status')")
  for unit in "${units[@]}"; do grep -qF "$unit.service - " <<< "$said" || return 1; done
}

last_words_help() {
  local words
  words=$(grep '^sensor-project: ' build/rig/apt-install.log)
  for word in http://127.0.0.1:8080/ 'sensorctl status' 'ssh -L 8080:127.0.0.1:8080 '; do grep -qF "$word" <<< "$words" || { echo "$words"; return 1; }; done
}

# from_page PATH
from_page() { inside curl -fsS "http://127.0.0.1:8080$1"; }
page_answers() { grep -qi '<html' < <(from_page /); }
page_is_ready() { grep -qx ok < <(from_page /readyz); }
bridge_has_no_destination() { grep -q '^sensor_bridge_delivers{.*} 0$' < <(from_page /metrics) && journal_has sensor-http-bridge 'no destination: readings are kept in the store'; }
nothing_waits() { grep -q '^sensor_queue_depth{.*service="sensor-persistence"} 0$' < <(from_page /metrics) && journal_has sensor-persistence 'nothing waits for destination api'; }

no_line_warns() {
  local said
  said=$(inside journalctl -b -p warning -u 'sensor-*' --no-pager -o cat)
  [ -z "$said" ] || { echo "$said"; return 1; }
}

# What it says of the clock, which nobody sets on this machine, may make it end with 1.
readme_shows() {
  local said
  said=$(runs_readme "$(readme_commands Install | grep -E '^sudo sensorctl ' | sed 's/sensorctl status/& || [ $? = 1 ]/')" 2>&1)
  grep -qF http://127.0.0.1:8080 <<< "$said" && grep -qF sensor-publisher <<< "$said" || { echo "$said"; return 1; }
}

readme_posts() {
  local said
  said=$(runs_readme "$(readme_commands "A sensor of your own")" 2>&1)
  grep -qF '"stored":1' <<< "$said" || { echo "$said"; return 1; }
  inside sensorctl token remove greenhouse > /dev/null
}

timer_runs() { is_active sensor-recover.timer && [ "$(inside systemctl is-enabled sensor-recover.timer)" = enabled ]; }

# What README.md's Install section tells an owner who has an API to do, whose changes are faster than the defaults, for a rig that is
# not to take hours.
name_the_api() {
  put /opt/rig/editor << 'END'
case $1 in
  *.toml) sed -i 's|^#url = .*|url = "http://127.0.0.1:8090/v1/readings"|; s|^#interval = .*|interval = "500ms"|; s|^#open_times = .*|open_times = ["2s"]|' "$1" ;;
  *.token) echo a-secret-token > "$1" ;;
esac
END
  runs_readme "$(readme_commands Install | grep -E '^(sudoedit|sudo systemctl) ')"
  inside sed -i 's|^steps = .*|steps = ["500ms", "1s", "2s"]|; s|^trust = .*|trust = "always"|; s|^deadband = .*|deadband = 0|' /etc/sensor-project/sensor-publisher.toml
  inside sed -i 's|^trust = .*|trust = "always"|' /etc/sensor-project/sensor-persistence.toml
  inside mkdir -p /var/lib/rig
  start_api
  inside systemctl restart sensor-publisher sensor-persistence sensor-http-bridge
  # It would mend what the parts before its own break on purpose.
  inside systemctl stop sensor-recover.timer
}

# systemd may still know it from before, and then makes no other of that name.
start_api() {
  inside systemctl start --quiet rig-api 2> /dev/null ||
    inside systemd-run --quiet --unit=rig-api /opt/rig/reference_api --port 8090 --token-file /etc/sensor-project/api.token --database /var/lib/rig/api.db
}

passwords_are_private() {
  [ "$(inside sh -c 'stat -c "%a %U %G" /etc/sensor-project/*.password /etc/sensor-project/api.token' | sort -u)" = $'600 root root\n640 root sensorctl' ]
}

api_refuses_nobody() { ! journal_has sensor-http-bridge 'refuses the token'; }

secrets_are_mended() {
  inside chmod 644 /etc/sensor-project/api.token
  inside systemd-tmpfiles --create sensor-project.conf && passwords_are_private
}

part_readings() {
  check "readings arrive at the API" readings_flow 30
  check "the API took the token that systemd handed over" api_refuses_nobody
  check "an owner can watch them" owner_can_watch
}

owner_can_watch() {
  grep -q '"sensor"' < <(inside env XDG_CONFIG_HOME=/etc/sensor-project/watch mosquitto_sub -t 'sensors/+/reading/#' -C 1 -W 10)
}

# Beside the services that run, as somebody without a group, a home or a session.
part_demo() {
  inside useradd rig-demo
  check "sensorctl demo runs as a plain user, and loses and doubles nothing" demo_is_exact
  check "nothing of it runs on, nor stays in /tmp" demo_is_gone
  check "the services are as they were" all_active
}

demo_is_exact() {
  local figures
  figures=$(inside runuser -u rig-demo -- sensorctl demo --for 20s --json 2> build/rig/demo.log) || { cat build/rig/demo.log; return 1; }
  echo "      $figures"
  grep -qE '"taken":[0-9]{4,},.*"duplicates_at_api":0,"lost":0,"waiting":0,"gaps":0,' <<< "$figures"
}

demo_is_gone() { ! inside pgrep -u rig-demo && ! there_is '/tmp/sensor-demo.*'; }

part_hardening() {
  for unit in "${units[@]}"; do check "$unit's exposure is at most 1.5" exposure_is_low "$unit"; done
  check "systemd finds no mistake in the units" units_verify
  check "each service runs as a user of its own" own_users
  check "the publisher may use what its groups may, in spite of PrivateUsers=" groups_count
  check "each manual page is there" manuals_are_there
}

exposure_is_low() {
  local exposure
  exposure=$(inside systemd-analyze security --no-pager "$1.service" | sed -nE 's/.*Overall exposure level for .*: ([0-9.]+) .*/\1/p')
  echo "      $1: $exposure"
  awk -v e="$exposure" 'BEGIN { exit !(e != "" && e <= 1.5) }'
}

units_verify() {
  local said
  said=$(inside systemd-analyze verify sensor-project.target "${units[@]/%/.service}" sensor-http-bridge@weather.service 2>&1 | grep -F sensor-)
  [ -z "$said" ] || { echo "$said"; return 1; }
}

own_users() {
  local unit
  for unit in "${units[@]}"; do [ "$(inside ps -o user:30= -p "$(main_pid "$unit")")" = "$unit" ] || return 1; done
}

# A file stands in for a serial port.
groups_count() {
  inside sh -c 'echo open > /opt/rig/port; chgrp dialout /opt/rig/port; chmod 660 /opt/rig/port'
  [ "$(inside systemd-run --quiet --wait --pipe -p User=sensor-publisher -p PrivateUsers=yes cat /opt/rig/port)" = open ]
}

manuals_are_there() {
  local page
  for page in 1/sensorctl.1 7/sensor-project.7 8/sensor-{publisher,persistence,http-bridge,alerts}.8 5/sensor-{publisher,persistence,http-bridge,alerts,recover}.toml.5; do
    there_is "/usr/share/man/man$page.gz" || return 1
  done
}

part_limits() {
  for unit in "${units[@]}"; do check "each limit of $unit is set as its file says" limits_are_set "$unit"; done
  check "all four together get 60 % of the memory at most" slice_is_limited
  if machine_is_cgroup_v1; then not_shown "MemoryHigh, IOWeight (this host's cgroups are v1), OOMScoreAdjust below 0 without CAP_SYS_RESOURCE"; fi
}

# And these files say what docs/operations.md has in its table.
limits_are_set() {
  local key
  [ "$(property "$1" CPUQuotaPerSecUSec)" = 750ms ] && [ "$(property "$1" OOMScoreAdjust)" = -500 ] &&
    [ "$(property "$1" LimitNOFILE)" = 4096 ] && [ "$(property "$1" TimeoutStopUSec)" = 5s ] &&
    [ "$(property "$1" Slice)" = sensors.slice ] || return 1
  for key in MemoryHigh MemoryMax MemorySwapMax TasksMax IOWeight; do
    [ "$(property "$1" "$key")" = "$(file_says "$1" "$key" | numfmt --from=iec)" ] || { echo "$1: $key"; return 1; }
  done
  [ "$1" = sensor-broker ] || [ "$(property "$1" WatchdogUSec)" = 30s ]
}

slice_is_limited() {
  local limit total
  limit=$(property sensors.slice MemoryMax)
  total=$(inside awk '/^MemTotal:/ { print $2 }' /proc/meminfo)  # KiB
  [ "$limit" -gt 0 ] && [ "$limit" -le $((total * 1024 * 61 / 100)) ] && [ "$(property sensors.slice MemorySwapMax)" = 0 ]
}

file_says() { sed -n "s/^$2=//p" "systemd/$1.service"; }

# All three at once, since each takes its half minute.
part_watchdog() {
  local service
  local -A stopped
  local start=$SECONDS
  for service in "${services[@]}"; do
    stopped[$service]=$(main_pid "$service")
    inside kill -STOP "${stopped[$service]}"
  done
  for service in "${services[@]}"; do
    check "$service, stopped by SIGSTOP, is back in under 40 s" within $((start + 40 - SECONDS)) has_other_pid "$service" "${stopped[$service]}"
    check "its watchdog did it" journal_has "$service" 'Watchdog timeout'
  done
  echo "      all back after $((SECONDS - start)) s"
  check "readings flow after that" readings_flow 30
}

# A commit of the store may take 60 s, one of the outbox 30 s; the watchdog's 30 s begin at the last ping.
part_worker() {
  hangs sensor-persistence store.db
  hangs sensor-publisher outbox.db
}

# hangs SERVICE FILE: its disk worker, at the next sync of the file.
hangs() {
  spoil "$1"
  wait_until 10 is_active "$1"
  local pid
  pid=$(main_pid "$1")
  echo "sync STALL $2" | put /opt/rig/disk-faults
  check "$1, whose disk worker hangs while its loop lives, is killed by its watchdog" wait_until 110 has_other_pid_or_ended "$1" "$pid"
  check "and said what hung" journal_has "$1" 'is overdue; systemd will restart'
  mend "$1"
  check "readings flow after that" readings_flow 30
}

has_other_pid_or_ended() { [ "$(main_pid "$1")" != "$2" ]; }

part_leak() {
  local service
  for service in "${services[@]}"; do leaks "$service"; done
}

leaks() {
  spoil "$1"
  wait_until 10 is_active "$1"
  local pid before
  pid=$(main_pid "$1")
  before=$(journal_cursor)
  echo leak | put /opt/rig/trouble
  check "$1, which leaks 200 MiB/s, is killed at its limit of $(($(property "$1" MemoryMax) >> 20)) MiB" wait_until 30 has_other_pid_or_ended "$1" "$pid"
  check "the kernel did it" journal_has_since "$before" "$1" '(status=9/KILL|oom-kill)'
  mend "$1"
  check "it runs again, and readings flow" readings_flow 30
}

part_load() {
  local service
  for service in "${services[@]}"; do runs_wild "$service" "$(property "$service" TasksMax)"; done
}

# Some tasks of the limit are taken by threads that are ending when the others start: nine tenths show that it was the limit
# (199 of 200 and 99 of 100 were seen, 192 and 92 on a loaded machine).
runs_wild() {
  spoil "$1"
  echo spin | put /opt/rig/trouble
  wait_until 5 uses_cpu "$1"
  check "$1, with two threads that spin, takes at most three quarters of a processor" cpu_share_is_at_most 80 "$1"
  echo threads | put /opt/rig/trouble
  inside systemctl restart "$1"
  check "$1, which starts threads without end, gets no more than $2" wait_until 20 threads_are "$1" $(($2 * 9 / 10)) "$2"
  echo "      $(threads_of "$1") threads"
  mend "$1"
  check "readings flow after that" readings_flow 30
}

# Of its process, in hundredths of a second: proc(5), utime and stime.
cpu_ticks() { inside cat "/proc/$(main_pid "$1")/stat" | awk '{ print $14 + $15 }'; }
uses_cpu() { local before; before=$(cpu_ticks "$1"); sleep 0.3; [ $(($(cpu_ticks "$1") - before)) -gt 10 ]; }

# Over 4 s.
cpu_share_is_at_most() {
  local before start
  before=$(cpu_ticks "$2")
  start=$(date +%s%N)
  sleep 4
  local share=$((($(cpu_ticks "$2") - before) * 1000000000 / ($(date +%s%N) - start)))
  echo "      $share %"
  [ "$share" -gt 30 ] && [ "$share" -le "$1" ]
}

threads_of() { inside awk '/^Threads:/ { print $2 }' "/proc/$(main_pid "$1")/status"; }
threads_are() { local threads; threads=$(threads_of "$1"); [ "$threads" -ge "$2" ] && [ "$threads" -le "$3" ]; }

# All three at once, and somebody who wants in.
part_reachable() {
  [ -n "$virtual" ] || { not_shown "ssh while all services run wild: a container has no sshd (--vm)"; return; }
  local trouble service
  echo "      ssh connects in $(ssh_ms) ms"
  for trouble in spin leak; do
    for service in "${services[@]}"; do spoil "$service"; done
    echo "$trouble" | put /opt/rig/trouble
    sleep 5
    check "ssh connects in under 10 s, five times, while all three services $trouble" ssh_connects 5 10000
    for service in "${services[@]}"; do mend "$service"; done
  done
  check "readings flow after that" readings_flow 30
}

# A connection of its own; how long a command takes.
ssh_ms() {
  local start
  start=$(date +%s%3N)
  vm_ssh_anew true
  echo $(($(date +%s%3N) - start))
}

# ssh_connects TIMES MS: each in less than that.
ssh_connects() {
  local time took all=
  for ((time = 1; time <= $1; time++)); do
    took=$(ssh_ms)
    all+=" $took"
    [ "$took" -lt "$2" ] || break
  done
  echo "     $all ms"
  [ "$time" -gt "$1" ]
}

part_breaker() {
  inside systemctl stop rig-api
  check "without the API the journal says: Circuit breaker OPEN" wait_until 30 journal_has sensor-http-bridge 'Circuit breaker OPEN - API failures exceeded threshold'
  check "and HALF_OPEN" wait_until 30 journal_has sensor-http-bridge 'Circuit breaker HALF_OPEN - attempting recovery'
  start_api
  check "and CLOSED when it is back" wait_until 30 journal_has sensor-http-bridge 'Circuit breaker CLOSED - recovered after'
  check "readings flow after that" readings_flow 30
}

part_orders() {
  inside systemctl stop sensor-project.target
  check "stopping the target stops every unit" wait_until 10 none_active
  inside systemctl mask --quiet --runtime sensor-broker
  inside systemctl start sensor-project.target
  check "the services start without the broker" wait_until 20 is_active "${services[@]}"
  inside systemctl unmask --quiet --runtime sensor-broker
  inside systemctl start sensor-broker
  check "readings flow when the broker comes" readings_flow 60
  local order
  for order in "sensor-http-bridge sensor-persistence sensor-publisher sensor-broker" "sensor-publisher sensor-broker sensor-http-bridge sensor-persistence"; do
    inside systemctl stop sensor-project.target
    wait_until 10 none_active
    for unit in $order; do inside systemctl start "$unit"; done
    check "readings flow when started in the order: $order" readings_flow 60
  done
  inside systemctl start sensor-project.target # without it the recovery mends nothing
}

none_active() { local unit; for unit in "${units[@]}"; do ! is_active "$unit" || return 1; done; }

part_upgrade() {
  local secret=$(inside sha256sum /etc/sensor-project/sensor-publisher.password)
  check "apt installs it over itself" reinstalls
  check_that_all_is_kept "$secret"
}

# A later version, whose databases this one has never seen, and back: docs/operations.md, "Another version, and back".
part_rollback() {
  local secret=$(inside sha256sum /etc/sensor-project/sensor-publisher.password)
  local this=$(inside dpkg-query -W -f '${Version}' sensor-project)
  local next_version
  next_version=$(dpkg-deb --field "$next" Version)
  machine_takes "$next" /opt/rig/next/sensor-project.deb
  offer_versions
  check "apt upgrades to the next version" apt_installs_version "$next_version"
  check_that_all_is_kept "$secret"
  check "both databases have the next schema" has_next_schemas
  check "apt install sensor-project=$this takes it back" apt_installs_version "$this"
  check_that_all_is_kept "$secret"
  check "both databases keep the next schema" has_next_schemas
  check "apt upgrades to the next version once more" apt_installs_version "$next_version"
  check_that_all_is_kept "$secret"
  check "no database was moved aside" no_database_is_aside
  check "apt goes back for good" apt_installs_version "$this"
  check_that_all_is_kept "$secret"
}

check_that_all_is_kept() {
  check "passwords are kept" [ "$(inside sha256sum /etc/sensor-project/sensor-publisher.password)" = "$1" ]
  check "the configuration is kept" conf_is sensor-http-bridge.toml 127.0.0.1:8090
  check "all units are active" wait_until 20 all_active
  check "readings flow after that" readings_flow 30
}

reinstalls() { inside apt-get install -y --reinstall --no-install-recommends /opt/rig/sensor-project.deb > build/rig/apt-upgrade.log 2>&1; }

# As an archive that apt knows, which `sensor-project=VERSION` asks for.
offer_versions() {
  local deb
  for deb in /opt/rig/sensor-project.deb /opt/rig/next/sensor-project.deb; do
    inside sh -c 'dpkg-deb --field "$1"; echo "Filename: ${1#/}"; echo "Size: $(stat -c %s "$1")"; echo "SHA256: $(sha256sum "$1" | cut -d" " -f1)"; echo' sh "$deb"
  done | put /opt/rig/archive/Packages
  put /etc/apt/sources.list.d/rig.list <<< 'deb [trusted=yes] file:/opt/rig/archive ./'
  inside ln -sf /opt /opt/rig/archive/opt
  inside apt-get update -o Dir::Etc::sourcelist=/etc/apt/sources.list.d/rig.list -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 > build/rig/apt-update.log 2>&1
}

apt_installs_version() {
  inside apt-get install -y --allow-downgrades --no-install-recommends "sensor-project=$1" > "build/rig/apt-$1.log" 2>&1 &&
    [ "$(inside dpkg-query -W -f '${Version}' sensor-project)" = "$1" ]
}

# One migration more than this version has: next-version.sh.
has_next_schemas() {
  local folder database migrations
  for folder in sensor-publisher/outbox sensor-persistence/store; do
    database=/var/lib/sensor-project/${folder#sensor-}.db
    migrations=(services/"$folder"/schema/*.sql)
    [ "$(sql "$database" 'PRAGMA user_version')" = $((${#migrations[@]} + 1)) ] || return 1
  done
}

no_database_is_aside() { ! there_is '/var/lib/sensor-project/*/*.corrupt-*'; }

# The publisher ends; what it has sent must come to the API, each once. `through` is the last number of a stream, so the API
# must have as many readings as all streams together have numbers, but for those that gap records stand for.
part_account() {
  inside systemctl stop sensor-recover.timer  # it would start what is stopped here
  inside systemctl stop sensor-publisher
  inside systemctl start sensor-publisher
  wait_until 30 readings_flow 20
  inside systemctl stop sensor-publisher
  check "every reading that the store confirmed is at the API once" wait_until 40 account_is_even
  echo "      $(api_count) readings at the API, $(sql /var/lib/sensor-project/persistence/store.db 'SELECT count(*) FROM stream') streams"
  check "the store has all that is left in the outbox" wait_until 10 store_has_the_outbox
}

account_is_even() {
  local numbered gaps
  numbered=$(sql /var/lib/sensor-project/persistence/store.db 'SELECT sum(through) FROM stream')
  gaps=$(sql /var/lib/sensor-project/persistence/store.db 'SELECT coalesce(sum(last - first + 1), 0) FROM gap')
  [ "$gaps" -eq 0 ] && [ "$(api_count)" -eq "$numbered" ]
}

# A publisher that ends does not wait for the store's word, so the last readings may be in both. A number is a position less the
# base of its stream.
store_has_the_outbox() {
  [ "$(sql /var/lib/sensor-project/publisher/outbox.db "ATTACH '/var/lib/sensor-project/persistence/store.db' AS store" '
    SELECT count(*) FROM reading
      JOIN main.stream AS sent ON sent.number = (SELECT max(number) FROM main.stream WHERE base + skipped < position)
      LEFT JOIN store.stream AS stored ON stored.name = sent.id
    WHERE position - sent.base > coalesce(stored.through, 0)')" = 0 ]
}

part_removal() {
  inside apt-get remove -y sensor-project > build/rig/apt-remove.log 2>&1
  check "removing it says first what purging it would delete" removal_tells
  check "removing it stops every unit" none_active
  check "and the timer of the recovery" timer_is_stopped
  check "and keeps the data" there_is /var/lib/sensor-project/persistence/store.db
  check "and the configuration" there_is /etc/sensor-project/sensor-publisher.toml
  # A token of the owner's, and what an installation left that was cut short.
  inside touch /etc/sensor-project/{garden.token,monitor.password.new,mosquitto.passwords.new} /var/log/sensor-recovery.log /var/log/sensor-recovery.log.1.gz
  inside apt-get purge -y sensor-project > build/rig/apt-purge.log 2>&1
  check "purging it says what it deletes" purge_tells
  check "purging it deletes data, passwords and configuration" nothing_is_left
  check "and the log that cron was told to write" no_log_is_left
  check "the owner's broker still runs" owner_broker_answers
  check "it can be installed again" apt_installs
  for unit in sensor-broker sensor-publisher sensor-persistence; do check "$unit runs then" wait_until 20 is_active "$unit"; done
  check "with new passwords" passwords_are_private
}

removal_tells() { grep -qE '/var/lib/sensor-project +all readings \([0-9]' build/rig/apt-remove.log && grep -qF 'apt purge deletes both' build/rig/apt-remove.log; }
purge_tells() { grep -qE 'deletes /var/lib/sensor-project \([0-9].*\) for good' build/rig/apt-purge.log && grep -qE 'deletes /etc/sensor-project \(' build/rig/apt-purge.log; }
timer_is_stopped() { ! is_active sensor-recover.timer; }
nothing_is_left() { ! there_is /var/lib/sensor-project && ! there_is /etc/sensor-project; }
no_log_is_left() { ! there_is '/var/log/sensor-recovery.log*' && ! there_is /etc/logrotate.d/sensor-project; }
