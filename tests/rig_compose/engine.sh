# engine.sh: a Docker engine for the rig. The one that runs is used; else one is started, with its images in build/rig/docker, and
# stopped at the end. Sourced.
#
# One of our own builds on the host's network, without a bridge, and runs containers in a network namespace of its own: the
# host's addresses, routes and packet filter stay as they are.

engine_folder=$PWD/build/rig/docker
engine_run=/run/sensor-rig-docker  # short: the path of a socket has at most 107 characters
engine_space=sensor-rig-docker
engine_pid=  # of an engine of our own
engine_is_ours=

# Says why this machine cannot run the rig; nothing when it can.
engine_obstacle() {
  local tool
  engine_answers && { command -v docker-compose > /dev/null || docker compose version > /dev/null 2>&1 || echo "neither docker-compose nor the plugin compose is there"; return; }
  [ "$(id -u)" -eq 0 ] || { echo "no Docker engine answers, and to start one takes root"; return; }
  for tool in dockerd docker-compose mmdebstrap ip nsenter iptables; do
    command -v "$tool" > /dev/null || { echo "no Docker engine answers, and $tool is not there: packages-compose.txt lists its package"; return; }
  done
  [ -d /sys/fs/cgroup ] || { echo "no Docker engine answers, and there is no /sys/fs/cgroup"; return; }
  unshare --mount --net --pid --fork true 2> /dev/null || echo "no Docker engine answers, and this kernel, or the container this runs in, lets nobody make namespaces"
}

engine_answers() { docker info > /dev/null 2>&1; }

engine_choose() {
  engine_answers && return
  engine_is_ours=yes
  mkdir -p "$engine_folder" "$engine_run"
  export DOCKER_HOST=unix://$engine_run/docker.sock DOCKER_BUILDKIT=0 COMPOSE_DOCKER_CLI_BUILD=0
}

# The plugin where it is there, as it is what goes on being kept.
compose_program() { if docker compose version > /dev/null 2>&1; then echo "docker compose"; else echo docker-compose; fi; }

engine_start_to_build() { engine_start "" --bridge=none --iptables=false --ip-forward=false --ip-masq=false; }

engine_start_to_run() {
  [ -z "$engine_is_ours" ] || {
    ip netns add "$engine_space"
    ip -n "$engine_space" link set lo up
    nsenter --net="/run/netns/$engine_space" sysctl -qw net.ipv4.ip_forward=1
  }
  # nsenter and not `ip netns exec`, which hides /sys/fs/cgroup.
  engine_start "nsenter --net=/run/netns/$engine_space" --bip 172.29.0.1/24 --default-address-pool base=172.30.0.0/16,size=24
}

# engine_start PREFIX OPTION...
engine_start() {
  [ -n "$engine_is_ours" ] || return 0
  local prefix=$1
  shift
  setsid $prefix dockerd --data-root "$engine_folder/data" --exec-root "$engine_run/exec" --pidfile "$engine_run/dockerd.pid" \
    --host "$DOCKER_HOST" --exec-opt native.cgroupdriver=cgroupfs --log-level warn "$@" < /dev/null >> "$engine_folder/dockerd.log" 2>&1 &
  engine_pid=$!
  wait_until 30 engine_answers
}

engine_stop() {
  [ -n "$engine_pid" ] || return 0
  kill "$engine_pid" 2> /dev/null
  wait_until 20 engine_is_gone || kill -KILL "$engine_pid"
  wait "$engine_pid" 2> /dev/null
  engine_pid=
  umount "$engine_run/exec/netns/default" 2> /dev/null
  ip netns del "$engine_space" 2> /dev/null
  rm -rf --one-file-system "$engine_run"/*
  local group
  for group in /sys/fs/cgroup/*/docker; do find "$group" -depth -type d -exec rmdir {} \; 2> /dev/null; done
  return 0
}

engine_is_gone() { ! kill -0 "$engine_pid" 2> /dev/null; }
