// Header lines of an API's answer.
#include "common/adapters/http_client/answer_header.hpp"

#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  HttpAnswer answer;
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size() - 1) + 1;
    take_header_line(input.substr(0, end), answer);
    input.remove_prefix(end);
  }
  const std::string values = answer.content_type + answer.retry_after.value_or("");
  must(std::none_of(values.begin(), values.end(), [](char c) { return c >= 0 && c < ' '; }),
       "a header's value is one line");
}

}  // namespace sensors::fuzz
