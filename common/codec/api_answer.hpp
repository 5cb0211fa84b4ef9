// What an HTTP API may say in the body of its answer: why it refused (RFC 9457), and which rows. The API's text is
// neither trusted nor required: what cannot be read is as if it were not there. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/codec/rpc_json.hpp"

namespace sensors {

inline constexpr std::size_t max_api_answer_bytes = 1024 * 1024;

struct ApiAnswer {
  /// "title: detail" of a problem document, or the text of `message` or `error`; one printable line of at most
  /// max_refusal_reason_bytes. Empty when there is none.
  std::string reason;

  /// {"rejected":[{"stream":"k3v9","seq":5,"status":422,"reason":"..."}]}: those rows that are named so that they can
  /// be found again. A row's reason may also be given as title and detail.
  std::vector<RejectedRow> rejected;

  /// Rows of `rejected` that are not named so, or that are more than a batch can have.
  std::size_t unnamed = 0;
};

ApiAnswer read_api_answer(std::string_view body);

}  // namespace sensors
