// What goes out for an attempt, and what comes back of it.
#include "services/sensor-http-bridge/sinks/http/logic/http_attempts.hpp"

#include <gtest/gtest.h>

#include "tests/unit/services/sensor-http-bridge/sinks/sample_attempts.hpp"

namespace sensors::bridge {
namespace {

HttpFinished reply_to(std::uint64_t id, const std::string& body) {
  return {id, HttpReply{200, "application/json", std::nullopt, body}, Millis{20}};
}

constexpr const char* rejects_second = R"({"rejected":[{"stream":"k3","seq":2,"status":422,"reason":"too hot"}]})";

TEST(HttpAttempts, post_the_batch_as_it_is_under_its_key) {
  HttpAttempts attempts({});
  const Attempt attempt = sample_attempt(7, 1, 2);
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
  const std::size_t bytes = attempts.begin(sample_attempt(7, 1, 3))->body.size();
  const Attempted attempted = attempts.finish(reply_to(7, rejects_second), WallTime{});
  EXPECT_EQ(attempted.id, 7U);
  EXPECT_EQ(attempted.verdict.outcome, Outcome::delivered);
  EXPECT_EQ(attempted.verdict.rejected, (std::vector<RejectedRow>{{{"k3", 2}, 422, "too hot"}}));
  EXPECT_EQ(attempted.took, Millis{20});
  EXPECT_EQ(attempted.bytes, bytes);
}

// The one before hangs in the client still, and is over later.
TEST(HttpAttempts, read_each_reply_by_the_rows_of_its_own_attempt) {
  HttpAttempts attempts({});
  attempts.begin(sample_attempt(1, 1, 1)).value();
  attempts.begin(sample_attempt(2, 1, 2)).value();
  EXPECT_EQ(attempts.finish(reply_to(2, rejects_second), WallTime{}).verdict.outcome, Outcome::delivered);
  const Attempted stuck = attempts.finish(reply_to(1, rejects_second), WallTime{});
  EXPECT_EQ(stuck.verdict.failure_class, "foreign_answer") << "it had one row";
}

TEST(HttpAttempts, say_of_a_401_what_the_api_was_sent) {
  HttpAttempts attempts({});
  const auto reason = [&attempts](std::uint64_t id) {
    return attempts.finish({id, HttpReply{401, "", std::nullopt, ""}, Millis{20}}, WallTime{}).verdict.reason;
  };
  attempts.begin(sample_attempt(1, 1, 1), Credentials::none).value();
  attempts.begin(sample_attempt(2, 1, 1), Credentials::user).value();
  attempts.begin(sample_attempt(3, 1, 1), Credentials::token).value();
  EXPECT_NE(reason(1).find("no token was sent: write it into api.token"), std::string::npos);
  EXPECT_NE(reason(2).find("the API refuses user and password: check destination.url"), std::string::npos);
  EXPECT_NE(reason(3).find("the API refuses the token: check destination.token_file"), std::string::npos);
}

TEST(HttpAttempts, a_reply_that_nobody_waits_for_says_nothing_of_another) {
  HttpAttempts attempts({});
  attempts.begin(sample_attempt(1, 1, 2)).value();
  attempts.finish(reply_to(9, ""), WallTime{});
  EXPECT_EQ(attempts.finish(reply_to(1, rejects_second), WallTime{}).verdict.rejected.size(), 1U);
}

TEST(HttpAttempts, do_not_send_a_batch_that_breaks_the_rules) {
  const Attempt attempt = broken_attempt(1);
  HttpAttempts attempts({UploadFormat::json, AnswerTrust::strict});
  EXPECT_FALSE(attempts.begin(attempt).has_value());
  EXPECT_TRUE(HttpAttempts({}).begin(attempt).has_value()) << "the store's batch goes out as it is";
}

}  // namespace
}  // namespace sensors::bridge
