// What is kept of an HTTP answer's header.
#include "common/adapters/http_client/answer_header.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

HttpAnswer answer_with(const std::vector<std::string>& lines) {
  HttpAnswer answer;
  for (const std::string& line : lines) take_header_line(line + "\r\n", answer);
  return answer;
}

TEST(AnswerHeader, keeps_type_and_wait_in_any_case_and_without_blanks) {
  const HttpAnswer answer = answer_with({"HTTP/1.1 503 Busy", "content-TYPE:  text/html ", "Retry-After:\t120"});
  EXPECT_EQ(answer.content_type, "text/html");
  EXPECT_EQ(answer.retry_after, "120");
}

TEST(AnswerHeader, forgets_what_an_interim_answer_said) {
  const HttpAnswer answer = answer_with({"HTTP/1.1 103 Early", "Retry-After: 5", "", "HTTP/1.1 200 OK"});
  EXPECT_FALSE(answer.retry_after.has_value());
}

TEST(AnswerHeader, makes_control_characters_in_a_value_blanks) {
  EXPECT_EQ(answer_with({"Content-Type: a\rb\x1b"}).content_type, "a b ");
}

}  // namespace
}  // namespace sensors
