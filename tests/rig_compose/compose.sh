# compose.sh: the rig of compose/, asked and handled. Sourced. `rig_overlays` are the files of compose/faults that are in force.

rig_overlays=()
rig_compose=  # docker-compose or "docker compose"

compose() {
  local overlay files=(--file compose/docker-compose.yml)
  for overlay in "${rig_overlays[@]}"; do files+=(--file "compose/faults/$overlay.yml"); done
  $rig_compose --project-name sensor-rig "${files[@]}" "$@"
}

# Both Composes label containers so; asking Docker itself is quicker.
container_of() {
  docker ps --quiet --filter label=com.docker.compose.project=sensor-rig --filter "label=com.docker.compose.service=$1" --filter label=com.docker.compose.oneoff=False
}

rig_up() { compose up --detach --no-build >> build/rig/compose.log 2>&1; }
# `down` knows the volumes of the overlays in force only.
rig_down() {
  compose down --volumes --timeout 5 --remove-orphans >> build/rig/compose.log 2>&1
  docker volume ls --quiet --filter label=com.docker.compose.project=sensor-rig | xargs -r docker volume rm >> build/rig/compose.log 2>&1
}

# ---- what has passed the broker: lines "TIME TOPIC PAYLOAD" of the container monitor ----

now() { date -u +%Y-%m-%dT%H:%M:%S.%NZ; }
# What reads it reads all of it: a `grep -q` that ends early would make the pipe fail.
passed_since() { docker logs --since "$1" "$monitor" 2> /dev/null; }

# event_since TIME SERVICE PATTERN [NODE]: whether such an event came.
event_since() { grep -qE "$3" < <(passed_since "$1" | grep -E "^[^ ]+ sensors/${4:-rig}/event/$2 "); }
passed_since_has() { grep -qF "$2" < <(passed_since "$1"); }
breaker_went() { event_since "$1" "$2" "\"type\":\"breaker\".*\"to\":\"$3\""; }

# first_went SERVICE STATE: when its breaker first did so since the fault began, in ms of the service's own clock.
first_went() {
  date +%s%3N -d "$(passed_since "$fault_begin" | grep -E "^[^ ]+ sensors/rig/event/$1 .*\"type\":\"breaker\".*\"to\":\"$2\"" | sed -nE '1s/.*"time":"([^"]+)".*/\1/p')"
}

# status_since TIME SERVICE PATTERN
status_since() { grep -qE "$3" < <(passed_since "$1" | grep -E "^[^ ]+ sensors/rig/status/$2 "); }

# The newest status of a service, `{}` without one.
status_of() { docker logs --tail 400 "$monitor" 2> /dev/null | sed -nE "s|^[^ ]+ sensors/${2:-rig}/status/$1 (.*)|\1|p" | tail -n 1; }

# paces_since TIME: the paces that the publisher took, in order: "2000 4000 2000 1000".
paces_since() { passed_since "$1" | sed -nE 's|^[^ ]+ sensors/rig/event/sensor-publisher .*"type":"pace".*"to_ms":([0-9]+).*|\1|p' | tr '\n' ' '; }
pace_rose() { grep -qE '(^| )[24]000 ' < <(paces_since "$1"); }
pace_fell() { grep -qE '[24]000 (.* )?1000 $' < <(paces_since "$1"); }

# most_waiting SERVICE: the deepest that its queue was since the fault began.
most_waiting() {
  passed_since "$fault_begin" | sed -nE "s|^[^ ]+ sensors/rig/queue/$1 \{\"depth\":([0-9]+),.*|\1|p" | sort -n | tail -n 1
}

# ---- what the API has ----

# http_get CONTAINER PORT PATH: the answer, asked from inside, where the port is whatever the host's network is.
http_get() {
  docker exec "$1" bash -c 'exec 3<> "/dev/tcp/127.0.0.1/$1" && printf "GET %s HTTP/1.0\r\nHost: rig\r\n\r\n" "$2" >&3 && cat <&3' get "$2" "$3"
}
api_answers() { http_get "$api" 8080 /stats | tail -n 1; }
# api_says NAME: a number of GET /stats, see tests/reference_api/api_store.hpp.
api_says() { api_answers | grep -oE "\"$1\":[0-9]+" | sed -n 1p | grep -oE '[0-9]+$' || echo -1; }
api_has() { [ "$(api_says unique)" -ge "$1" ] || { sleep 1; false; }; }

# readings_flow [SECONDS]: whether more of them come to the API. Its answer passes the broker, which is cheaper to watch.
readings_flow() {
  local had since
  had=$(api_says unique)
  since=$(now)
  # What passes first may have been counted above.
  [ "$had" -ge 0 ] && wait_until "${1:-30}" upload_since "$since" && wait_until 10 api_has $((had + 1))
}
upload_since() { passed_since_has "$1" ' sensors/rig/rpc/uploaded '; }

# ---- what was taken ----

# A publisher's `written` is how many numbers its outbox has given, in this run and all before. The numbers of all nodes:
taken() {
  local node sum=0 written
  for node in "${rig_nodes[@]}"; do
    written=$(status_of sensor-publisher "$node" | grep -oE '"written":[0-9]+' | grep -oE '[0-9]+')
    sum=$((sum + ${written:-0}))
  done
  echo "$sum"
}
rig_nodes=(rig)

# Of those that have a healthcheck.
all_are_healthy() {
  local service
  for service in "${parts[@]}"; do
    [ "$(docker inspect --format '{{.State.Health.Status}}' "$(container_of "$service")")" = healthy ] || return 1
  done
}
