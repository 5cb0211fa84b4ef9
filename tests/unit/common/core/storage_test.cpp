#include "common/core/storage.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

// A Raspberry Pi with an overlay root, and a USB disk, as proc(5) has them.
constexpr std::string_view overlay_root =
    "22 28 0:20 / /proc rw,nosuid - proc proc rw\n"
    "28 1 0:24 / / rw,relatime shared:1 - overlay overlayroot "
    "rw,lowerdir=/media/root-ro,upperdir=/media/root-rw/overlay,workdir=/media/root-rw/overlay-workdir/_\n"
    "29 28 179:2 / /media/root-ro ro,relatime shared:2 - ext4 /dev/mmcblk0p2 ro\n"
    "30 28 0:22 / /media/root-rw rw,relatime shared:3 - tmpfs root-rw rw\n"
    "31 28 8:1 / /mnt/usb\\040disk rw,relatime - ext4 /dev/sda1 rw\n";

bool says(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

TEST(Storage, of_a_path_is_the_mount_nearest_to_it) {
  EXPECT_EQ(storage_of(overlay_root, "/var/lib/sensor-project/store.db").type, "overlay");
  EXPECT_EQ(storage_of(overlay_root, "/mnt/usb disk/store.db").source, "/dev/sda1");
  EXPECT_EQ(storage_of(overlay_root, "/mnt/usb disk").source, "/dev/sda1");
  EXPECT_EQ(storage_of(overlay_root, "/mnt/usb diskette/store.db").type, "overlay");
  EXPECT_EQ(storage_of("", "/var").type, "");
}

TEST(Storage, that_is_mounted_over_another_hides_it) {
  const std::string text =
      "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:2 / /var rw - ext4 /dev/sdb1 rw\n3 2 0:9 / /var rw - tmpfs tmpfs rw\n";
  EXPECT_EQ(storage_of(text, "/var/lib").type, "tmpfs");
}

TEST(Storage, on_a_disk_of_the_machine_is_no_risk) {
  for (const char* type : {"ext4", "xfs", "btrfs", "f2fs", "zfs", "bcachefs", "fuseblk", "vfat"}) {
    const std::string text = std::string("1 0 8:1 / / rw - ") + type + " /dev/sda1 rw\n";
    EXPECT_EQ(storage_risk(text, "/var/lib/x"), "") << type;
  }
  EXPECT_EQ(storage_risk("", "/var/lib/x"), "") << "nothing is known";
  EXPECT_EQ(storage_risk(overlay_root, "/mnt/usb disk/store.db"), "");
}

TEST(Storage, of_a_file_that_is_mounted_alone_or_has_two_names_is_a_risk) {
  const std::string text =
      "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:1 /a/store.db /data/store.db rw - ext4 /dev/sda1 rw\n";
  EXPECT_TRUE(says(storage_risk(text, "/data/store.db"), "mount its folder"));
  EXPECT_EQ(storage_risk(text, "/data/other.db", 1), "");
  EXPECT_EQ(storage_risk(text, "/data/other.db", 0), "") << "not there yet";
  EXPECT_TRUE(says(storage_risk(text, "/data/other.db", 2), "has 2 names"));
}

TEST(Storage, in_memory_is_gone_with_the_power) {
  for (const char* mount : {"tmpfs tmpfs", "ramfs none", "ext4 /dev/zram0", "ext2 /dev/ram0"}) {
    const std::string risk = storage_risk(std::string("1 0 0:1 / / rw - ") + mount + " rw\n", "/var/lib/x");
    EXPECT_TRUE(says(risk, "is in memory")) << mount << ": " << risk;
    EXPECT_TRUE(says(risk, "docs/guides/backup-and-moving.md")) << "what to do: " << risk;
  }
}

TEST(Storage, on_an_overlay_says_where_the_changes_are_as_far_as_that_is_known) {
  EXPECT_TRUE(says(storage_risk(overlay_root, "/var/lib/x"), "whose changes are in memory"));
  const std::string container =
      "1 0 0:1 / / rw - overlay overlay rw,lowerdir=/a,upperdir=/var/lib/docker/overlay2/b/diff,workdir=/c\n";
  const std::string risk = storage_risk(container, "/var/lib/x");
  EXPECT_TRUE(says(risk, "is on an overlay")) << risk;
  EXPECT_TRUE(says(risk, "volume")) << risk;
  EXPECT_EQ(storage_risk(container + "2 1 8:1 /v /var/lib/x rw - ext4 /dev/sda1 rw\n", "/var/lib/x/store.db"), "")
      << "on a volume";
}

TEST(Storage, over_a_network_is_not_what_a_database_needs) {
  for (const char* type : {"nfs", "nfs4", "cifs", "9p", "fuse.sshfs", "ceph"}) {
    const std::string risk = storage_risk(std::string("1 0 0:1 / / rw - ") + type + " host:/x rw\n", "/var/lib/x");
    EXPECT_TRUE(says(risk, "network")) << type << ": " << risk;
  }
}

TEST(Storage, takes_lines_that_are_not_of_the_kernel) {
  for (const char* text : {"\n\n", "1 2 3", "1 0 8:1 / /", "1 0 8:1 / / rw - ", "1 0 8:1 / / rw - ext4",
                           "a b c d \\04 f - g h", "1 0 8:1 / / rw - overlay overlay rw,upperdir=\n"})
    static_cast<void>(storage_risk(text, "/var/lib/x"));
}

}  // namespace
}  // namespace sensors
