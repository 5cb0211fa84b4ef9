#include "common/codec/gunzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

namespace sensors {

namespace {

constexpr int gzip_window_bits = 15 + 16;  // zlib.h: 15 bits of window, and 16 more to ask for the gzip wrapper
constexpr std::size_t step_bytes = 16 * 1024;

/// One run of zlib over `packed`, from its front.
class Inflater {
 public:
  explicit Inflater(std::string_view packed) {
    // zlib never writes through next_in; its type lacks the const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());
    is_ready_ = inflateInit2(&stream_, gzip_window_bits) == Z_OK;
  }
  ~Inflater() {
    if (is_ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool is_ready() const { return is_ready_; }
  bool has_input() const { return stream_.avail_in > 0; }
  const char* reason() const { return stream_.msg != nullptr ? stream_.msg : "damaged"; }

  /// Appends up to step_bytes to `plain`, which grows to one more than `max_bytes` at most; zlib's code for how that
  /// ended.
  int step(std::string& plain, std::size_t max_bytes) {
    const std::size_t room = std::min(out_.size(), max_bytes + 1 - plain.size());
    stream_.next_out = out_.data();
    stream_.avail_out = static_cast<uInt>(room);
    const int code = inflate(&stream_, Z_NO_FLUSH);
    plain.append(reinterpret_cast<const char*>(out_.data()), room - stream_.avail_out);
    return code;
  }

  bool begin_next_member() { return inflateReset(&stream_) == Z_OK; }

 private:
  z_stream stream_{};
  bool is_ready_ = false;
  std::array<Bytef, step_bytes> out_{};
};

}  // namespace

Result<std::string> gunzip(std::string_view packed, std::size_t max_bytes) {
  if (packed.size() > std::numeric_limits<uInt>::max()) return fail(ErrorCode::too_large, "gzip: body too large");
  Inflater inflater(packed);
  if (!inflater.is_ready()) return fail(ErrorCode::io, "gzip: out of memory");
  std::string plain;
  for (std::size_t members = 0;;) {
    const int code = inflater.step(plain, max_bytes);
    if (plain.size() > max_bytes)
      return fail(ErrorCode::too_large, fmt::format("gzip: the body is made of more than {} bytes", max_bytes));
    if (code == Z_STREAM_END) {
      ++members;
      if (!inflater.has_input()) return plain;
      if (!inflater.begin_next_member()) return fail(ErrorCode::io, "gzip: zlib cannot go on");
    } else if (code == Z_MEM_ERROR) {
      return fail(ErrorCode::io, "gzip: out of memory");
    } else if (code == Z_BUF_ERROR) {
      return fail(ErrorCode::malformed, "gzip: the body is cut off");
    } else if (code != Z_OK) {
      return fail(ErrorCode::malformed, fmt::format("gzip: {}{}", inflater.reason(),
                                                    members > 0 ? ", behind the end of a complete body" : ""));
    }
  }
}

}  // namespace sensors
