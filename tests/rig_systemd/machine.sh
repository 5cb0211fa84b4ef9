# machine.sh: a Debian machine with systemd as its first process, in a container (systemd-nspawn). Sourced; $suite says of
# which Debian.
# Needs root, mmdebstrap and systemd-container. On a host with cgroup v1 its controllers are made writable inside, so that
# systemd can enforce limits there as well.

machine_base=                   # kept, until the package depends on other packages
machine_root=build/rig/machine  # a copy of it, made for each run
machine_log=build/rig/console.log
machine_leader=                 # pid of the systemd inside, as the host sees it
machine_pid=

# Says why this machine cannot run the rig; nothing when it can.
machine_obstacle() {
  local tool
  [ "$(id -u)" -eq 0 ] || { echo "it needs root"; return; }
  for tool in systemd-nspawn mmdebstrap nsenter; do
    command -v "$tool" > /dev/null || { echo "$tool is not there: packages-rig.txt lists its package"; return; }
  done
  [ -d /sys/fs/cgroup ] || { echo "there is no /sys/fs/cgroup"; return; }
  unshare --mount --pid --fork true 2> /dev/null || echo "this kernel, or the container this runs in, lets nobody make namespaces"
}

# machine_make_base DEB...: the tree holds what the packages depend on as archives, so that apt works inside without a network.
machine_make_base() {
  local wants deb hooks=() tools=systemd,systemd-sysv,dbus,procps,iproute2,man-db,curl
  wants=$tools
  machine_base=build/rig/base$([ $# -eq 1 ] || echo -$#)-$suite
  for deb; do
    wants+=" $(dpkg-deb --field "$deb" Depends | sed 's/ ([^)]*)//g')" # what the compiler may do with a library changes its version
    hooks+=(--customize-hook="copy-in $deb /root"
      --customize-hook="chroot \"\$1\" apt-get install -y --download-only mosquitto-clients sqlite3 /root/$(basename "$deb")")
  done
  [ "$wants" != "$(cat "$machine_base.done" 2> /dev/null)" ] || return 0
  rm -rf "$machine_base"
  mkdir -p "$(dirname "$machine_base")"
  mmdebstrap --variant=minbase --mode=root --skip=cleanup/apt --aptopt='Apt::Install-Recommends "false"' \
    --include="$tools" \
    "${hooks[@]}" \
    --customize-hook="rm \"\$1\"/root/*.deb" \
    "$suite" "$machine_base" "$(packaging/apt-sources.sh "$suite")" > "$machine_base.log" 2>&1 ||
    { tail -n 20 "$machine_base.log"; return 1; }
  echo "$wants" > "$machine_base.done"
}

machine_cgroups="cpu cpuacct memory pids cpuset blkio devices freezer systemd unified"

# machine_takes FILE TARGET: a copy of the file is at that path of the machine.
machine_takes() { install -D -m 755 "$1" "$machine_root$2"; }

machine_is_cgroup_v1() { [ -d /sys/fs/cgroup/memory ]; }

machine_start() {
  local controller group=sensor-rig
  rm -rf "$machine_root"
  cp -a "$machine_base" "$machine_root"
  echo rig > "$machine_root/etc/hostname"
  echo '127.0.0.1 localhost rig' > "$machine_root/etc/hosts"
  if machine_is_cgroup_v1; then
    for controller in $machine_cgroups; do mkdir -p "/sys/fs/cgroup/$controller/$group"; done
    cat /sys/fs/cgroup/cpuset/cpuset.cpus > "/sys/fs/cgroup/cpuset/$group/cpuset.cpus"
    cat /sys/fs/cgroup/cpuset/cpuset.mems > "/sys/fs/cgroup/cpuset/$group/cpuset.mems"
  fi
  (
    if machine_is_cgroup_v1; then
      for controller in $machine_cgroups; do echo $BASHPID > "/sys/fs/cgroup/$controller/$group/cgroup.procs"; done
    fi
    exec setsid systemd-nspawn --directory="$machine_root" --boot --register=no --keep-unit --private-network \
      --machine=sensor-rig --console=pipe < /dev/null > build/rig/console.log 2>&1
  ) &
  machine_pid=$!
  wait_until 20 machine_has_leader || { tail -n 20 build/rig/console.log; return 1; }
  if machine_is_cgroup_v1; then
    for controller in cpu cpuacct memory pids cpuset blkio devices freezer; do
      nsenter -t "$machine_leader" -m mount -o remount,bind,rw,nosuid,nodev,noexec "/sys/fs/cgroup/$controller"
    done
    inside systemctl daemon-reexec
  fi
  wait_until 30 machine_is_up
}

machine_has_leader() {
  machine_leader=$(pgrep -P "$machine_pid" | head -n 1)
  [ -n "$machine_leader" ] && [ -S "/proc/$machine_leader/root/run/systemd/private" ]
}

machine_is_up() { [[ $(inside systemctl is-system-running 2> /dev/null) =~ ^(running|degraded)$ ]]; }

# Runs a command on the machine.
inside() { nsenter -t "$machine_leader" --mount --uts --ipc --net --pid --cgroup -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"; }

machine_stop() {
  [ -n "$machine_pid" ] || return 0
  kill -TERM "$machine_pid" 2> /dev/null
  wait_until 15 machine_is_gone || kill -KILL "$machine_pid" "$machine_leader" 2> /dev/null
  wait "$machine_pid" 2> /dev/null
  local controller
  if machine_is_cgroup_v1; then
    for controller in $machine_cgroups; do
      find "/sys/fs/cgroup/$controller/sensor-rig" -depth -type d -exec rmdir {} \; 2> /dev/null
    done
  fi
  machine_pid=
}

machine_is_gone() { ! kill -0 "$machine_pid" 2> /dev/null; }
