// Rows that a destination refused: ranges cut anew, dead letters, and their way back.
#include <nlohmann/json.hpp>
#include <set>

#include "tests/unit/services/sensor-persistence/logic/upload_bench.hpp"

namespace sensors::persistence {
namespace {

using Json = nlohmann::json;

RejectedRow rejected(std::uint64_t seq, const std::string& reason = "out of range", int status = 422) {
  return {{"aaaa", seq}, status, reason};
}

class DeadLetters : public Upload {
 protected:
  /// Rows 1..10 handed out and confirmed, those in `seqs` rejected.
  void refuse(const std::vector<std::uint64_t>& seqs) {
    fill(1, 10);
    upload();
    std::vector<RejectedRow> rows;
    for (const std::uint64_t seq : seqs) rows.push_back(rejected(seq));
    ASSERT_EQ(uploaded(1, 10, rows), R"({"through":10,"remaining":0})");
  }

  Json list(const std::string& more = "") { return Json::parse(dead_letters(R"({"action":"list")" + more + "}")); }
  static std::vector<std::uint64_t> seqs_of(const std::string& batch) {
    std::vector<std::uint64_t> seqs;
    const Json json = Json::parse(batch);
    for (const Json& row : json.at("readings")) seqs.push_back(row.at("seq"));
    return seqs;
  }
};

TEST_F(Upload, of_a_range_that_the_api_refused_is_cut_anew_and_stays_so) {
  fill(1, 100);
  upload(R"(,"max_readings":80)");
  const std::string half = upload(R"(,"max_readings":40,"refused":80)");
  EXPECT_EQ(header(half).first, 1U);
  EXPECT_EQ(header(half).last, 40U);
  EXPECT_EQ(header(half).remaining, 60U);
  EXPECT_EQ(upload(R"(,"max_readings":20,"refused":80)"), half) << "the same refusal cuts once only";
  restart();
  EXPECT_EQ(upload(), half);
  EXPECT_NE(uploaded(1, 80).find("\"rejected\""), std::string::npos);
  EXPECT_EQ(uploaded(1, 40), R"({"through":40,"remaining":60})");
  EXPECT_EQ(header(upload(R"(,"refused":40)")).first, 41U);
}

TEST_F(Upload, of_rows_that_the_api_refused_is_another_batch_each_time_also_when_it_cannot_be_smaller) {
  fill(1, 2);
  std::set<std::string> digests{header(upload(R"(,"max_readings":1)")).digest};
  for (int refusals = 1; refusals <= 3; ++refusals) {
    const UploadBatchHeader again = header(upload(R"(,"max_readings":1,"refused":1)"));
    EXPECT_EQ(again.last, 1U);
    EXPECT_TRUE(digests.insert(again.digest).second) << "an API may answer a key that it knows as it did before";
    EXPECT_EQ(header(upload()).digest, again.digest) << "a retry";
    restart();
    EXPECT_EQ(header(upload()).digest, again.digest) << "a retry";
  }
  uploaded(1, 1);
  const std::string second = header(upload(R"(,"refused":1)")).digest;
  EXPECT_EQ(header(upload()).digest, second) << "nothing of it was refused";
}

TEST_F(DeadLetters, keep_a_full_copy_of_the_row_with_the_reason) {
  refuse({3});
  const Json letters = list();
  ASSERT_EQ(letters.at("dead_letters").size(), 1U);
  EXPECT_EQ(letters.at("truncated"), false);
  const Json& letter = letters.at("dead_letters").front();
  EXPECT_EQ(letter.at("destination"), "api");
  EXPECT_EQ(letter.at("status"), 422);
  EXPECT_EQ(letter.at("reason"), "out of range");
  EXPECT_EQ(letter.at("refusals"), 1);
  EXPECT_EQ(letter.at("waits"), false);
  EXPECT_EQ(letter.at("reading").at("stream"), "aaaa");
  EXPECT_EQ(letter.at("reading").at("seq"), 3);
  EXPECT_EQ(letter.at("reading").at("node"), "kitchen");
  EXPECT_EQ(letter.at("reading").at("value"), 3.0);
  EXPECT_EQ(letter.at("reading").at("unit"), "Cel");
  EXPECT_EQ(letter.at("reading").at("time"), "2026-01-15T16:09:35.123Z");
}

TEST_F(DeadLetters, are_an_event_a_log_line_and_a_counter) {
  refuse({3, 7});
  const std::string said =
      "destination api refused kitchen/bme280.temperature, stream aaaa, number 7 with HTTP 422: out of range, and 1 "
      "rows "
      "more";
  EXPECT_NE(bench->last_own("event").find(said), std::string::npos) << bench->last_own("event");
  EXPECT_TRUE(bench->logged(said));
  bench->pass(10s);
  const Json status = Json::parse(bench->last_own("status"));
  EXPECT_EQ(status.at("dead_letters"), 2);
  EXPECT_EQ(status.at("counters").at("dead_lettered"), 2);
}

TEST_F(DeadLetters, are_made_in_the_transaction_that_moves_the_cursor) {
  fill(1, 10);
  upload();
  bench->request("uploaded", encode_uploaded_request({store, "api", 1, 10, {rejected(3)}}));
  bench->fail_commit();
  EXPECT_EQ(list().at("dead_letters").size(), 0U);
  restart();
  EXPECT_EQ(header(upload()).first, 1U) << "nothing of it happened";
  uploaded(1, 10, {rejected(3)});
  EXPECT_EQ(uploaded(1, 10, {rejected(4)}), R"({"through":10,"remaining":0})") << "confirmed already";
  restart();
  EXPECT_EQ(list().at("dead_letters").size(), 1U);
  EXPECT_EQ(header(upload()).first, 0U);
}

TEST_F(DeadLetters, can_be_a_gap_record) {
  Batch batch = run_of("aaaa", 4, 6);
  batch.gaps.push_back(Gap{1, 3, "outbox_full", test_time});
  bench->backlog(batch);
  bench->settle();
  upload();
  uploaded(1, 4, {rejected(1)});
  const Json letter = list().at("dead_letters").at(0);
  EXPECT_EQ(letter.at("gap").at("first"), 1);
  EXPECT_EQ(letter.at("gap").at("last"), 3);
  EXPECT_EQ(letter.at("gap").at("reason"), "outbox_full");
  dead_letters(R"({"action":"requeue","all":true})");
  const Json again = Json::parse(upload());
  EXPECT_EQ(again.at("gaps").size(), 1U);
  EXPECT_EQ(again.at("gaps").at(0), letter.at("gap"));
}

TEST_F(DeadLetters, are_not_made_of_rows_outside_the_batch) {
  fill(1, 10);
  upload(R"(,"max_readings":5)");
  uploaded(1, 5, {rejected(6), {{"other", 1}, 422, ""}, rejected(2)});
  ASSERT_EQ(list().at("dead_letters").size(), 1U);
  EXPECT_TRUE(bench->logged("2 rows that the API rejected are not in the batch"));
}

TEST_F(DeadLetters, requeued_come_again_at_the_end_under_a_new_range) {
  refuse({3, 7});
  fill(11, 12);
  EXPECT_EQ(dead_letters(R"({"action":"requeue","ids":[2,1,99]})"), R"({"requeued":2,"dead_letters":0})");
  EXPECT_EQ(list().at("dead_letters").at(0).at("waits"), true);
  restart();
  const std::string batch = upload();
  EXPECT_EQ(header(batch).first, 11U);
  EXPECT_EQ(header(batch).last, 14U);
  EXPECT_EQ(seqs_of(batch), (std::vector<std::uint64_t>{11, 12, 7, 3}));
  EXPECT_EQ(upload(R"(,"max_readings":1)"), batch) << "the same batch until it is confirmed";
  EXPECT_EQ(uploaded(11, 14), R"({"through":14,"remaining":0})");
  EXPECT_EQ(list().at("dead_letters").size(), 0U) << "delivered";
  EXPECT_EQ(header(upload()).first, 0U);
}

TEST_F(DeadLetters, refused_again_are_the_same_letters_with_the_new_reason) {
  refuse({3});
  dead_letters(R"({"action":"requeue","all":true})");
  upload();
  uploaded(11, 11, {rejected(3, "still out of range", 400)});
  const Json letters = list().at("dead_letters");
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters.at(0).at("id"), 1);
  EXPECT_EQ(letters.at(0).at("refusals"), 2);
  EXPECT_EQ(letters.at(0).at("status"), 400);
  EXPECT_EQ(letters.at(0).at("reason"), "still out of range");
  EXPECT_EQ(letters.at(0).at("waits"), false);
}

TEST_F(DeadLetters, requeued_reach_their_own_destination_only) {
  options.destinations = {"api", "cloud"};
  restart();
  refuse({3});
  bench->request("upload", R"({"destination":"cloud","max_readings":10})");
  bench->commit();
  EXPECT_EQ(header(bench->take_answer()).readings, 10U) << "another destination has taken nothing yet, and gets it all";
  bench->request("uploaded", encode_uploaded_request({store, "cloud", 1, 10, {}}));
  bench->commit();
  dead_letters(R"({"action":"requeue","destination":"api","all":true})");
  bench->request("upload", R"({"destination":"cloud"})");
  bench->commit();
  EXPECT_EQ(header(bench->take_answer()).first, 0U);
  EXPECT_EQ(seqs_of(upload()), std::vector<std::uint64_t>{3});
  uploaded(11, 11);
  bench->pass(10s);
  EXPECT_EQ(decode_queue_depth(bench->last_own("queue")).value().depth, 0U) << "an id of another waits for nobody";
}

TEST_F(DeadLetters, requeued_survive_retention_and_a_restart) {
  refuse({3, 4});
  dead_letters(R"({"action":"requeue","ids":[1]})");
  options.retention.max_age = Millis{1};
  restart();
  for (int i = 0; i < 5; ++i) bench->pass(Millis{61'000}), bench->settle();
  restart();
  EXPECT_EQ(seqs_of(upload()), std::vector<std::uint64_t>{3});
  EXPECT_EQ(list().at("dead_letters").size(), 2U);
  bench->request("query", "{}");
  EXPECT_EQ(bench->queries.size(), 1U);
  const std::atomic<bool> stopping = false;
  EXPECT_TRUE(StoreReader::open(folder.file("store.db"), stopping).value()->query({}, 1s)->readings.empty())
      << "the readings themselves are gone";
}

TEST_F(DeadLetters, can_be_purged_but_not_while_they_wait) {
  refuse({1, 2, 3});
  dead_letters(R"({"action":"requeue","ids":[1]})");
  EXPECT_EQ(dead_letters(R"({"action":"purge","ids":[1,2]})"), R"({"purged":1,"dead_letters":1})");
  EXPECT_EQ(dead_letters(R"({"action":"purge","all":true})"), R"({"purged":1,"dead_letters":0})");
  EXPECT_EQ(seqs_of(upload()), std::vector<std::uint64_t>{1});
}

TEST_F(DeadLetters, are_listed_page_by_page) {
  refuse({1, 2, 3, 4, 5});
  const Json first = list(R"(,"limit":3)");
  EXPECT_EQ(first.at("dead_letters").size(), 3U);
  EXPECT_EQ(first.at("truncated"), true);
  const Json second = list(R"(,"limit":3,"after":3,"destination":"api")");
  EXPECT_EQ(second.at("dead_letters").size(), 2U);
  EXPECT_EQ(second.at("dead_letters").at(0).at("id"), 4);
  EXPECT_EQ(second.at("truncated"), false);
}

TEST_F(DeadLetters, beyond_their_limit_lose_the_oldest_loudly) {
  options.max_dead_letters = 2;
  restart();
  refuse({1, 2, 3, 4, 5});
  const Json letters = list().at("dead_letters");
  ASSERT_EQ(letters.size(), 2U);
  EXPECT_EQ(letters.at(0).at("reading").at("seq"), 4);
  EXPECT_TRUE(bench->logged("the 3 oldest dead letters dropped: there is room for 2"));
  EXPECT_NE(bench->last_own("event").find("dead_letters_dropped"), std::string::npos);
  bench->pass(10s);
  EXPECT_EQ(Json::parse(bench->last_own("status")).at("counters").at("dead_letters_dropped"), 3);
}

TEST_F(DeadLetters, of_a_destination_that_is_not_configured_are_refused_by_name) {
  EXPECT_NE(dead_letters(R"({"action":"list","destination":"nobody"})").find("destination nobody is not configured"),
            std::string::npos);
}

TEST_F(DeadLetters, of_a_destination_that_is_not_configured_any_more_are_shown_and_purged_and_wait_for_nobody) {
  const std::vector<std::string> both{"api", "old"};
  options.destinations = both;
  restart();
  fill(1, 10);
  for (const std::string& request : {std::string(R"({"destination":"old"})"),
                                     encode_uploaded_request({store, "old", 1, 10, {rejected(3), rejected(4)}})}) {
    bench->request(request.starts_with("{\"dest") ? "upload" : "uploaded", request);
    bench->commit();
    bench->take_answer();
  }
  EXPECT_EQ(dead_letters(R"({"action":"requeue","ids":[1]})"), R"({"requeued":1,"dead_letters":1})");

  options.destinations = {"api"};
  restart();
  bench->pass(10s);
  EXPECT_EQ(Json::parse(bench->last_own("status")).at("destinations"),
            Json::parse(R"({"api":{"waiting":11},"old":{"dead_letters":2}})"))
      << "what waited for it does not any more";
  EXPECT_EQ(list(R"(,"destination":"old")").at("dead_letters").size(), 2U);
  EXPECT_EQ(dead_letters(R"({"action":"requeue","all":true})"), R"({"requeued":0,"dead_letters":2})");
  EXPECT_EQ(dead_letters(R"({"action":"requeue","ids":[1,2]})"), R"({"requeued":0,"dead_letters":2})");
  EXPECT_NE(dead_letters(R"({"action":"requeue","all":true,"destination":"old"})").find("old is not configured"),
            std::string::npos);

  options.destinations = both;
  restart();
  EXPECT_EQ(dead_letters(R"({"action":"requeue","ids":[1]})"), R"({"requeued":1,"dead_letters":1})");
  options.destinations = {"api"};
  restart();
  EXPECT_EQ(dead_letters(R"({"action":"purge","all":true,"destination":"old"})"), R"({"purged":2,"dead_letters":0})");
  EXPECT_EQ(seqs_of(upload()).size(), 10U) << "and the other destination has its rows";
}

TEST_F(DeadLetters, changes_wait_for_a_store_that_can_commit) {
  refuse({1});
  bench->request("dead-letters", R"({"action":"requeue","all":true})");
  bench->fail_commit();
  EXPECT_NE(bench->take_answer().find("disk_full"), std::string::npos);
  EXPECT_EQ(list().at("dead_letters").at(0).at("waits"), false);
}

TEST_F(DeadLetters, and_gaps_do_not_make_a_storm_of_lines_and_events) {
  options.max_dead_letters = 1;
  restart();
  const Instant start = bench->now.monotonic;
  for (std::uint64_t first = 1; first <= 2'000; first += 10) {
    Batch batch = run_of("aaaa", first, first + 8);
    batch.gaps.push_back({first + 9, first + 9, "outbox_full", test_time});
    bench->backlog(batch);
    bench->settle();
    upload();
    uploaded(first, first + 9, {rejected(first)});
  }
  bench->pass(10s);
  bench->give(MqttConnected{});
  EXPECT_EQ(Json::parse(bench->last_own("status")).at("counters").at("dead_lettered"), 200);
  EXPECT_EQ(Json::parse(bench->last_own("status")).at("counters").at("gap_records"), 200);

  // Of each of three kinds one in 10 s, and the lines of the start.
  const auto most = static_cast<std::size_t>(3 * (1 + (bench->now.monotonic - start) / 10s) + 5);
  const auto events = std::count_if(bench->published.begin(), bench->published.end(),
                                    [](const MqttPublish& m) { return m.topic.find("/event/") != std::string::npos; });
  EXPECT_LE(static_cast<std::size_t>(events), most);
  EXPECT_LE(bench->lines.size(), most);
  EXPECT_LT(most, 30U);
}

}  // namespace
}  // namespace sensors::persistence
