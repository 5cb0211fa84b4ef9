// A destination whose bridge delivers nowhere: nothing waits for it, and what the store keeps is there when it is back.
#include "services/sensor-persistence/store/schema.hpp"
#include "tests/unit/services/sensor-persistence/logic/upload_bench.hpp"

namespace sensors::persistence {
namespace {

class Withdrawal : public Upload {
 protected:
  std::string withdraw(const std::string& destination = "api", const std::string& bridge = "bridge") {
    bench->request("withdraw", encode_withdraw_request({destination}), "sensors/node/rpc-reply/" + bridge);
    while (bench->is_committing()) bench->commit();
    return bench->take_answer();
  }

  std::uint64_t depth() {
    bench->pass(10s);
    while (bench->is_committing()) bench->commit();
    return decode_queue_depth(bench->last_own("queue")).value().depth;
  }

  std::int64_t rows() {
    Result<Database> database = Database::open(folder.file("store.db"), store_migrations(), {});
    Statement statement = database->prepare("SELECT count(*) FROM reading").value();
    statement.step().value();
    return statement.integer(0);
  }
};

TEST_F(Withdrawal, leaves_nothing_waiting_and_says_what_did) {
  fill(1, 50);
  upload(R"(,"max_readings":20)");
  uploaded(1, 20);
  EXPECT_EQ(depth(), 30U);
  EXPECT_EQ(withdraw(), R"({"through":20,"remaining":30})");
  EXPECT_TRUE(bench->logged("nothing waits for destination api any more"));
  EXPECT_TRUE(bench->logged("30 rows that waited stay as long as [retention] keeps them"));
  EXPECT_EQ(depth(), 0U);
  fill(51, 60);
  EXPECT_EQ(depth(), 0U);
}

TEST_F(Withdrawal, is_a_warning_only_where_somebody_may_miss_the_rows) {
  const auto level_of = [this] {
    for (const LogLine& line : bench->lines) {
      if (line.text.find("nothing waits for destination api") != std::string::npos) return line.level;
    }
    return LogLevel::debug;
  };
  fill(1, 50);
  withdraw();
  EXPECT_EQ(level_of(), LogLevel::info) << "a first start has no warning, and readings may come before the bridge";
  bench->pass(10s);
  EXPECT_EQ(bench->last_own("status").find("url_gone"), std::string::npos);
  upload(R"(,"max_readings":20)");
  bench->lines.clear();
  withdraw();
  EXPECT_EQ(level_of(), LogLevel::warning);
  EXPECT_TRUE(bench->logged("if that is a mistake, write the url into the bridge's configuration again"));
  bench->pass(10s);
  EXPECT_NE(bench->last_own("status").find(R"("url_gone":true)"), std::string::npos) << bench->last_own("status");
}

TEST_F(Withdrawal, is_said_once_though_the_bridge_repeats_it) {
  withdraw();
  EXPECT_TRUE(bench->logged("nothing waits for destination api"));
  bench->lines.clear();
  withdraw();
  EXPECT_FALSE(bench->logged("nothing waits for destination api"));
}

TEST_F(Withdrawal, outlives_the_store_s_restart) {
  fill(1, 50);
  withdraw();
  restart();
  EXPECT_TRUE(bench->logged("is open; 0 rows wait for upload"));
  EXPECT_EQ(depth(), 0U);
}

TEST_F(Withdrawal, ends_when_the_destination_is_asked_for_and_all_that_is_kept_goes_there) {
  fill(1, 20);
  upload();
  uploaded(1, 20);
  withdraw();
  fill(21, 50);
  EXPECT_EQ(header(upload()).first, 21U) << "what it has is not sent again";
  EXPECT_TRUE(bench->logged("destination api is delivered to: 30 rows that the store keeps wait for it"));
  EXPECT_EQ(depth(), 30U);
  restart();
  EXPECT_EQ(depth(), 30U) << "it counts on the disk, too";
}

TEST_F(Withdrawal, ends_also_when_nothing_is_there_to_be_handed_out) {
  withdraw();
  EXPECT_EQ(header(upload()).first, 0U);
  restart();
  fill(1, 5);
  EXPECT_EQ(depth(), 5U);
}

TEST_F(Withdrawal, gives_the_same_batch_again_when_one_was_handed_out_before) {
  fill(1, 50);
  const std::string before = upload(R"(,"max_readings":20)");
  withdraw();
  EXPECT_EQ(upload(), before) << "the API may have it, under the same key";
  restart();
  EXPECT_EQ(depth(), 50U);
}

TEST_F(Withdrawal, is_not_for_a_destination_that_another_bridge_delivers_to) {
  fill(1, 10);
  upload(R"(,"max_readings":5)");
  EXPECT_NE(withdraw("api", "other").find("in_use"), std::string::npos);
  EXPECT_EQ(depth(), 10U);
}

TEST_F(Withdrawal, leaves_the_destination_to_another_bridge_at_once) {
  upload();
  withdraw();
  bench->request("upload", R"({"destination":"api"})", "sensors/node/rpc-reply/other");
  while (bench->is_committing()) bench->commit();
  EXPECT_EQ(header(bench->take_answer()).destination, "api");
}

TEST_F(Withdrawal, of_a_destination_that_nobody_configured_is_nothing_to_do) {
  EXPECT_EQ(withdraw("nobody"), R"({"through":0,"remaining":0})");
  EXPECT_FALSE(bench->logged("nothing waits for"));
}

TEST_F(Withdrawal, leaves_dead_letters_to_be_listed_requeued_and_purged) {
  fill(1, 10);
  upload();
  uploaded(1, 10, {{{"aaaa", 3}, 422, "no"}, {{"aaaa", 4}, 422, "no"}});
  withdraw();
  restart();
  EXPECT_EQ(depth(), 0U);
  const std::string status = bench->last_own("status");
  EXPECT_NE(status.find(R"("destinations":{"api":{"waiting":0,"url_gone":true,"dead_letters":2}})"), std::string::npos)
      << "it is configured, and nothing waits for it: " << status;
  EXPECT_NE(dead_letters(R"({"action":"list","destination":"api"})").find(R"("seq":4)"), std::string::npos);
  EXPECT_EQ(dead_letters(R"({"action":"purge","ids":[1]})"), R"({"purged":1,"dead_letters":1})");
  EXPECT_EQ(dead_letters(R"({"action":"requeue","all":true})"), R"({"requeued":1,"dead_letters":0})");
  restart();
  EXPECT_EQ(depth(), 0U);
  const std::string batch = upload();
  EXPECT_EQ(header(batch).first, header(batch).last);
  EXPECT_NE(batch.find(R"("seq":4)"), std::string::npos) << "what was requeued goes there when it is back: " << batch;
}

TEST_F(Withdrawal, that_cannot_be_written_is_answered_with_the_error_and_counts_for_nothing) {
  fill(1, 10);
  bench->request("withdraw", encode_withdraw_request({"api"}));
  ASSERT_TRUE(bench->is_committing());
  bench->fail_commit();
  EXPECT_NE(bench->take_answer().find("disk_full"), std::string::npos);
  bench->pass(10s);
  EXPECT_EQ(decode_queue_depth(bench->last_own("queue")).value().depth, 10U);
}

// Version 0.1.0 can use the file, and leaves the column as it is.
TEST_F(Withdrawal, ends_when_an_older_version_hands_out_rows) {
  fill(1, 50);
  withdraw();
  {
    Result<Database> database = Database::open(folder.file("store.db"), store_migrations(), {});
    ASSERT_TRUE(database->execute("UPDATE destination SET batch_first = 1, batch_last = 20").has_value());
  }
  restart();
  EXPECT_EQ(depth(), 50U);
}

TEST_F(Withdrawal, lets_retention_delete_and_its_end_keeps_what_is_left) {
  options.retention.max_age = std::chrono::hours{24};
  options.retention.max_bytes = 0;
  restart();
  fill(1, 50);
  const auto let_retention_run = [this] {
    bench->pass(61s);
    for (int step = 0; step < 50; ++step) {
      while (bench->is_committing()) bench->commit();
      bench->pass(20ms);
    }
  };
  bench->now.wall += std::chrono::hours{23};
  bench->now.monotonic += std::chrono::hours{23};
  let_retention_run();
  EXPECT_EQ(rows(), 50);
  bench->now.wall += std::chrono::hours{48};
  bench->now.monotonic += std::chrono::hours{48};
  let_retention_run();
  EXPECT_EQ(rows(), 50) << "they wait for the API";
  withdraw();
  // Who asks again is waited for from that moment on, before anything is written.
  bench->request("upload", R"({"destination":"api"})");
  let_retention_run();
  EXPECT_EQ(rows(), 50);
  withdraw();
  let_retention_run();
  EXPECT_EQ(rows(), 0);
}

}  // namespace
}  // namespace sensors::persistence
