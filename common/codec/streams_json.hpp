// The store's RPC verb `streams`: which of some streams it knows, and which store it is. Decoding checks everything.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/result.hpp"

namespace sensors {

inline constexpr std::size_t max_streams_named = 16;

/// {"streams":["...",...]}; at most max_streams_named names, or none: then the answer says which store it is.
std::string encode_streams_request(const std::vector<std::string>& streams);
Result<std::vector<std::string>> decode_streams_request(std::string_view payload);

/// A stream of which the store has something, or is about to.
struct KnownStream {
  std::string stream;
  std::uint64_t through = 0;  // what it has as a whole
  bool operator==(const KnownStream&) const = default;
};

/// {"store":"...","streams":[{"stream":"...","through":5}]}: of those that were asked for the ones that it knows.
struct StreamsAnswer {
  std::string store;
  std::vector<KnownStream> streams;
};
/// Decoding: ErrorCode::rejected with the store's message when the answer is an error.
std::string encode_streams_answer(const StreamsAnswer& answer);
Result<StreamsAnswer> decode_streams_answer(std::string_view payload);

}  // namespace sensors
