// Payloads that are passed on as they are, to a web page or a monitoring system: whether they are JSON, and the numbers
// in them. Pure; the parser keeps its buffers.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/result.hpp"

namespace sensors {

/// A number somewhere in an object: {"counters":{"sent":3}} has "counters.sent". A boolean is 0 or 1.
struct JsonNumber {
  std::string path;
  double value = 0;
  bool operator==(const JsonNumber&) const = default;
};

class JsonObjectReader {
 public:
  static constexpr std::size_t max_bytes = 256 * 1024;
  static constexpr std::size_t max_numbers = 500;

  JsonObjectReader();
  ~JsonObjectReader();

  /// `payload` on one line, without the keys `left_out` of its own. malformed when it is not one JSON object in UTF-8,
  /// too_large above max_bytes.
  Result<std::string> one_line(std::string_view payload, std::span<const std::string_view> left_out = {});

  /// The numbers of `payload` in its order, those in arrays left out, at most max_numbers; empty when it is no object.
  std::vector<JsonNumber> numbers(std::string_view payload);

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace sensors
