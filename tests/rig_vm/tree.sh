# tree.sh: makes the disk of a Debian machine, with its kernel, for vm.sh. Sourced; $suite says of which Debian, else of this
# machine's. Needs root, mmdebstrap and e2fsprogs. Kept in vm_base, and made anew when the package depends on something else than
# it did.

source packaging/suites.sh
: "${suite:=$(suite_here)}"

# vm_base ARCHITECTURE: the folder that a machine is made from.
vm_base() { echo "build/rig/vm-$suite-$1"; }

# tree_make ARCHITECTURE DEB: disk.base, vmlinuz, initrd.img and key, in that folder.
tree_make() {
  local architecture=$1 deb=$2 folder wants
  folder=$(vm_base "$1")
  wants=$(dpkg-deb --field "$deb" Depends; cat tests/rig_vm/tree.sh)
  [ "$wants" != "$(cat "$folder/made" 2> /dev/null)" ] || return 0
  rm -rf "$folder"
  mkdir -p "$folder"
  tree_lets_foreign_programs_run "$architecture" || return 1
  tree_bootstrap "$architecture" "$deb" "$folder" > "$folder/log" 2>&1 || { tail -n 20 "$folder/log"; tree_forgets_foreign_programs; return 1; }
  tree_forgets_foreign_programs
  mv "$folder"/boot/vmlinuz-* "$folder/vmlinuz" &&
    mv "$folder"/boot/initrd.img-* "$folder/initrd.img" &&
    ssh-keygen -q -t ed25519 -N '' -f "$folder/key" &&
    tree_configure "$folder/root" "$folder/key.pub" &&
    mke2fs -q -t ext4 -d "$folder/root" "$folder/disk.base" 2G || return 1
  rm -rf "$folder/root" "$folder/boot"
  echo "$wants" > "$folder/made"
}

# What the package depends on is there as archives, so that apt works inside without a network.
tree_bootstrap() {
  local architecture=$1 deb=$2 folder=$3 kernel=linux-image-cloud-$1
  mmdebstrap --variant=minbase --mode=root --arch="$architecture" --skip=check/qemu,cleanup/apt \
    --include="systemd,systemd-sysv,dbus,udev,kmod,zstd,iproute2,procps,openssh-server,$kernel" \
    --aptopt='Apt::Install-Recommends "false"' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"; printf "MODULES=list\nCOMPRESS=zstd\nCOMPRESSLEVEL=1\n" > "$1/etc/initramfs-tools/conf.d/rig"' \
    --customize-hook='printf "virtio_pci\nvirtio_blk\nvirtio_mmio\next4\n" > "$1/etc/initramfs-tools/modules"; chroot "$1" update-initramfs -u -k all' \
    --customize-hook="copy-in $deb /root" \
    --customize-hook="chroot \"\$1\" apt-get install -y --no-install-recommends --download-only mosquitto-clients sqlite3 /root/$(basename "$deb")" \
    --customize-hook='rm "$1"/root/*.deb' \
    --customize-hook="copy-out /boot $folder" \
    "$suite" "$folder/root" "$(packaging/apt-sources.sh "$suite")"
}

# What every machine of a rig has: root over ssh, the address that qemu expects, a journal that outlives a power cut.
tree_configure() {
  local root=$1 key=$2 unit
  install -d -m 700 "$root/root/.ssh"
  install -m 600 "$key" "$root/root/.ssh/authorized_keys"
  echo rig > "$root/etc/hostname"
  echo '127.0.0.1 localhost rig' > "$root/etc/hosts"
  echo '/dev/vda / ext4 defaults 0 1' > "$root/etc/fstab"
  mkdir -p "$root/etc/systemd/network"
  printf '[Match]\nName=en* eth*\n[Network]\nAddress=10.0.2.15/24\nIPv6AcceptRA=no\n[Link]\nRequiredForOnline=no\n' > "$root/etc/systemd/network/rig.network"
  mkdir -p "$root/var/log/journal" "$root/etc/systemd/system/multi-user.target.wants"
  ln -sf /lib/systemd/system/systemd-networkd.service "$root/etc/systemd/system/multi-user.target.wants/"
  for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
    systemd-timesyncd.service systemd-networkd-wait-online.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
}

# The kernel starts arm64 programs through qemu-user while the tree is made. Machines with systemd are set up so by the
# package qemu-user-static; elsewhere it is done here and undone afterwards.
tree_registered=
tree_mounted=
tree_lets_foreign_programs_run() {
  local formats=/proc/sys/fs/binfmt_misc
  [ "$1" != "$(dpkg --print-architecture)" ] || return 0
  mountpoint -q $formats || { mount -t binfmt_misc none $formats && tree_mounted=yes; } || return 1
  [ -e $formats/qemu-aarch64 ] || { cat /usr/lib/binfmt.d/qemu-aarch64.conf > $formats/register && tree_registered=yes; }
}

tree_forgets_foreign_programs() {
  [ -z "$tree_registered" ] || echo -1 > /proc/sys/fs/binfmt_misc/qemu-aarch64
  [ -z "$tree_mounted" ] || umount /proc/sys/fs/binfmt_misc
  tree_registered=
  tree_mounted=
}
