// The account itself: what is taken away, put in twice or changed behind the services' backs is told.
#include "tests/chaos/chaos_test.hpp"
#include "tests/rig/programs.hpp"

namespace sensors::rig {
namespace {

class AccountOf : public ChaosTest {
 protected:
  void change(const std::string& database, const std::string& sql) {
    Process::Options options;
    options.name = "sqlite3";
    options.command = {program_path("sqlite3"), folder_.file(database), ".timeout 10000", sql};
    options.log_file = folder_.file("sqlite3.log");
    Process sqlite(options);
    sqlite.start();
    ASSERT_EQ(sqlite.wait_exit(Millis{20'000}), 0) << read_file(options.log_file);
  }
};

TEST_F(AccountOf, a_run_without_faults_is_whole_and_names_each_thing_that_is_done_to_it) {
  begin();
  expect_nothing_lost();
  change("store.db", "DELETE FROM reading WHERE seq IN (3, 4)");
  change("store.db",
         "INSERT INTO gap(id, stream, first, last, reason, time_ms) SELECT 1000000, id, 7, 7, 'outbox_full', 0 "
         "FROM stream LIMIT 1");
  change("api.db", "DELETE FROM readings WHERE seq IN (5, 8)");
  for (const char* const seq : {"8", "9"}) {
    change("store.db",
           std::string("INSERT INTO dead_letter(destination, node, stream, seq, sensor, unit, time_ms, value, "
                       "status, reason, refused_ms, refusals) SELECT 'api', node, name, ") +
               seq + ", 's', '', 0, 1.0, 422, 'no', 0, 1 FROM stream LIMIT 1");
  }
  change("api.db", "UPDATE readings SET value = '999' WHERE seq = 6");
  const Account account = chaos().account();
  EXPECT_EQ(account.lost, 3U) << account.text();
  EXPECT_EQ(account.lost_at_api, 1U) << account.text();
  EXPECT_EQ(account.dead_lettered, 2U) << account.text();
  EXPECT_EQ(account.doubled, 2U) << "7 has a gap record, and the API has 9: " << account.text();
  EXPECT_EQ(account.changed, 1U) << account.text();
}

TEST_F(AccountOf, a_replaced_store_lets_the_API_hear_again_of_what_it_had_and_of_nothing_else) {
  begin();
  chaos().replace_store(ChaosRig::Instead::empty);
  chaos().restart(Part::persistence);
  expect_recovery();
  const Account whole = chaos().finish(patience);
  ASSERT_TRUE(whole.whole()) << whole.text();
  // The first number that the API got is of the replaced store, the last one is not.
  for (const char* const row : {"min", "max"}) {
    change("api.db", std::string("INSERT OR IGNORE INTO again SELECT stream, ") + row + "(seq), 1 FROM readings");
    change("api.db", std::string("INSERT INTO gaps SELECT stream, ") + row + "(seq), " + row + "(seq) FROM readings");
  }
  const Account account = chaos().account();
  EXPECT_EQ(account.told_again, whole.told_again + (whole.told_again == 0 ? 1U : 0U)) << account.text();
  EXPECT_EQ(account.doubled, 1U) << account.text();
  EXPECT_EQ(account.came_twice, 1U) << account.text();
  EXPECT_EQ(account.lost, 0U) << account.text();
}

}  // namespace
}  // namespace sensors::rig
