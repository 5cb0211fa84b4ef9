// An API that refuses: bad rows are found and given up, and only those; everything else is held, cut or tried again.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

#include "tests/unit/services/sensor-http-bridge/delivery/timeline.hpp"

namespace sensors::bridge {
namespace {

using State = CircuitBreaker::State;

/// An API that keeps what it takes, knows each key, and does not take the rows in `poison` or too many at once.
class ModelApi {
 public:
  std::set<std::uint64_t> poison;
  std::size_t most_rows = 1'000;
  bool answers_lists = false;  // 2xx with the rejected rows, instead of 422 for the batch

  std::map<std::uint64_t, int> delivered;  // how often, by row number
  std::map<std::string, std::size_t> posts;

  void answer(Timeline& t) {
    const HttpPost& post = t.posts.back();
    const UploadBatchHeader batch = decode_upload_batch_header(post.body).value();
    ++posts[post.idempotency_key];
    if (batch.readings > most_rows) return t.api_says(413, R"({"title":"Too many"})");
    std::string rejected;
    for (std::uint64_t row = batch.first; row <= batch.last; ++row) {
      if (!poison.contains(row)) continue;
      rejected += (rejected.empty() ? "" : ",") + (R"({"stream":"k3v9x2m7qp4d","seq":)" + std::to_string(row) + "}");
    }
    if (!rejected.empty() && !answers_lists) return t.api_says(422, R"({"title":"Bad row","detail":"too hot"})");
    for (std::uint64_t row = batch.first; row <= batch.last; ++row) delivered[row] += poison.contains(row) ? 0 : 1;
    t.api_says(200, R"({"detail":"too hot","rejected":[)" + rejected + "]}");
  }
};

/// Store and API answer until all rows are delivered or dead letters, or `patience` has passed. The number of POSTs.
std::size_t run(Timeline& t, ModelApi& api, Millis patience = std::chrono::hours{1}) {
  const Instant end = t.now.monotonic + patience;
  std::size_t seen_requests = 0;
  std::size_t seen_posts = 0;
  t.connect();
  while (t.store.cursor < t.store.rows && t.now.monotonic < end) {
    if (t.requests.size() > seen_requests) {
      seen_requests = t.requests.size();
      t.store_answers();
    } else if (t.posts.size() > seen_posts) {
      seen_posts = t.posts.size();
      api.answer(t);
    } else {
      t.pass(Millis{10});
    }
  }
  return seen_posts;
}

DeliveryOptions without_limit() {
  DeliveryOptions options = test_options();
  options.upload.max_refused_in_row = 0;
  return options;
}

TEST(Refusal, one_bad_reading_becomes_a_dead_letter_with_the_reason_and_all_others_are_delivered) {
  Timeline t;
  t.store.rows = 100;
  ModelApi api;
  api.poison = {37};
  const std::size_t posts = run(t, api);
  EXPECT_EQ(t.store.cursor, 100U);
  ASSERT_EQ(t.store.dead_letters.size(), 1U);
  EXPECT_EQ(t.store.dead_letters.at(37), (RejectedRow{{"k3v9x2m7qp4d", 37}, 422, "Bad row: too hot"}));
  EXPECT_LE(posts, 20U);
  EXPECT_EQ(t.logic.breaker().state(), State::closed);
  EXPECT_EQ(t.logic.counters().delivered, 99U);
  EXPECT_EQ(t.logic.counters().rejected, 1U);
  EXPECT_EQ(t.logic.counters().failures.at("http_422"), t.logic.counters().splits + 1);
}

TEST(Refusal, a_cut_range_comes_under_another_key) {
  Timeline t;
  t.store.rows = 100;
  t.connect();
  t.store_answers();
  t.api_says(422, "");
  EXPECT_EQ(decode_upload_request(t.requests.back().payload).value().refused, 100U);
  EXPECT_EQ(decode_upload_request(t.requests.back().payload).value().max_readings, 50U);
  t.store_answers();
  EXPECT_EQ(key_range(t.posts.back()), "w5n2c8t4hj6b:api:1-50");
  t.api_fails(ErrorCode::timeout);
  t.pass(Millis{2'000});
  t.store_answers();
  EXPECT_EQ(key_range(t.posts.back()), "w5n2c8t4hj6b:api:1-50") << "whether it is stored is not known: no cut";
}

TEST(Refusal, says_the_refused_range_until_the_store_has_heard_it) {
  Timeline t;
  t.store.rows = 100;
  t.connect();
  t.store_answers();
  t.api_says(422, "");
  t.pass(Millis{7'000});
  ASSERT_EQ(t.count("upload"), 3U) << "once more: the first answer was lost";
  EXPECT_EQ(decode_upload_request(t.requests.back().payload).value().refused, 100U);
  t.store_answers();
  t.api_says(200, "");
  t.store_answers();
  t.pass(Millis{1'000});
  EXPECT_EQ(decode_upload_request(t.requests.back().payload).value().refused, 0U);
}

TEST(Refusal, a_batch_that_is_too_large_is_halved_and_nothing_is_given_up) {
  Timeline t;
  t.store.rows = 10'000;
  t.store.most = 1'000;
  ModelApi api;
  api.most_rows = 130;
  const std::size_t posts = run(t, api);
  EXPECT_EQ(t.store.cursor, 10'000U);
  EXPECT_TRUE(t.store.dead_letters.empty());
  EXPECT_LE(posts, 10'000U / 125 + 5);
}

TEST(Refusal, a_single_reading_that_is_too_large_becomes_a_dead_letter) {
  Timeline t;
  t.store.rows = 1;
  ModelApi api;
  api.most_rows = 0;
  run(t, api);
  EXPECT_EQ(t.store.dead_letters.at(1).status, 413);
}

TEST(Refusal, rows_that_the_answer_lists_become_dead_letters_at_once) {
  Timeline t;
  t.store.rows = 100;
  ModelApi api;
  api.answers_lists = true;
  api.poison = {1, 50, 100};
  EXPECT_EQ(run(t, api), 1U);
  EXPECT_EQ(t.store.dead_letters.size(), 3U);
  EXPECT_EQ(t.store.dead_letters.at(50).reason, "too hot");
  EXPECT_EQ(t.logic.counters().delivered, 97U);
}

TEST(Refusal, of_all_rows_is_not_the_data_and_they_are_held) {
  Timeline t;
  t.store.rows = 5'000;
  ModelApi api;
  for (std::uint64_t row = 1; row <= t.store.rows; ++row) api.poison.insert(row);
  const std::size_t posts = run(t, api, std::chrono::minutes{30});
  EXPECT_EQ(t.store.dead_letters.size(), 100U);
  EXPECT_EQ(t.store.cursor, 100U);
  EXPECT_EQ(t.logic.breaker().state(), State::open);
  EXPECT_LE(posts, 100U + 8 + 7) << "one probe each five minutes";
  EXPECT_TRUE(t.logged("API refuses all rows, 100 and more in a row; they are held"));
  EXPECT_NE(t.newest("status").find("they are held"), std::string::npos);
  EXPECT_NE(t.newest("status").find("degraded"), std::string::npos);
  for (const auto& [key, times] : api.posts) EXPECT_EQ(times, 1U) << key << ": an API may replay its old refusal";

  api.poison.clear();
  run(t, api);
  EXPECT_EQ(t.store.cursor, t.store.rows);
  EXPECT_EQ(t.store.dead_letters.size(), 100U);
  EXPECT_EQ(t.logic.breaker().state(), State::closed);
}

TEST(Refusal, of_all_rows_of_a_list_is_held_as_well) {
  Timeline t;
  t.store.rows = 500;
  t.store.most = 500;
  ModelApi api;
  api.answers_lists = true;
  for (std::uint64_t row = 1; row <= t.store.rows; ++row) api.poison.insert(row);
  run(t, api, std::chrono::minutes{10});
  EXPECT_TRUE(t.store.dead_letters.empty());
  EXPECT_NE(t.logic.breaker().state(), State::closed);
}

TEST(Refusal, that_is_held_is_held_after_a_restart_too) {
  Timeline t;
  t.store.rows = 500;
  ModelApi api;
  for (std::uint64_t row = 1; row <= t.store.rows; ++row) api.poison.insert(row);
  run(t, api, std::chrono::minutes{2});
  const SavedBreaker saved = decode_saved_breaker(t.saved).value();
  EXPECT_EQ(saved.refused_in_row, 100U);
  Timeline again(test_options(), saved);
  again.now = t.now;
  again.store = t.store;
  run(again, api, std::chrono::minutes{30});
  EXPECT_EQ(again.store.dead_letters.size(), 100U);
}

TEST(Refusal, of_us_gives_up_nothing_and_is_tried_seldom) {
  for (const int status : {401, 403}) {
    Timeline t;
    t.store.rows = 5;
    t.connect();
    t.store_answers();
    t.api_answers(status);
    EXPECT_EQ(t.logic.breaker().state(), State::open) << "at once";
    EXPECT_TRUE(t.logged("check destination.token_file"));
    EXPECT_NE(t.newest("status").find("check destination.token_file"), std::string::npos);
    t.pass(Millis{299'999});
    EXPECT_EQ(t.count("upload"), 1U);
    t.pass(Millis{1});
    t.store_answers();
    t.api_answers(200);
    t.store_answers();
    EXPECT_EQ(t.store.cursor, 5U);
    EXPECT_TRUE(t.store.dead_letters.empty());
  }
}

TEST(Refusal, is_an_answer_and_closes_a_half_open_breaker) {
  Timeline t;
  t.store.rows = 1;
  t.connect();
  t.store_answers();
  t.open_the_breaker();
  t.pass(Millis{60'000});
  t.store_answers();
  t.api_says(400, "");
  EXPECT_EQ(t.logic.breaker().state(), State::closed);
}

TEST(Refusal, a_probe_is_small_where_nothing_is_handed_out_and_else_the_same_batch) {
  Timeline t;
  t.store.rows = 100;
  t.connect();
  t.store_answers();
  t.api_answers(503, "60");
  t.pass(Millis{60'000});
  EXPECT_EQ(decode_upload_request(t.requests.back().payload)->max_readings, 10U);
  t.store_answers();
  EXPECT_EQ(decode_upload_batch_header(t.posts.back().body)->rows(), 100U) << "it may be stored under its key already";
  t.api_answers(200);
  t.store_answers();
  t.pass(Millis{5'000});
  EXPECT_EQ(decode_upload_request(t.requests.back().payload)->max_readings, 1'000U);
}

TEST(Refusal, a_range_without_rows_is_confirmed_without_the_api) {
  Timeline t;
  t.connect();
  UploadBatch empty;
  empty.store = t.store.id;
  empty.destination = "api";
  empty.first = 1;
  empty.last = 4;
  MqttMessage answer{t.requests.back().response_topic, encode_upload_batch(empty), "", t.requests.back().correlation,
                     false};
  t.step(std::move(answer));
  EXPECT_TRUE(t.posts.empty());
  EXPECT_EQ(t.count("uploaded"), 1U);
}

TEST(RefusalProperty, every_good_row_is_delivered_once_and_exactly_the_bad_ones_are_given_up_in_few_requests) {
  EXPECT_TRUE(rc::check("any bad rows in any batches", [] {
    DeliveryOptions options = without_limit();
    options.upload.max_readings = *rc::gen::inRange<std::size_t>(1, 200);
    Timeline t(options);
    t.store.most = 1'000;
    t.store.rows = *rc::gen::inRange<std::uint64_t>(1, 600);
    ModelApi api;
    api.answers_lists = *rc::gen::arbitrary<bool>();
    const auto bad = *rc::gen::container<std::set<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(1, t.store.rows + 1));
    api.poison = bad;
    const std::size_t posts = run(t, api);
    RC_ASSERT(t.store.cursor == t.store.rows);
    for (std::uint64_t row = 1; row <= t.store.rows; ++row) {
      RC_ASSERT(api.delivered[row] == (bad.contains(row) ? 0 : 1));
      RC_ASSERT(t.store.dead_letters.contains(row) == bad.contains(row));
    }
    RC_ASSERT(posts <= t.store.rows / options.upload.max_readings + 2 + 18 * bad.size());
    RC_ASSERT(t.logic.breaker().state() == State::closed);
  }));
}

}  // namespace
}  // namespace sensors::bridge
