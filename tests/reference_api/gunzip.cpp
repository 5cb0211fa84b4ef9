#include "tests/reference_api/gunzip.hpp"

#include <zlib.h>

#include <array>

namespace sensors {

Result<std::string> gunzip(std::string_view packed, std::size_t most_bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return fail(ErrorCode::io, "gunzip: out of memory");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string plain;
  std::array<char, 65'536> buffer{};
  int state = Z_OK;
  while (state == Z_OK && plain.size() <= most_bytes) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    state = inflate(&stream, Z_NO_FLUSH);
    plain.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (plain.size() > most_bytes) return fail(ErrorCode::too_large, "gunzip: too large");
  if (state != Z_STREAM_END) return fail(ErrorCode::malformed, "gunzip: not a complete gzip body");
  return plain;
}

}  // namespace sensors
