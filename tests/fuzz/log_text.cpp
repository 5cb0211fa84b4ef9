// Text from outside on its way into a log line.
#include <algorithm>

#include "common/runtime/log.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  const std::string line = escape_for_log(input);
  must(is_utf8(line), "a log line is UTF-8");
  must(std::none_of(line.begin(), line.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }),
       "a log line has no control characters");
}

}  // namespace sensors::fuzz
