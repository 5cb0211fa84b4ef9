#include "tests/unit/services/sensor-persistence/logic/upload_bench.hpp"

namespace sensors::persistence {
namespace {

TEST_F(Upload, of_an_empty_store_has_nothing) {
  const UploadBatchHeader batch = header(upload());
  EXPECT_EQ(batch.first, 0U);
  EXPECT_EQ(batch.last, 0U);
  EXPECT_EQ(batch.store, store);
}

TEST_F(Upload, hands_out_the_same_batch_until_it_is_confirmed) {
  fill(1, 50);
  const std::string first = upload(R"(,"max_readings":20)");
  EXPECT_EQ(header(first).first, 1U);
  EXPECT_EQ(header(first).last, 20U);
  EXPECT_EQ(header(first).remaining, 30U);
  fill(51, 60);
  const std::string again = upload(R"(,"max_readings":5)");
  EXPECT_EQ(header(again).first, 1U);
  EXPECT_EQ(header(again).last, 20U);
  EXPECT_EQ(again.substr(again.find("\"readings\"")), first.substr(first.find("\"readings\"")));
}

TEST_F(Upload, hands_out_the_same_batch_after_a_crash) {
  fill(1, 50);
  const std::string before = upload(R"(,"max_readings":20)");
  restart();
  EXPECT_EQ(upload(), before);
  EXPECT_EQ(uploaded(1, 20), R"({"through":20,"remaining":30})");
  restart();
  EXPECT_EQ(header(upload()).first, 21U);
}

TEST_F(Upload, takes_a_late_or_doubled_confirmation_and_refuses_an_impossible_one) {
  fill(1, 50);
  upload(R"(,"max_readings":20)");
  EXPECT_NE(uploaded(1, 19).find("1..19 is not what destination api was handed out, which is 1..20"),
            std::string::npos);
  EXPECT_NE(uploaded(1, 50).find("\"rejected\""), std::string::npos);
  EXPECT_EQ(uploaded(1, 20), R"({"through":20,"remaining":30})");
  EXPECT_EQ(uploaded(1, 20), R"({"through":20,"remaining":30})");
  EXPECT_NE(uploaded(21, 40).find("\"rejected\""), std::string::npos) << "it was never handed out";
}

TEST_F(Upload, a_doubled_confirmation_beside_the_next_request_does_not_confirm_the_next_batch) {
  fill(1, 50);
  upload(R"(,"max_readings":20)");
  bench->request("uploaded", encode_uploaded_request({store, "api", 1, 20}));
  bench->request("upload", R"({"destination":"api","max_readings":20})");
  bench->request("uploaded", encode_uploaded_request({store, "api", 1, 20}));
  while (bench->is_committing()) bench->commit();
  restart();
  EXPECT_EQ(header(upload()).first, 21U);
  EXPECT_EQ(header(upload()).last, 40U);
}

TEST_F(Upload, keeps_to_the_bytes_asked_for_and_hands_out_one_row_at_least) {
  fill(1, 50);
  const std::string one = upload(R"(,"max_bytes":1)");
  EXPECT_EQ(header(one).last, 1U);
  uploaded(1, 1);
  const std::string some = upload(R"(,"max_bytes":2000)");
  EXPECT_GT(header(some).readings, 3U);
  EXPECT_LT(some.size(), 2'200U);
}

TEST_F(Upload, hands_out_gap_records_in_their_place) {
  Batch batch = run_of("aaaa", 4, 6);
  batch.gaps.push_back(Gap{1, 3, "outbox_full", test_time});
  bench->backlog(batch);
  bench->settle();
  const std::string first = upload(R"(,"max_readings":1)");
  EXPECT_EQ(header(first).readings, 0U);
  EXPECT_NE(first.find("\"reason\":\"outbox_full\""), std::string::npos);
  uploaded(1, 1);
  EXPECT_EQ(header(upload()).readings, 3U);
}

TEST_F(Upload, covers_every_row_once_over_many_batches) {
  fill(1, 900);
  std::uint64_t next = 1;
  for (int i = 0; i < 100 && next <= 900; ++i) {
    const UploadBatchHeader batch = header(upload(R"(,"max_readings":37)"));
    ASSERT_EQ(batch.first, next);
    ASSERT_EQ(batch.readings, batch.last - batch.first + 1);
    uploaded(batch.first, batch.last);
    next = batch.last + 1;
    if (i % 7 == 0) restart();
  }
  EXPECT_EQ(next, 901U);
  EXPECT_EQ(header(upload()).first, 0U);
  bench->pass(Millis{10'001});  // the queue topic has its own beat
  EXPECT_EQ(decode_queue_depth(bench->last_own("queue")).value().depth, 0U);
}

TEST_F(Upload, destinations_have_cursors_of_their_own) {
  options.destinations = {"api", "cloud"};
  restart();
  fill(1, 10);
  upload();
  uploaded(1, 10);
  bench->request("upload", R"({"destination":"cloud"})");
  bench->commit();
  EXPECT_EQ(header(bench->take_answer()).first, 1U);
  bench->pass(10s);
  EXPECT_EQ(decode_queue_depth(bench->last_own("queue")).value().depth, 10U) << "of the slowest destination";
}

}  // namespace
}  // namespace sensors::persistence
