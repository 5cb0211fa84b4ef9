#include "common/adapters/http_client/gzip.hpp"

#include <zlib.h>

#include <limits>

namespace sensors {

namespace {

constexpr int level = 3;
constexpr int gzip_window_bits = 15 + 16;  // zlib.h: 15 bits of window, and 16 more to ask for the gzip wrapper
constexpr int memory_level = 8;

}  // namespace

Result<std::string> gzip(std::string_view plain) {
  if (plain.size() > std::numeric_limits<uInt>::max() / 2) return fail(ErrorCode::io, "gzip: body too large");
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, gzip_window_bits, memory_level, Z_DEFAULT_STRATEGY) != Z_OK) {
    return fail(ErrorCode::io, "gzip: out of memory");
  }
  std::string packed(deflateBound(&stream, static_cast<uLong>(plain.size())), '\0');
  // zlib never writes through next_in; its type lacks the const.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int ended = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (ended != Z_STREAM_END) return fail(ErrorCode::io, "gzip: compression did not end");
  return packed;
}

}  // namespace sensors
