// What goes out for an attempt, and what comes back of it.
#include "services/sensor-http-bridge/sinks/http/logic/http_attempts.hpp"

#include <gtest/gtest.h>

namespace sensors::bridge {
namespace {

/// An attempt with the readings 1 .. `rows`.
Attempt attempt_of(std::uint64_t id, std::uint64_t rows) {
  UploadBatch batch;
  batch.store = "w5";
  batch.destination = "api";
  batch.first = 1;
  batch.last = rows;
  for (std::uint64_t row = 1; row <= rows; ++row)
    batch.readings.push_back({row, "kitchen", "k3", {row, {"a", 1.5, "Cel", WallTime{}}}});
  std::string text = encode_upload_batch(batch);
  UploadBatchHeader header = decode_upload_batch_header(text).value();
  return {id, "key", std::move(header), std::move(text), Millis{10'000}};
}

HttpFinished answer(std::uint64_t id, const std::string& body) {
  return {id, HttpReply{200, "application/json", std::nullopt, body}, Millis{20}};
}

constexpr const char* rejects_second = R"({"rejected":[{"stream":"k3","seq":2,"status":422,"reason":"too hot"}]})";

TEST(HttpAttempts, post_the_batch_as_it_is_under_its_key) {
  HttpAttempts attempts({});
  const Attempt attempt = attempt_of(7, 2);
  const Result<HttpPost> post = attempts.begin(attempt);
  ASSERT_TRUE(post.has_value());
  EXPECT_EQ(post->id, 7U);
  EXPECT_EQ(post->idempotency_key, "key");
  EXPECT_EQ(post->content_type, "application/json");
  EXPECT_EQ(post->body, attempt.batch);
  EXPECT_EQ(post->total_timeout, attempt.deadline);
}

TEST(HttpAttempts, say_what_the_api_took_and_how_much_was_sent) {
  HttpAttempts attempts({UploadFormat::influx, AnswerTrust::strict});
  const std::size_t bytes = attempts.begin(attempt_of(7, 3))->body.size();
  const Attempted attempted = attempts.finish(answer(7, rejects_second), WallTime{});
  EXPECT_EQ(attempted.id, 7U);
  EXPECT_EQ(attempted.verdict.outcome, Outcome::delivered);
  EXPECT_EQ(attempted.verdict.rejected, (std::vector<RejectedRow>{{{"k3", 2}, 422, "too hot"}}));
  EXPECT_EQ(attempted.took, Millis{20});
  EXPECT_EQ(attempted.bytes, bytes);
}

// The one before hangs in the client still, and is over later.
TEST(HttpAttempts, read_each_reply_by_the_rows_of_its_own_attempt) {
  HttpAttempts attempts({});
  attempts.begin(attempt_of(1, 1)).value();
  attempts.begin(attempt_of(2, 2)).value();
  EXPECT_EQ(attempts.finish(answer(2, rejects_second), WallTime{}).verdict.outcome, Outcome::delivered);
  const Attempted stuck = attempts.finish(answer(1, rejects_second), WallTime{});
  EXPECT_EQ(stuck.verdict.failure_class, "foreign_answer") << "it had one row";
}

TEST(HttpAttempts, a_reply_that_nobody_waits_for_says_nothing_of_another) {
  HttpAttempts attempts({});
  attempts.begin(attempt_of(1, 2)).value();
  attempts.finish(answer(9, ""), WallTime{});
  EXPECT_EQ(attempts.finish(answer(1, rejects_second), WallTime{}).verdict.rejected.size(), 1U);
}

TEST(HttpAttempts, do_not_send_a_batch_that_breaks_the_rules) {
  Attempt attempt = attempt_of(1, 1);
  attempt.batch.replace(attempt.batch.find("\"a\""), 3, "\"x y\"");
  HttpAttempts attempts({UploadFormat::json, AnswerTrust::strict});
  EXPECT_FALSE(attempts.begin(attempt).has_value());
  EXPECT_TRUE(HttpAttempts({}).begin(attempt).has_value()) << "the store's batch goes out as it is";
}

}  // namespace
}  // namespace sensors::bridge
