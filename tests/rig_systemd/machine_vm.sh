# machine_vm.sh: the machine of machine.sh as a virtual one of rig_vm, where systemd-nspawn does not work. Its cgroups are v2 and
# its kernel its own, so it shows what a container on this host may not. Sourced after machine.sh, whose functions it replaces.

source tests/rig_vm/tree.sh
source tests/rig_vm/vm.sh

patience=4
machine_log=$vm_folder/console.1

machine_obstacle() { vm_obstacle "$(dpkg --print-architecture)"; }
machine_make_base() { vm_make "$(dpkg --print-architecture)" "$1"; }
machine_start() { vm_start && wait_until 75 vm_answers; }
machine_stop() { vm_cut; }
machine_is_cgroup_v1() { inside test -d /sys/fs/cgroup/memory; }
machine_takes() {
  inside mkdir -p "$(dirname "$2")"
  vm_copy "$1" "$2"
}
