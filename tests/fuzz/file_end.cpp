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
  const Result<bridge::FileEnd> end = bridge::end_for(tail, tail_from, lines);
  if (!taken(end)) return;
  must(end->kept >= tail_from && end->kept <= tail_from + tail.size(), "what is kept is there");
  const std::string before(tail.substr(0, end->kept - tail_from));
  must(before.empty() ? tail_from == 0 : before.back() == '\n', "a line begins behind what is kept");
  must(end->write.starts_with(lines), "the batch is written");
  const std::string after = before + std::string(end->write);
  const Result<bridge::FileEnd> again = bridge::end_for(after, tail_from, lines);
  must(again.has_value() && again->kept == end->kept && again->write == end->write,
       "the same batch again leaves the file as it is");
}

}  // namespace

void run(std::string_view input) {
  check_end(input, 0);
  check_end(input, 1'000'000);
}

}  // namespace sensors::fuzz
