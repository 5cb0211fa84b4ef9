// What an answer says of single rows, and the statuses in its body.
#include "tests/unit/services/sensor-http-bridge/sinks/http/logic/verdict_bench.hpp"

namespace sensors::bridge {
namespace {

TEST(Verdict, takes_the_rows_that_a_2xx_rejects) {
  const Verdict verdict =
      of(207, R"({"accepted":2,"detail":"see the rows","rejected":[)"
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

TEST(Verdict, a_status_in_the_body_of_a_2xx_counts_as_one) {
  const auto with = [](int status) { return of_200(R"({"status":)" + std::to_string(status) + "}").outcome; };
  EXPECT_EQ(with(422), Outcome::refused);
  EXPECT_EQ(with(413), Outcome::too_large);
  EXPECT_EQ(with(401), Outcome::unauthorized);
  EXPECT_EQ(with(429), Outcome::failed);
  EXPECT_EQ(with(503), Outcome::failed);
  EXPECT_EQ(with(404), Outcome::failed);
  EXPECT_EQ(with(409), Outcome::failed);
  EXPECT_EQ(with(201), Outcome::delivered);
}

TEST(Verdict, a_status_in_the_body_counts_however_it_is_written_and_called) {
  for (const char* body :
       {R"({"status":"500"})", R"({"status":500.0})", R"({"status":"500.0"})",
        R"({"status":"500 Internal Server Error"})", R"({"statusCode":500})", R"({"status_code":"503"})",
        R"({"code":500,"message":"internal"})", R"({"message":"Internal Server Error"})", R"({"message":"Forbidden"})",
        R"([{"status":"503"}])", R"({"items":[{"index":{"status":"429"}}]})",
        R"({"rejected":[{"stream":"k3","seq":5,"status":"503"}]})"}) {
    const Verdict verdict = of_200(body);
    EXPECT_NE(verdict.outcome, Outcome::delivered) << body;
    EXPECT_NE(verdict.outcome, Outcome::refused) << body << ": nothing is given up";
    EXPECT_EQ(verdict.failure_class, "refusal_in_2xx") << body;
  }
  EXPECT_EQ(of_200(R"({"items":[{"status":"400"}]})").outcome, Outcome::refused);
  EXPECT_EQ(of_200(R"({"items":[{"code":409}]})").outcome, Outcome::refused);
  EXPECT_EQ(of_200(R"({"code":1001,"status":"5000","message":"Forbidden fruit"})").outcome, Outcome::delivered);
}

// As Elasticsearch's bulk API and a 207 (RFC 4918 section 13, in JSON) say it.
TEST(Verdict, reads_the_statuses_of_rows) {
  const std::string bulk = R"({"took":30,"errors":true,"items":[{"index":{"status":201}},)";
  EXPECT_EQ(of_200(bulk + R"({"index":{"status":400,"error":{"type":"mapper_parsing"}}}]})").outcome, Outcome::refused);
  EXPECT_EQ(of_200(bulk + R"({"index":{"status":400}},{"index":{"status":429}}]})").outcome, Outcome::failed)
      << "one that may be taken later";
  EXPECT_EQ(of_200(bulk + R"({"create":{"status":409,"error":{"type":"version_conflict"}}}]})").outcome,
            Outcome::refused)
      << "it would be there at each attempt";
  EXPECT_EQ(of_200(bulk + R"({"create":{"status":409}},{"create":{"status":503}}]})").outcome, Outcome::failed);
  EXPECT_EQ(of(207, R"([{"status":201},{"status":422}])").outcome, Outcome::refused);
  EXPECT_EQ(of(207, R"({"responses":[{"status":201},{"status":200}]})").outcome, Outcome::delivered);
  EXPECT_EQ(of_200(R"({"rejected":[{"stream":"k3","seq":5,"status":503}]})").outcome, Outcome::failed);
  EXPECT_EQ(of_200(R"({"accepted":4,"rejected":[{"stream":"k3","seq":5,"status":409}]})").rejected.size(), 1U);
}

TEST(Verdict, a_row_that_is_rejected_for_two_reasons_is_one_row) {
  const std::string twice = R"("rejected":[{"stream":"k3","seq":5,"reason":"unit"},{"stream":"k3","seq":5}]})";
  EXPECT_EQ(of_200(R"({"accepted":3,)" + twice).outcome, Outcome::refused) << "one of five is neither";
  const Verdict verdict = of_200(R"({"accepted":4,)" + twice);
  EXPECT_EQ(verdict.outcome, Outcome::delivered);
  ASSERT_EQ(verdict.rejected.size(), 1U);
  EXPECT_EQ(verdict.rejected.front().reason, "unit");
}

TEST(Verdict, an_answer_that_cannot_be_read_is_a_failure) {
  for (const char* body : {R"({"rejected":[{"stream":"k3")", R"([1,2)", "{}{}", "{]"}) {
    EXPECT_EQ(of_200(body).outcome, Outcome::failed) << body;
    EXPECT_EQ(of_200(body).failure_class, "unreadable_answer");
    EXPECT_TRUE(of_200(body).needs_operator);
  }
  for (const char* body : {"", "OK", "{}", "<multistatus/>"})
    EXPECT_EQ(of(207, body, "").outcome, Outcome::failed) << body;
  EXPECT_EQ(of(206).outcome, Outcome::failed);
}

TEST(Verdict, an_answer_to_something_else_is_a_failure) {
  HttpReply early{200, "", std::nullopt, "{}"};
  early.is_early = true;
  EXPECT_EQ(judge(early, strict, sent, now).failure_class, "early_answer");
  HttpReply more{200, "", std::nullopt, "{}"};
  more.has_more = true;
  EXPECT_EQ(judge(more, strict, sent, now).failure_class, "overlong_answer");
  EXPECT_EQ(judge(more, strict, sent, now).outcome, Outcome::failed);
}

TEST(Verdict, an_answer_about_rows_that_were_not_sent_is_a_failure) {
  const auto rejecting = [](const std::string& row) { return of_200(R"({"rejected":[)" + row + "]}"); };
  EXPECT_EQ(rejecting(R"({"stream":"k3","seq":5})").outcome, Outcome::delivered);
  for (const char* row : {R"({"stream":"k3","seq":10})", R"({"stream":"k4","seq":5})",
                          R"({"stream":"k3","seq":5},{"stream":"k3","seq":4})"}) {
    EXPECT_EQ(rejecting(row).outcome, Outcome::failed) << row;
    EXPECT_EQ(rejecting(row).failure_class, "foreign_answer") << row;
    EXPECT_TRUE(rejecting(row).needs_operator) << row;
  }
}

TEST(Verdict, counts_gap_records_where_they_are_rows_like_others) {
  const HttpReply reply{200, "", std::nullopt, R"({"accepted":5})"};
  const Sent with_gap{.rows = 6, .readings = 5};
  EXPECT_EQ(judge(reply, strict, with_gap, now).outcome, Outcome::delivered);
  const HttpSinkOptions json = options_with(AnswerTrust::strict, UploadFormat::json);
  EXPECT_EQ(judge(reply, json, with_gap, now).failure_class, "too_few_accepted");
}

TEST(Verdict, lets_no_gap_record_that_is_rejected_stand_for_a_reading_of_which_nothing_is_said) {
  const std::vector<RowName> names{{"k3", 5}, {"k3", 6}, {"k3", 7}, {"k3", 8}, {"k3", 20}};
  const Sent with_gap{.rows = 5, .readings = 4, .names = names};
  const auto outcome = [&](int accepted, const char* rejected) {
    const std::string body =
        "{\"accepted\":" + std::to_string(accepted) + ",\"rejected\":[" + std::string(rejected) + "]}";
    return judge(HttpReply{200, "", std::nullopt, body}, strict, with_gap, now).outcome;
  };
  const char* gap = R"({"stream":"k3","seq":20})";
  const char* reading = R"({"stream":"k3","seq":6})";
  EXPECT_EQ(outcome(4, gap), Outcome::delivered);
  EXPECT_EQ(outcome(3, reading), Outcome::delivered) << "it counts readings alone";
  EXPECT_EQ(outcome(4, reading), Outcome::delivered) << "it counts the gap record as well";
  EXPECT_EQ(outcome(3, gap), Outcome::refused);
  EXPECT_EQ(outcome(2, reading), Outcome::refused);
}

TEST(Verdict, takes_a_count_between_readings_and_rows_for_one_of_rows_that_lacks_some) {
  const Sent with_gaps{.rows = 7, .readings = 5};
  const auto of_count = [&](int accepted) {
    return judge(HttpReply{200, "", std::nullopt, "{\"accepted\":" + std::to_string(accepted) + "}"}, strict, with_gaps,
                 now);
  };
  EXPECT_EQ(of_count(5).outcome, Outcome::delivered);
  EXPECT_EQ(of_count(6).failure_class, "too_few_accepted");
  EXPECT_EQ(of_count(7).outcome, Outcome::delivered);
  EXPECT_EQ(of_count(8).outcome, Outcome::delivered);
}

}  // namespace
}  // namespace sensors::bridge
