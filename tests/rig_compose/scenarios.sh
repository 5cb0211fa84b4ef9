# scenarios.sh: each fault of compose/faults, and what must come of it. A check is a sentence and a command that must succeed.
# Sourced by run.sh. The second node comes last but for the disk, which begins anew: what it took is counted while it runs.

scenarios=(isolation api_hangs api_503 api_rejects_one network_bridge_api network_publisher_broker broker_paused broker_killed clock_step second_node disk_full)

# ---- the life of a fault ----

fault_begin=   # when, as docker logs --since takes it; a little before it strikes
fault_struck=  # a little after
fault_end=
fault_pid=

# fault_starts NAME SECONDS: the fault's container runs beside what follows, until fault_ends.
fault_starts() {
  rig_overlays=("$1")
  fault_begin=$(now)
  FOR=$2 compose run -T --rm fault > "build/rig/fault-$1.log" 2>&1 &
  fault_pid=$!
  wait_until 60 grep -q 'the fault lasts' "build/rig/fault-$1.log"
  fault_struck=$(now)
}

fault_ends() {
  wait "$fault_pid"
  local status=$?
  fault_end=$(sed -nE 's/.*the fault ends at ([^ ]+Z).*/\1/p' "build/rig/fault-${rig_overlays[0]}.log")
  rig_overlays=()
  check "the fault was played and taken back" [ "$status" -eq 0 ]
}

# seconds_to TIME PATTERN: from then to the first line of the monitor that has it.
seconds_to() {
  local at
  at=$(passed_since "$fault_begin" | grep -E "$2" | sed -n 1p | cut -d ' ' -f 1)
  [ -n "$at" ] && echo $(($(date -d "$at" +%s) - $(date -d "$1" +%s))) || echo -
}

# check_account: what had been taken by now must come to the API, each reading once, and no number may be missing.
check_account() {
  local target start=$SECONDS
  target=$(taken)
  check "all $target readings taken so far come to the API" wait_until 60 api_has "$target"
  check "no number is missing there, none came twice" account_is_even
  check "every container is healthy" wait_until 40 all_are_healthy
  local stats=$(api_answers)
  echo "      after $((SECONDS - start)) s; API: $stats"
}
account_is_even() {
  local stats
  stats=$(api_answers)
  [ "$target" -gt 0 ] && grep -q '"duplicates":0[,}]' <<< "$stats" && grep -q '"gaps":0[,}]' <<< "$stats" && grep -q '"gap_numbers":0[,}]' <<< "$stats"
}

# ---- nothing broken ----

parts=(broker publisher persistence http-bridge api)

scenario_isolation() {
  check "each service is a user of its own, without a capability and without a way to get one" users_are_harmless
  check "none can write to its root" roots_are_read_only
  check "each can read its own secrets only" secrets_are_private
  check "each has the limits of its unit" limits_are_those_of_units
  check "the bridge's HTTP side says that it is ready" bridge_is_ready
  echo "      $(docker stats --no-stream --format '{{.Name}} {{.MemUsage}}' | sed -E 's|sensor-rig[-_]||; s|[-_]1 | |; s| / |/|' | sort | paste -sd, | sed 's|,|, |g')"
}

inside_of() { docker exec "$(container_of "$1")" "${@:2}"; }

users_are_harmless() {
  local part users=()
  for part in "${parts[@]}"; do
    users+=("$(inside_of "$part" id -u)")
    [ "$(inside_of "$part" grep -cE '^(CapEff|CapBnd):.0{16}$|^NoNewPrivs:.1$' /proc/1/status)" = 3 ] || return 1
  done
  [ "$(printf '%s\n' "${users[@]}" | sort -u | grep -cv '^0$')" = ${#parts[@]} ]
}

roots_are_read_only() { local part; for part in "${parts[@]}"; do ! inside_of "$part" sh -c ': > /usr/x' 2> /dev/null || return 1; done; }

secrets_are_private() {
  inside_of publisher cat /run/secrets/sensor-publisher.password > /dev/null &&
    ! inside_of publisher cat /run/secrets/sensor-persistence.password 2> /dev/null &&
    ! inside_of publisher cat /run/secrets/api.token 2> /dev/null
}

bridge_is_ready() { grep -qE '^HTTP/1.. 200 ' < <(http_get "$(container_of http-bridge)" 8081 /readyz); }

# limits_are NAME UNIT: MemoryMax, CPUQuota, TasksMax and LimitNOFILE.
limits_are() {
  local unit=systemd/$2.service megabytes quota tasks files
  megabytes=$(sed -n 's/^MemoryMax=\([0-9]*\)M/\1/p' "$unit")
  quota=$(sed -n 's/^CPUQuota=\([0-9]*\)%/\1/p' "$unit")
  tasks=$(sed -n 's/^TasksMax=//p' "$unit")
  files=$(sed -n 's/^LimitNOFILE=//p' "$unit")
  [ "$(docker inspect --format '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}} {{range .HostConfig.Ulimits}}{{.Name}}={{.Hard}}{{end}}' "$(container_of "$1")")" = \
    "$((megabytes << 20)) ${quota}0000000 $tasks nofile=$files" ]
}

limits_are_those_of_units() {
  limits_are broker sensor-broker && limits_are publisher sensor-publisher && limits_are persistence sensor-persistence &&
    limits_are http-bridge sensor-http-bridge
}

# ---- the API ----

# A fault between the bridge and the API, NAME, that lasts SECONDS.
upstream_fault() {
  fault_starts "$1" "$2"
  check "the bridge's breaker opens" wait_until 20 breaker_went "$fault_begin" sensor-http-bridge open
  check "the publisher's pace slows down" wait_until 20 pace_rose "$fault_begin"
  fault_ends
  check "the bridge's breaker closes" wait_until 40 breaker_went "$fault_end" sensor-http-bridge closed
  check "the pace comes back" wait_until 20 pace_fell "$fault_begin"
  check "readings flow" readings_flow
  echo "      breaker OPEN after $(seconds_to "$fault_struck" 'event/sensor-http-bridge .*"to":"open"') s, CLOSED $(seconds_to "$fault_end" 'event/sensor-http-bridge .*"to":"closed"') s after the end; pace: 1000 $(paces_since "$fault_begin")ms; at most $(most_waiting sensor-persistence) readings waited in the store"
  check_account
}

scenario_api_hangs() { upstream_fault api-hangs 18; }

scenario_api_503() {
  upstream_fault api-503 18
  check "the breaker says for how long the API asked" event_since "$fault_begin" sensor-http-bridge '"text":"Circuit breaker OPEN [^"]* asked to wait 12 s'
  check "it was left alone for as long" was_left_alone 12000
}
# was_left_alone MS: from the breaker's first OPEN to its first HALF_OPEN, as the bridge stamped them.
was_left_alone() { [ $(($(first_went sensor-http-bridge half_open) - $(first_went sensor-http-bridge open))) -ge "$1" ]; }

scenario_network_bridge_api() { upstream_fault network-bridge-api 18; }

scenario_api_rejects_one() {
  fault_starts api-rejects-one 10
  check "readings of the others go on" readings_flow
  fault_ends
  check "what was refused is kept as dead letters" wait_until 20 status_since "$fault_begin" sensor-persistence '"dead_letters":[1-9]'
  check "the breaker stays closed: a refusal is an answer" breaker_stayed_closed
  echo "      $(status_of sensor-persistence | grep -oE '"dead_letters":[0-9]+')"
  check "an operator has them delivered after all" requeue_all
  check_account
}
requeue_all() { compose run -T --rm ctl dead-letters requeue --all 2>> build/rig/compose.log | sed 's/^/      /'; }
breaker_stayed_closed() { ! breaker_went "$fault_begin" sensor-http-bridge open; }

# ---- the broker ----

# A fault between the publisher and the broker, NAME, that lasts SECONDS.
broker_fault() {
  fault_starts "$1" "$2"
  fault_ends
  check "the publisher's breaker opened" wait_until 30 breaker_went "$fault_begin" sensor-publisher open
  check "and closed when the broker was back" wait_until 30 breaker_went "$fault_begin" sensor-publisher closed
  check "its pace had slowed down, and came back" wait_until 30 pace_fell "$fault_begin"
  check "what had waited came in batches" passed_since_has "$fault_begin" ' sensors/rig/backlog/sensor-publisher '
  check "readings flow" readings_flow
  echo "      CLOSED $(seconds_to "$fault_end" 'event/sensor-publisher .*"to":"closed"') s after the end; pace: 1000 $(paces_since "$fault_begin")ms; at most $(most_waiting sensor-publisher) readings waited in the outbox"
  check_account
}

scenario_network_publisher_broker() {
  broker_fault network-publisher-broker 20
  check "the broker said in its name that it is down" status_since "$fault_begin" sensor-publisher '"state":"down"'
}
scenario_broker_paused() { broker_fault broker-paused 20; }

scenario_broker_killed() {
  local time
  for time in 1 2 3; do
    rig_overlays=(broker-killed)
    compose run -T --rm fault >> build/rig/fault-broker-killed.log 2>&1
    rig_overlays=()
    check "killed for the ${time}. time it is back, and readings flow" readings_flow 60
  done
  check "Docker started it three times" [ "$(docker inspect --format '{{.RestartCount}}' "$(container_of broker)")" -ge 3 ]
  check_account
}

# ---- more machines, clocks and disks ----

scenario_second_node() {
  rig_overlays=(second-node)
  check "a second machine joins" rig_up
  rig_nodes=(rig second)
  check "its readings come" wait_until 30 second_node_is_seen
  check "it has the limits of its unit" limits_are second-publisher sensor-publisher
  sleep_until_second_has 20
  check_account
  compose stop second-publisher >> build/rig/compose.log 2>&1
}
second_node_is_seen() { [ -n "$(status_of sensor-publisher second)" ]; }
sleep_until_second_has() { wait_until 60 second_has "$1"; }
second_has() { grep -qE "\"written\":([0-9]{3,}|[2-9][0-9])" < <(status_of sensor-publisher second); }

scenario_clock_step() {
  rig_overlays=(clock-step)
  check "the publisher and the store get a clock that can be stepped" rig_up
  check "readings flow" readings_flow
  fault_starts clock-step 15
  local ahead
  ahead=$(date -u -d '+3 days' +%Y-%m-%d)
  check "readings are stamped three days ahead" wait_until 20 reading_is_stamped "$ahead"
  check "the store says that its clock jumped, and stops deleting by age" wait_until 20 event_since "$fault_begin" sensor-persistence 'nothing is deleted by age'
  fault_ends
  check "readings are stamped today again" wait_until 20 reading_is_stamped "$(date -u +%Y-%m-%d)" "$fault_end"
  check "no breaker opened: none goes by this clock" no_breaker_opened
  check_account
  rig_overlays=()
  check "they get their own clock back" rig_up
  check "readings flow" readings_flow
}
reading_is_stamped() { grep -qF "\"time\":\"$1" < <(passed_since "${2:-$fault_begin}" | grep -E '^[^ ]+ sensors/rig/reading/'); }
no_breaker_opened() { ! breaker_went "$fault_begin" 'sensor-[a-z-]+' open; }

# Another store disk, so all begins anew.
scenario_disk_full() {
  rig_down
  rig_nodes=(rig)
  rig_overlays=(disk-full)
  check "everything starts with a store on a disk of 24 MiB" rig_starts
  fault_starts disk-full 15
  rig_overlays=(disk-full)
  check "the store says that its disk is full" wait_until 30 status_since "$fault_begin" sensor-persistence '"state":"degraded"'
  echo "      $(status_of sensor-persistence | grep -oE '"reason":"[^"]*"')"
  fault_ends
  check "readings waited in the outbox" [ "$(most_waiting sensor-publisher)" -ge 20 ]
  rig_overlays=(disk-full)
  check "it is well again" wait_until 40 status_since "$fault_end" sensor-persistence '"state":"up"'
  check "readings flow" readings_flow
  check_account
}
