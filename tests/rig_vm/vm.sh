# vm.sh: a machine in qemu that can lose its power. Sourced, after tree.sh and rig_systemd/check.sh.
#
# Its disk is nbdkit's, with a write cache as a real drive has: a write is in the cache when it is done, and on the medium when
# the machine has flushed it. Pulling the plug kills qemu and nbdkit: what the kernel had in memory is gone, and so is all
# that was written and not flushed. So an fsync that is missing, or does not reach the drive, shows.

vm_folder=build/rig/$(basename "$0" .sh)   # of the present run
vm_architecture=           # amd64 or arm64
vm_accelerator=            # kvm or tcg
vm_port=                   # of ssh, on this machine
vm_starts=0                # how often it was switched on

# Says why this machine cannot run the rig for architecture $1; nothing when it can.
vm_obstacle() {
  local tool
  [ "$(id -u)" -eq 0 ] || { echo "it needs root, to make a Debian tree"; return; }
  [ ${#PWD} -le 75 ] || { echo "the path $PWD is too long for the sockets in it"; return; }
  for tool in mmdebstrap mke2fs ssh ssh-keygen nbdkit sqlite3 "$(vm_program "$1")"; do
    command -v "$tool" > /dev/null || { echo "$tool is not there: packages-rig.txt and packages-vm.txt list its package"; return; }
  done
  [ "$1" = "$(dpkg --print-architecture)" ] || [ -d /proc/sys/fs/binfmt_misc ] || modprobe -q binfmt_misc || echo "this kernel starts no programs of another architecture (binfmt_misc)"
}

vm_program() { case $1 in arm64) echo qemu-system-aarch64 ;; *) echo qemu-system-x86_64 ;; esac; }

# vm_make ARCHITECTURE DEB: a new machine, switched off.
vm_make() {
  vm_architecture=$1
  rm -rf "$vm_folder"
  mkdir -p "$vm_folder"
  tree_make "$1" "$2" || return 1
  cp --sparse=always "$(vm_base "$1")/disk.base" "$vm_folder/disk"
  vm_port=$((20000 + RANDOM % 10000))
  vm_accelerator=${SENSOR_RIG_ACCELERATOR:-tcg}
  if [ -z "${SENSOR_RIG_ACCELERATOR:-}" ] && [ "$1" = "$(dpkg --print-architecture)" ] && [ -w /dev/kvm ] && [ ! -e build/rig/no-kvm ]; then
    vm_accelerator=kvm
    vm_start && wait_until 45 vm_answers && { vm_cut; return 0; }
    echo "      this machine's /dev/kvm does not start Debian's kernel: emulated instead"
    vm_cut
    touch build/rig/no-kvm
    vm_accelerator=tcg
  fi
}

# Switches it on, and returns. Numbers that the sensor took and readings that the broker had leave it through two serial ports
# at once: files taken.N and published.N of the N-th start.
vm_start() {
  vm_starts=$((vm_starts + 1))
  rm -f "$vm_folder"/{nbd,ssh}.socket "$vm_folder"/{nbd,qemu}.pid
  nbdkit --pidfile "$vm_folder/nbd.pid" --unix "$PWD/$vm_folder/nbd.socket" --filter=cache file "$vm_folder/disk" cache=writeback || return 1
  local machine=(-machine q35 -cpu max) console=ttyS0
  [ "$vm_accelerator" != kvm ] || machine=(-machine q35 -cpu host)
  [ "$vm_architecture" != arm64 ] || { machine=(-machine virt -cpu cortex-a72); console=ttyAMA0; }
  "$(vm_program "$vm_architecture")" "${machine[@]}" -accel "$vm_accelerator$([ "$vm_accelerator" = kvm ] || echo ,thread=multi)" \
    -smp 2 -m 1024 -display none -nodefaults -no-user-config -monitor none \
    -serial "file:$vm_folder/console.$vm_starts" -pidfile "$vm_folder/qemu.pid" -daemonize \
    -kernel "$(vm_base "$vm_architecture")/vmlinuz" -initrd "$(vm_base "$vm_architecture")/initrd.img" \
    -append "console=$console root=/dev/vda rw mitigations=off" \
    -drive "file=nbd+unix:///?socket=$PWD/$vm_folder/nbd.socket,format=raw,if=none,id=disk,cache=writeback" -device virtio-blk-pci,drive=disk \
    -device virtio-rng-pci -device virtio-serial-pci \
    -chardev "file,id=taken,path=$vm_folder/taken.$vm_starts" -device virtserialport,chardev=taken,name=rig.taken \
    -chardev "file,id=published,path=$vm_folder/published.$vm_starts" -device virtserialport,chardev=published,name=rig.published \
    -netdev "user,id=net,hostfwd=tcp:127.0.0.1:$vm_port-:22" -device virtio-net-pci,netdev=net,romfile= > "$vm_folder/qemu.log" 2>&1
}

# Pulls the plug. The machine is halted first, so that it does not see its drive vanish.
vm_cut() {
  local qemu nbd
  qemu=$(cat "$vm_folder/qemu.pid" 2> /dev/null) && kill -STOP "$qemu"
  nbd=$(cat "$vm_folder/nbd.pid" 2> /dev/null) && kill -KILL "$nbd"
  [ -z "$qemu" ] || kill -KILL "$qemu"
  rm -f "$vm_folder"/{nbd,qemu}.pid
  wait_until 5 vm_is_off "$qemu" "$nbd"
}

vm_is_off() { ! kill -0 "$1" 2> /dev/null && ! kill -0 "$2" 2> /dev/null; }

vm_ssh_options() {
  echo -i "$(vm_base "$vm_architecture")/key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
    -o ConnectTimeout=10 -o ControlPath="$vm_folder/ssh.socket" -o ControlMaster=auto -o ControlPersist=120
}

# Runs a command on the machine; each argument arrives as it is.
inside() {
  # shellcheck disable=SC2046
  timeout "${inside_limit:-300}" ssh $(vm_ssh_options) -p "$vm_port" root@127.0.0.1 "LC_ALL=C DEBIAN_FRONTEND=noninteractive $(printf '%q ' "$@")"
}

# The same over a connection of its own.
vm_ssh_anew() {
  # shellcheck disable=SC2046
  timeout 60 ssh -o ControlPath=none $(vm_ssh_options) -p "$vm_port" root@127.0.0.1 "$@" < /dev/null
}

# vm_copy FILE... TARGET: to the machine.
vm_copy() {
  # shellcheck disable=SC2046
  scp -q $(vm_ssh_options) -P "$vm_port" "${@:1:$#-1}" "root@127.0.0.1:${!#}"
}

vm_answers() { inside_limit=15 inside true < /dev/null 2> /dev/null; }

# newest_deb ARCHITECTURE: the package that ./dev deb has made; not that of the made-up next version.
newest_deb() { ls -t build/deb/sensor-project_*_"$1".deb 2> /dev/null | grep -vF +next | head -n 1; }
