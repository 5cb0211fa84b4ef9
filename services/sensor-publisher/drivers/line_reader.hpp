// LineReader cuts what a file descriptor gives into lines, in bounded memory however long a line is. One thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace sensors {

class LineReader {
 public:
  /// Lines of more than `max_line_bytes` come out without their text.
  explicit LineReader(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  struct Line {
    std::string text;       // without its "\n" or "\r\n"
    bool overlong = false;  // cut away
  };

  /// The next complete line of what was read so far.
  std::optional<Line> next();

  /// What stands behind the last line end, when it is not empty; for a file that ends without one.
  std::optional<Line> rest();

  enum class Fill { more, would_block, end, failed };

  /// Reads once, at most 16 KiB. Call when next() has nothing. `failed` leaves errno.
  Fill fill(int fd);

  void clear();

 private:
  std::size_t max_line_bytes_;
  std::string buffer_;
  std::size_t start_ = 0;     // of the first line not handed out
  bool in_overlong_ = false;  // the line at start_ has lost its beginning
};

}  // namespace sensors
