// What a driver program prints, in pieces of any size. First byte: longest line; second: size of the pieces.
#include "services/sensor-publisher/drivers/line_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <vector>

#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

namespace {

constexpr std::size_t largest_output_bytes = 60'000;  // a pipe takes that without waiting for its reader

struct Line {
  std::string text;
  bool overlong;
  bool operator==(const Line&) const = default;
};

/// What the lines of `output` are, told in the simplest way.
std::vector<Line> lines_of(std::string_view output, std::size_t longest) {
  std::vector<Line> lines;
  while (!output.empty()) {
    const std::size_t end = output.find('\n');
    Line line{std::string(output.substr(0, end)), false};
    line.overlong = line.text.size() > longest;
    if (line.overlong) line.text.clear();
    if (line.text.ends_with('\r')) line.text.pop_back();
    const bool is_rest = end == std::string_view::npos;
    if (!is_rest || line.overlong || !line.text.empty()) lines.push_back(std::move(line));
    output.remove_prefix(is_rest ? output.size() : end + 1);
  }
  return lines;
}

void take_lines(LineReader& reader, std::vector<Line>& lines) {
  while (std::optional<LineReader::Line> line = reader.next()) lines.push_back({line->text, line->overlong});
}

}  // namespace

void run(std::string_view input) {
  if (input.size() < 2 || input.size() > largest_output_bytes) return;
  const std::size_t longest = 1 + static_cast<unsigned char>(input[0]);
  const std::size_t piece_bytes = 1 + static_cast<unsigned char>(input[1]);
  const std::string_view output = input.substr(2);
  int ends[2];
  must(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0, "there is a pipe");
  LineReader reader(longest);
  std::vector<Line> lines;
  for (std::string_view left = output; !left.empty(); left.remove_prefix(std::min(piece_bytes, left.size()))) {
    const std::string_view piece = left.substr(0, piece_bytes);
    must(::write(ends[1], piece.data(), piece.size()) == static_cast<ssize_t>(piece.size()), "the pipe has room");
    must(reader.fill(ends[0]) == LineReader::Fill::more, "what was written can be read");
    take_lines(reader, lines);
  }
  ::close(ends[1]);
  must(reader.fill(ends[0]) == LineReader::Fill::end, "the end is seen");
  ::close(ends[0]);
  if (const std::optional<LineReader::Line> rest = reader.rest()) lines.push_back({rest->text, rest->overlong});
  must(lines == lines_of(output, longest), "lines do not depend on the pieces they come in");
}

}  // namespace sensors::fuzz
