// What an outcome means.
#include "services/sensor-http-bridge/verdict.hpp"

#include <gtest/gtest.h>

#include "common/codec/time_text.hpp"

namespace sensors::bridge {
namespace {

const WallTime now = *parse_time("1994-11-06T08:49:07Z");

Verdict of(int status, const std::string& body = "", const std::string& content_type = "application/json") {
  return judge(HttpReply{status, content_type, std::nullopt, body}, now);
}

TEST(Verdict, tells_failures_apart) {
  for (const ErrorCode code : {ErrorCode::timeout, ErrorCode::refused, ErrorCode::unreachable, ErrorCode::unresolved,
                               ErrorCode::tls, ErrorCode::disconnected, ErrorCode::too_large}) {
    const Verdict verdict = judge(fail(code, "why"), now);
    EXPECT_EQ(verdict.outcome, Outcome::failed);
    EXPECT_EQ(verdict.failure_class, name_of(code));
    EXPECT_EQ(verdict.reason, std::string(name_of(code)) + ": why");
  }
}

TEST(Verdict, knows_the_statuses_that_are_about_the_batch_and_those_that_are_about_us) {
  EXPECT_EQ(of(400).outcome, Outcome::refused);
  EXPECT_EQ(of(422).outcome, Outcome::refused);
  EXPECT_EQ(of(413).outcome, Outcome::too_large);
  EXPECT_EQ(of(401).outcome, Outcome::unauthorized);
  EXPECT_EQ(of(403).outcome, Outcome::unauthorized);
  EXPECT_TRUE(of(401).needs_operator);
  for (const int status : {302, 307, 404, 405, 408, 409, 415, 425, 429, 500, 502, 503, 504, 511})
    EXPECT_EQ(of(status).outcome, Outcome::failed) << status;
  EXPECT_EQ(of(408).failure_class, "http_408");
}

// As InfluxDB 1.6 and 2 say it; the points that are right are stored, and come again to no harm.
TEST(Verdict, takes_a_partial_write_for_a_batch_with_bad_rows) {
  const std::string dropped = "partial write: points beyond retention policy dropped=1";
  const Verdict verdict = of(400, "{\"error\":\"" + dropped + "\"}\n");
  EXPECT_EQ(verdict.outcome, Outcome::refused);
  EXPECT_EQ(verdict.api_reason, dropped);
  const Verdict second = of(422, R"({"code":"unprocessable entity","message":"partial write: field type conflict"})");
  EXPECT_EQ(second.outcome, Outcome::refused);
  EXPECT_EQ(second.api_reason, "partial write: field type conflict");
}

TEST(Verdict, does_not_take_an_address_without_a_database_for_bad_rows) {
  const Verdict verdict = of(400, "{\"error\":\"database is required\"}\n");
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_TRUE(verdict.needs_operator);
  EXPECT_NE(verdict.reason.find("?db=NAME"), std::string::npos) << verdict.reason;
  EXPECT_TRUE(of(404, R"({"error":"database not found: \"x\""})").needs_operator);
}

TEST(Verdict, heeds_retry_after_of_429_and_503_only) {
  const auto with_wait = [](int status, const char* wait) { return judge(HttpReply{status, "", wait, ""}, now); };
  for (const int status : {429, 503}) {
    EXPECT_EQ(with_wait(status, "7").outcome, Outcome::asked_to_wait);
    EXPECT_EQ(with_wait(status, "7").wait, Millis{7'000});
    EXPECT_EQ(with_wait(status, "soon").outcome, Outcome::failed);
  }
  EXPECT_EQ(with_wait(500, "7").outcome, Outcome::failed);
}

TEST(Verdict, takes_an_empty_2xx_of_any_type_for_delivered) {
  EXPECT_EQ(of(204).outcome, Outcome::delivered);
  EXPECT_EQ(of(200, "", "text/html").outcome, Outcome::delivered);
  EXPECT_EQ(of(200, "OK", "text/plain").outcome, Outcome::delivered);
  EXPECT_EQ(of(200, "not JSON", "application/json").outcome, Outcome::delivered);
}

TEST(Verdict, does_not_take_a_page_for_the_api) {
  for (const char* type : {"text/html", "Text/HTML; charset=utf-8", "application/xhtml+xml"}) {
    const Verdict verdict = of(200, "<p>Log in to the network</p>", type);
    EXPECT_EQ(verdict.outcome, Outcome::failed) << type;
    EXPECT_EQ(verdict.failure_class, "wrong_content_type");
    EXPECT_NE(verdict.reason.find("Log in"), std::string::npos);
  }
  EXPECT_EQ(of(200, "\n <!DOCTYPE HTML><html>", "").outcome, Outcome::failed);
  EXPECT_EQ(of(200, "<html>", "text/plain").outcome, Outcome::failed);
}

TEST(Verdict, gives_the_reason_of_a_problem_document) {
  const Verdict verdict = of(
      422, R"({"type":"about:blank","title":"Value out of range","detail":"bme280.temperature is 999","status":422})",
      "application/problem+json");
  EXPECT_EQ(verdict.api_reason, "Value out of range: bme280.temperature is 999");
  EXPECT_EQ(verdict.reason, "HTTP 422: Value out of range: bme280.temperature is 999");
}

TEST(Verdict, keeps_what_the_api_says_short_and_on_one_line) {
  const Verdict plain = of(400, "line\none\x1b[31m" + std::string(5'000, 'x'));
  EXPECT_TRUE(plain.api_reason.starts_with("line one [31mxxx"));
  EXPECT_EQ(plain.api_reason.size(), max_refusal_reason_bytes);
  EXPECT_EQ(of(400, R"({"title":"a\u0000\nb","detail":["not","text"]})").api_reason, "a b");
}

TEST(Verdict, takes_the_rows_that_a_2xx_rejects) {
  const Verdict verdict =
      of(207, R"({"accepted":1,"detail":"see the rows","rejected":[)"
              R"({"stream":"k3","seq":5,"status":422,"reason":"too hot"},)"
              R"({"stream":"k3","seq":6,"title":"Too cold","detail":"-400"},{"stream":"k3","seq":7}]})");
  EXPECT_EQ(verdict.outcome, Outcome::delivered);
  ASSERT_EQ(verdict.rejected.size(), 3U);
  EXPECT_EQ(verdict.rejected[0], (RejectedRow{{"k3", 5}, 422, "too hot"}));
  EXPECT_EQ(verdict.rejected[1], (RejectedRow{{"k3", 6}, 207, "Too cold: -400"}));
  EXPECT_EQ(verdict.rejected[2], (RejectedRow{{"k3", 7}, 207, "see the rows"}));
  EXPECT_TRUE(of(200, R"({"rejected":[]})").rejected.empty());
  EXPECT_EQ(of(200, R"({"rejected":0})").outcome, Outcome::delivered);
}

TEST(Verdict, a_2xx_that_rejects_rows_without_naming_them_is_a_refusal_of_the_batch) {
  for (const char* row : {R"({"index":3})", R"("k3")", R"({"stream":"k3"})", R"({"stream":"k3","seq":0})", "null"}) {
    const Verdict verdict = of(200, std::string(R"({"rejected":[)") + row + "]}");
    EXPECT_EQ(verdict.outcome, Outcome::refused) << row;
    EXPECT_EQ(verdict.failure_class, "unnamed_rejections");
  }
}

TEST(Verdict, survives_answers_made_to_hurt) {
  EXPECT_EQ(of(400, std::string(100'000, '[')).outcome, Outcome::refused);
  EXPECT_EQ(of(200, std::string(100'000, '[')).outcome, Outcome::delivered);
  std::string many = R"({"rejected":[{"stream":"k","seq":1})";
  for (std::size_t i = 0; i < max_upload_readings; ++i) many += R"(,{"stream":"k","seq":1})";
  EXPECT_EQ(of(200, many + "]}").outcome, Outcome::refused) << "more rows than a batch can have";
}

}  // namespace
}  // namespace sensors::bridge
