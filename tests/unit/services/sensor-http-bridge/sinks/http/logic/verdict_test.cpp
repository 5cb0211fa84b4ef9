// What an outcome means.
#include "tests/unit/services/sensor-http-bridge/sinks/http/logic/verdict_bench.hpp"

namespace sensors::bridge {
namespace {

TEST(Verdict, tells_failures_apart) {
  for (const ErrorCode code : {ErrorCode::timeout, ErrorCode::refused, ErrorCode::unreachable, ErrorCode::unresolved,
                               ErrorCode::tls, ErrorCode::disconnected, ErrorCode::too_large}) {
    const Verdict verdict = judge(fail(code, "why"), strict, sent, now);
    EXPECT_EQ(verdict.outcome, Outcome::failed);
    EXPECT_EQ(verdict.failure_class, name_of(code));
    EXPECT_TRUE(verdict.reason.starts_with(std::string(name_of(code)) + ": why")) << verdict.reason;
  }
}

TEST(Verdict, says_what_to_look_at_where_the_error_alone_does_not) {
  for (const auto& [code, advice] : {std::pair(ErrorCode::refused, "is the API running, and are host and port in"),
                                     {ErrorCode::unresolved, "is the name in destination.url right"},
                                     {ErrorCode::unreachable, "is this machine online"}})
    EXPECT_NE(judge(fail(code, "why"), strict, sent, now).reason.find(advice), std::string::npos) << advice;
}

TEST(Verdict, says_of_a_server_without_tls_that_it_may_be_http) {
  const Verdict verdict = judge(fail(ErrorCode::tls, "POST: SSL routines::wrong version number"), strict, sent, now);
  EXPECT_NE(verdict.reason.find("wrong version number; the server does not speak TLS there: is it http://?"),
            std::string::npos)
      << verdict.reason;
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
  const auto with_wait = [](int status, const char* wait) {
    return judge(HttpReply{status, "", wait, ""}, strict, sent, now);
  };
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
  EXPECT_EQ(of(200, "OK", "application/json").outcome, Outcome::delivered);
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

TEST(Verdict, knows_a_page_without_a_type_behind_its_comments_whatever_is_trusted) {
  for (const char* page :
       {"<!-- hi --><html><body>portal</body></html>", "<?xml version=\"1.0\"?><!DOCTYPE html><html>x",
        "<?xml version=\"1.0\"?>\n<!-- a --> <!-- b --><HTML>", "<head><title>Login",
        "<script>location=\"/login\"</script>", "<meta http-equiv=\"refresh\">"}) {
    for (const AnswerTrust trust : {AnswerTrust::strict, AnswerTrust::status}) {
      const Verdict verdict = judge(HttpReply{200, "", std::nullopt, page}, options_with(trust), sent, now);
      EXPECT_EQ(verdict.outcome, Outcome::failed) << page;
      EXPECT_EQ(verdict.failure_class, "wrong_content_type") << page;
    }
  }
}

TEST(Verdict, believes_no_body_that_is_neither_JSON_nor_a_short_text_that_says_yes) {
  using namespace std::string_literals;
  for (const std::string& body : {"<!-- "s,
                                  "<?xml version=\"1.0\"?><response><error>down</error></response>"s,
                                  "<p>Log in"s,
                                  "<"s,
                                  "<soap:Envelope><soap:Fault/></soap:Envelope>"s,
                                  "<br />\n<b>Fatal error</b>: Uncaught PDOException"s,
                                  ")]}',\n{\"success\":true}"s,
                                  "callback({\"success\":false})"s,
                                  "Service Unavailable"s,
                                  "502 Bad Gateway"s,
                                  "Traceback (most recent call last):\n  File"s,
                                  "Access denied"s,
                                  "Not Found"s,
                                  "not OK"s,
                                  "0"s,
                                  "000"s,
                                  "-1"s,
                                  "Warning: mysqli connect(): Connection refused"s,
                                  "PHP Notice: x\n{\"ok\":true}"s,
                                  "Please log in"s,
                                  "0 rows inserted"s,
                                  "OK, but 3 errors"s,
                                  "accepted: none"s,
                                  "Saved nothing"s,
                                  "java.lang.NullPointerException"s,
                                  "\x1F\x8B\x08\0\0\0\0\0\0\x03\xABV*"s,
                                  std::string(200, 'x') + " ok",
                                  "\xEF\xBB\xBF\xEF\xBB\xBF<p>"s}) {
    const Verdict verdict = of(200, body, "text/plain");
    EXPECT_EQ(verdict.outcome, Outcome::failed) << body;
    EXPECT_EQ(verdict.failure_class, "unknown_answer") << body;
    EXPECT_TRUE(verdict.needs_operator) << body;
    EXPECT_NE(verdict.reason.find("destination.answers"), std::string::npos) << verdict.reason;
  }
  const HttpSinkOptions status = options_with(AnswerTrust::status);
  EXPECT_EQ(judge(HttpReply{200, "text/xml", std::nullopt, "<?xml version=\"1.0\"?><ok/>"}, status, sent, now).outcome,
            Outcome::delivered)
      << "the API of an owner who says so";
}

TEST(Verdict, believes_no_text_with_a_word_that_may_be_a_no) {
  for (const char* body : {"Error: null",
                           "Exception: null",
                           "Error: none",
                           "Error: none of the rows were written",
                           "Errors: 0",
                           "failed=0, ok=5",
                           "Too many requests received",
                           "Data received; disk full",
                           "2 saved, 3 skipped",
                           "5 received, 3 stored",
                           "2 of 5 rows inserted",
                           "2/5 saved",
                           "-1 rows inserted",
                           "50% saved",
                           "No data received",
                           "no rows, no errors",
                           "0 rows, 0 errors",
                           "0.0 saved",
                           "10 errors, 5 saved",
                           "Saved the error",
                           "OK?",
                           "data rows",
                           "0 records: success",
                           "Incomplete data received",
                           "ok\nfull",
                           "Thank you: 5 readings received"}) {
    const Verdict verdict = of(200, body, "text/plain");
    EXPECT_EQ(verdict.outcome, Outcome::failed) << body;
    EXPECT_EQ(verdict.failure_class, "unknown_answer") << body;
  }
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

TEST(Verdict, survives_answers_made_to_hurt) {
  EXPECT_EQ(of(400, std::string(100'000, '[')).outcome, Outcome::refused);
  EXPECT_EQ(of(200, std::string(100'000, '[')).outcome, Outcome::failed);
  std::string many = R"({"rejected":[{"stream":"k","seq":1})";
  for (std::size_t i = 0; i < max_upload_readings; ++i)
    many += R"(,{"stream":"k","seq":)" + std::to_string(i + 2) + "}";
  EXPECT_EQ(of(200, many + "]}").outcome, Outcome::refused) << "more rows than a batch can have";
}

TEST(Verdict, takes_what_apis_say_when_all_is_well) {
  for (const char* body : {"{}",
                           "[]",
                           "null",
                           "true",
                           "OK",
                           " \n",
                           "\xEF\xBB\xBF",
                           R"({"success":true,"error":null,"errors":[]})",
                           R"({"status":"success","data":null})",
                           R"({"status":200,"error":""})",
                           R"({"status":0,"code":0})",
                           R"({"accepted":5})",
                           R"({"accepted":1,"duplicates":4,"rejected":0})",
                           R"({"accepted":[1,2,3,4,5],"rejected":[]})",
                           R"({"accepted":true,"rejected":null})",
                           R"({"accepted":5.0})",
                           R"({"accepted":"4","duplicates":"1"})",
                           R"({"accepted":"all"})",
                           R"({"error":{"code":0,"message":"OK"},"ok":1})",
                           R"({"took":3,"errors":false,"items":[{"index":{"status":201}},{"create":{"status":200}}]})",
                           R"({"message":"no error in these 5 rows"})",
                           R"([{"id":1,"status":"created"}])",
                           R"({"failed":0,"failures":[]})",
                           R"({"results":[{"statement_id":0}]})",
                           R"({"sensor":"error","value":1.5})",
                           "Accepted",
                           "created.",
                           "\"queued\"",
                           "1 rows inserted",
                           "200 OK",
                           "Data saved successfully",
                           "All 5 readings were received and stored.",
                           "0 errors",
                           "Saved: 5, no errors",
                           "New record created successfully",
                           "Data has been saved!\r\n",
                           "No errors",
                           "17",
                           "\"\"",
                           "\xEF\xBB\xBF\xEF\xBB\xBF{}",
                           R"({"code":200,"statusCode":"201","message":"Created"})",
                           R"({"status":"200 OK","code":"A-42"})",
                           R"({"errorMessage":null,"fault":false,"result":"ok"})",
                           "5 rows, 0 errors"}) {
    EXPECT_EQ(of_200(body).outcome, Outcome::delivered) << body << ": " << of_200(body).reason;
    EXPECT_TRUE(of_200(body).rejected.empty()) << body;
  }
  for (const int status : {200, 201, 202, 203, 204, 205, 208, 226, 299})
    EXPECT_EQ(of(status).outcome, Outcome::delivered) << status;
}

TEST(Verdict, takes_a_2xx_that_says_no_for_a_refusal) {
  for (const char* body : {R"({"success":false})",
                           R"({"Success":"False","Message":"too hot"})",
                           R"({"ok":0})",
                           R"({"accepted":false})",
                           R"({"error":"no such sensor"})",
                           R"({"error":{"code":7}})",
                           R"({"errors":true})",
                           R"({"errorMessage":"Task timed out"})",
                           R"({"error_message":"down"})",
                           R"({"fault":{"faultstring":"x"}})",
                           R"({"result":"error"})",
                           "\xEF\xBB\xBF\xEF\xBB\xBF{\"error\":\"x\"}",
                           R"({"errors":3})",
                           R"({"errors":[{"row":2}]})",
                           R"({"failed":1})",
                           R"({"status":"error"})",
                           R"({"status":"fail","data":{}})",
                           R"({"accepted":0,"rejected":5})",
                           R"({"accepted":4})",
                           R"({"accepted":[]})",
                           R"({"accepted":4.0})",
                           R"({"accepted":"4"})",
                           R"({"accepted":-1})",
                           R"({"items":[{"create":{"status":201}},{"create":{"status":409}}]})",
                           R"({"accepted":1,"duplicates":3})",
                           R"({"rejected":2})",
                           R"({"rejected":true})",
                           R"({"rejected":"all"})",
                           R"({"rejected":{"k3":[5]}})",
                           R"({"rejected":[],"rejected":[{"row":1}]})",
                           R"([{"status":201},{"error":"not a row"}])",
                           R"({"results":[{"success":true},{"success":false}]})",
                           "Error: no such table",
                           "Errors: 3",
                           "error: 0x80004005",
                           "failed",
                           "Fail 0.5",
                           "\"failed\"",
                           "false"}) {
    const Verdict verdict = of_200(body);
    EXPECT_EQ(verdict.outcome, Outcome::refused) << body;
    EXPECT_FALSE(verdict.api_reason.empty()) << body;
    EXPECT_FALSE(verdict.failure_class.empty()) << body;
    EXPECT_LE(verdict.api_reason.size(), max_refusal_reason_bytes);
  }
  EXPECT_EQ(of_200(R"({"Success":false,"message":"too hot"})").api_reason, "too hot");
  EXPECT_EQ(of_200(R"({"success":false})").api_reason, "success: false");
}

TEST(Verdict, reads_every_unicode_encoding) {
  const std::string no = R"({"rejected":[{"stream":"k3","seq":5,"reason":"zu heiß"}]})";
  const auto in_units = [&no](std::size_t bytes, bool big) {
    std::string out;
    for (const char c : no) {
      if (c == '\xC3') continue;  // ß is U+00DF
      const char byte = c == '\x9F' ? '\xDF' : c;
      const std::string zeros(bytes - 1, '\0');
      out += big ? zeros + byte : byte + zeros;
    }
    return out;
  };
  using namespace std::string_literals;
  for (const std::string& body :
       {"\xEF\xBB\xBF" + no, "\xFF\xFE" + in_units(2, false), "\xFE\xFF" + in_units(2, true), in_units(2, false),
        in_units(2, true), "\xFF\xFE\0\0"s + in_units(4, false), "\0\0\xFE\xFF"s + in_units(4, true),
        in_units(4, false), in_units(4, true), in_units(1, true)}) {
    const Verdict verdict = of(200, body, "application/json; charset=whatever");
    ASSERT_EQ(verdict.rejected.size(), 1U) << verdict.reason;
    EXPECT_EQ(verdict.rejected[0].reason, "zu heiß");
  }
  EXPECT_EQ(of_200("\xEF\xBB\xBF<!DOCTYPE html><p>").failure_class, "wrong_content_type");
  EXPECT_EQ(of_200("\xEF\xBB\xBF{\"success\":false}").outcome, Outcome::refused);
}

TEST(Verdict, believes_the_status_of_an_odd_api_where_it_is_told_to) {
  const HttpSinkOptions status = options_with(AnswerTrust::status);
  for (const char* body : {R"({"success":false})", "{{{", "Error", R"({"accepted":0})"}) {
    HttpReply reply{207, "", std::nullopt, body};
    reply.has_more = reply.is_early = true;
    EXPECT_EQ(judge(reply, status, sent, now).outcome, Outcome::delivered) << body;
  }
  EXPECT_EQ(judge(HttpReply{200, "text/html", std::nullopt, "<p>"}, status, sent, now).outcome, Outcome::failed);
  EXPECT_EQ(judge(HttpReply{500, "", std::nullopt, ""}, status, sent, now).outcome, Outcome::failed);
}

}  // namespace
}  // namespace sensors::bridge
