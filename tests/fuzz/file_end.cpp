// The end of a file that batches are appended to, after whatever happened to its disk.
#include <cstdint>
#include <string>

#include "services/sensor-http-bridge/sinks/file/logic/file_lines.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

namespace {

std::string lines_of_a_batch() {
  std::string lines;
  for (std::uint64_t seq = 1; seq <= 3; ++seq)
    lines += R"({"node":"kitchen","stream":"k3","seq":)" + std::to_string(seq) + R"(,"sensor":"a","value":1})" + "\n";
  return lines;
}

void check_end(std::string_view tail, std::uint64_t tail_from) {
  static const std::string lines = lines_of_a_batch();
  const Result<std::uint64_t> kept = bridge::kept_bytes(tail, tail_from, lines);
  if (!taken(kept)) return;
  must(*kept >= tail_from && *kept <= tail_from + tail.size(), "what is kept is there");
  const std::string before(tail.substr(0, *kept - tail_from));
  must(before.empty() ? tail_from == 0 : before.back() == '\n', "a line begins behind what is kept");
  must(bridge::kept_bytes(before + lines, tail_from, lines) == *kept, "the same batch again begins where it began");
}

}  // namespace

void run(std::string_view input) {
  check_end(input, 0);
  check_end(input, 1'000'000);
}

}  // namespace sensors::fuzz
