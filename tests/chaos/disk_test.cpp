// Disks that are full, fail, hang or turn read-only beneath the services: on real small file systems where this machine
// allows it, and through a library that is loaded into them everywhere.
#include <filesystem>

#include "tests/chaos/chaos_test.hpp"

namespace sensors::rig {
namespace {

constexpr std::size_t small_disk_bytes = 16 * 1024 * 1024;

class Disk : public ChaosTest {
 protected:
  ChaosRig& begin_on_small_disks() {
    ChaosOptions options;
    options.small_disk_bytes = small_disk_bytes;
    return begin(std::move(options));
  }

  ChaosRig& begin_with_preloads() {
    ChaosOptions options;
    options.preloads = true;
    return begin(std::move(options));
  }

  /// By the publisher's own count, as the outbox cannot be asked while it cannot be written.
  std::uint64_t taken() { return chaos().status("sensor-publisher")["counters"].value("taken", std::uint64_t{0}); }

  void expect_readings_to_be_taken_on(std::uint64_t count = 60) {
    const std::uint64_t then = taken();
    EXPECT_TRUE(comes_true(Millis{10'000}, [&] { return taken() >= then + count; })) << folder_.log_tails();
  }

  /// The outbox fails with `error`, and works again.
  void fail_the_outbox(const std::string& calls, const std::string& error) {
    begin_with_preloads();
    chaos().disk_faults().add(calls, error, "outbox-");
    expect_state("sensor-publisher", "degraded");
    expect_readings_to_be_taken_on();
    expect_store_goes_on();
    chaos().disk_faults().clear();
    expect_recovery();
    expect_nothing_lost();
  }

  /// The same for the store.
  void fail_the_store(const std::string& calls, const std::string& error) {
    begin_with_preloads();
    chaos().disk_faults().add(calls, error, "store.db");
    expect_state("sensor-persistence", "degraded");
    expect_readings_go_on();
    chaos().disk_faults().clear();
    expect_recovery();
    expect_nothing_lost();
  }
};

const char* const guide_says_check = "\"Disk full can cause hangs\": check it yourself";

TEST_F(Disk, of_the_store_that_is_full_takes_readings_again_when_space_returns) {
  NEEDS_PRIVATE_WORLD();
  describe({"disk of the store full", guide_says_check,
            "the store stops acknowledging and says so; readings wait in the outbox; goes on by itself"});
  begin_on_small_disks();
  chaos().store_disk().fill();
  expect_state("sensor-persistence", "degraded");
  expect_readings_go_on();
  chaos().store_disk().remove_filling();
  expect_recovery();
  expect_nothing_lost();
}

TEST_F(Disk, of_the_outbox_that_is_full_does_not_keep_readings_from_the_store) {
  NEEDS_PRIVATE_WORLD();
  describe({"disk of the outbox full", guide_says_check,
            "readings are sent from memory, bounded, and reach the store; degraded, and said so; goes on by itself"});
  begin_on_small_disks();
  chaos().outbox_disk().fill();
  expect_state("sensor-publisher", "degraded");
  expect_readings_to_be_taken_on();
  expect_store_goes_on();
  chaos().outbox_disk().remove_filling();
  expect_recovery();
  expect_nothing_lost();
}

TEST_F(Disk, of_the_store_whose_sync_fails_acknowledges_nothing_meanwhile) {
  describe({"fsync of the store fails: EIO", "not noticed: SQLite's default of the time is kept",
            "the commit counts as failed, nothing is acknowledged; tried again"});
  fail_the_store("sync", "EIO");
}

TEST_F(Disk, of_the_outbox_whose_sync_fails_is_tried_again) {
  describe({"fsync of the outbox fails: EIO", "there was no outbox",
            "readings are sent from memory; degraded, and said so; the file is opened and synced again"});
  fail_the_outbox("sync", "EIO");
}

TEST_F(Disk, of_the_store_that_turns_read_only_beneath_it_comes_back) {
  describe({"file system of the store turns read-only", "readings block, the service restarts for ever",
            "the store stops acknowledging; readings wait in the outbox"});
  fail_the_store("all", "EROFS");
}

TEST_F(Disk, of_the_outbox_that_turns_read_only_beneath_it_comes_back) {
  describe({"file system of the outbox turns read-only", "there was no outbox",
            "readings are sent from memory, bounded; goes on by itself"});
  fail_the_outbox("all", "EROFS");
}

const char* const guide_writes_on = "what is written goes on into a file that nobody can open any more";

/// The files of the database `name` lose their names while their service has them open.
class DeletedFile : public Disk {
 protected:
  void delete_files(const std::string& name, const std::vector<const char*>& suffixes) {
    for (const char* suffix : suffixes) std::filesystem::remove(folder_.file(name) + suffix);
  }

  void expect_said_and_mended(Service& service) {
    expect_log(service, "was deleted, moved away or replaced while it is in use");
    expect_log(service, "nothing is lost");
    expect_readings_go_on();
  }
};

TEST_F(DeletedFile, of_the_outbox_is_noticed_and_all_that_waits_in_it_reaches_the_store) {
  describe(
      {"the files of the outbox deleted beneath the publisher", guide_writes_on,
       "noticed with the next commit; what waits is written into a new file; readings go on from memory meanwhile"});
  begin();
  chaos().wire(Link::publisher_broker).stall();
  expect_readings_go_on(120);
  chaos().note_streams();
  delete_files("outbox-node-1.db", {"", "-wal", "-shm"});
  expect_said_and_mended(rig().publisher());
  chaos().wire(Link::publisher_broker).pass();
  expect_recovery();
  expect_nothing_lost();
}

TEST_F(DeletedFile, of_the_store_is_noticed_and_goes_on_as_the_same_store) {
  describe(
      {"the file of the store deleted beneath it", guide_writes_on,
       "noticed with the next commit, which is not acknowledged; all that was committed is written into a new file, "
       "the same store; readings wait in the outbox meanwhile"});
  begin();
  chaos().wire(Link::bridge_broker).stall();
  expect_store_goes_on(120);
  delete_files("store.db", {""});
  expect_said_and_mended(rig().persistence());
  chaos().wire(Link::bridge_broker).pass();
  expect_recovery();
  expect_nothing_lost();
}

TEST_F(DeletedFile, that_is_the_log_of_the_store_goes_into_the_store) {
  describe({"the log (-wal) of the store deleted beneath it", guide_writes_on,
            "noticed with the next commit; what the log has is written into the store, and a new log begun"});
  begin();
  expect_store_goes_on();
  delete_files("store.db", {"-wal"});
  expect_said_and_mended(rig().persistence());
  expect_recovery();
  expect_nothing_lost();
}

TEST_F(Disk, of_the_store_that_hangs_stops_nothing_but_the_store) {
  describe({"disk of the store hangs for 2 s", "readings block behind the commit",
            "the commit is on a worker: loop, broker and readings go on"});
  begin_with_preloads();
  chaos().disk_faults().add("sync", "STALL", "store.db");
  expect_readings_go_on(240);
  EXPECT_LT(chaos().status("sensor-persistence").value("loop_max_ms", 10'000), 1'000);
  chaos().disk_faults().clear();
  expect_recovery();
  expect_nothing_lost();
}

}  // namespace
}  // namespace sensors::rig
