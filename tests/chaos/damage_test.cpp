// A store with pages that are no longer what was written: what can be read goes on in a new one.
#include <filesystem>
#include <fstream>

#include "tests/chaos/chaos_test.hpp"

namespace sensors::rig {
namespace {

constexpr std::size_t page_bytes = 4'096;

class Damaged : public ChaosTest {
 protected:
  /// Overwrites two pages in the middle of the file.
  void damage(const std::string& name) {
    const std::string path = folder_.file(name);
    const std::size_t pages = std::filesystem::file_size(path) / page_bytes;
    ASSERT_GT(pages, 20U) << "too small to have a middle";
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(pages / 2 * page_bytes));
    file << std::string(2 * page_bytes, '\xa5');
    ASSERT_TRUE(file.flush().good());
  }

  bool is_delivered() { return rig().store().uploaded_through("api") == rig().store().last_id(); }
};

TEST_F(Damaged, store_is_salvaged_and_the_API_lacks_nothing) {
  describe(
      {"two pages of the store overwritten", "the database does not open; a person repairs it",
       "moved aside; what can be read goes on in a new store, what was not delivered becomes gap records; delivered "
       "readings of those pages are missing from the store's history"});
  ChaosOptions options;
  options.nodes = {weather_node("node-1", "50ms", 20)};
  begin(std::move(options));
  expect_store_goes_on(4'000);
  chaos().wire(Link::publisher_broker).stall();
  ASSERT_TRUE(comes_true(patience, [&] { return is_delivered(); })) << folder_.log_tails();
  chaos().look();
  ASSERT_EQ(rig().persistence().stop(), 0);
  damage("store.db");
  rig().persistence().start();
  chaos().wire(Link::publisher_broker).pass();
  expect_log(rig().persistence(), "the store was damaged");
  expect_readings_go_on();
  expect_store_goes_on();

  // Readings that were on the two pages are gone from the store, and were at the API before.
  Account account = chaos().finish(patience);
  EXPECT_EQ(account.lost_at_api, 0U) << account.text();
  EXPECT_EQ(account.delivered, account.taken) << account.text();
  EXPECT_EQ(account.doubled + account.changed + account.came_twice, 0U) << account.text();
  EXPECT_GT(account.stored, 3'000U) << account.text();
  account.lost = account.lost_at_api;
  keep(account);
}

}  // namespace
}  // namespace sensors::rig
