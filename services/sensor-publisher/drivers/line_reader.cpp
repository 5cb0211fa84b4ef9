#include "services/sensor-publisher/drivers/line_reader.hpp"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sensors {

namespace {

constexpr std::size_t read_bytes = 16 * 1024;

}  // namespace

std::optional<LineReader::Line> LineReader::next() {
  const std::size_t end = buffer_.find('\n', start_);
  if (end == std::string::npos) {
    buffer_.erase(0, std::exchange(start_, 0));
    if (buffer_.size() > max_line_bytes_) {
      buffer_.clear();
      in_overlong_ = true;
    }
    return std::nullopt;
  }
  Line line;
  line.overlong = std::exchange(in_overlong_, false) || end - start_ > max_line_bytes_;
  if (!line.overlong) line.text.assign(buffer_, start_, end - start_);
  if (line.text.ends_with('\r')) line.text.pop_back();
  start_ = end + 1;
  return line;
}

std::optional<LineReader::Line> LineReader::rest() {
  Line line;
  line.overlong = std::exchange(in_overlong_, false) || buffer_.size() - start_ > max_line_bytes_;
  if (!line.overlong) line.text.assign(buffer_, start_);
  clear();
  if (line.text.ends_with('\r')) line.text.pop_back();
  if (line.text.empty() && !line.overlong) return std::nullopt;
  return line;
}

LineReader::Fill LineReader::fill(int fd) {
  const std::size_t had = buffer_.size();
  buffer_.resize(had + read_bytes);
  ssize_t got = 0;
  do {
    got = read(fd, buffer_.data() + had, read_bytes);
  } while (got < 0 && errno == EINTR);
  buffer_.resize(had + (got > 0 ? static_cast<std::size_t>(got) : 0));
  if (got > 0) return Fill::more;
  if (got == 0) return Fill::end;
  return errno == EAGAIN ? Fill::would_block : Fill::failed;
}

void LineReader::clear() {
  buffer_.clear();
  start_ = 0;
  in_overlong_ = false;
}

}  // namespace sensors
