// What an HTTP API may say in the body of its answer: why it refused (RFC 9457), which rows, and that it refused
// although its status is a 2xx. The API's text is neither trusted nor required. Pure.
#pragma once

#include <cstdint>
#include <optional>
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
  /// be found again, each once. A row's reason may also be given as title and detail.
  std::vector<RejectedRow> rejected;

  /// Rows of `rejected` that are not named so, or that are more than a batch can have.
  std::size_t unnamed = 0;

  /// The first thing that says that not all was taken, beside named rows: "success: false", "rejected: 5",
  /// "error: no such sensor", or a text that begins with "error". One printable line; empty: nothing does.
  std::string refusal;

  /// A status 400 .. 599 that the body gives, as a number or a text, for the batch or for one of its rows; one that
  /// says to try again (408, 429, 5xx) before another. 0: none.
  int status = 0;

  /// The rows that `accepted` counts, with those that are counted as known before (`duplicates`, `existing`, `ignored`,
  /// `skipped`, `unchanged`). Nothing: there is no such count.
  std::optional<std::uint64_t> accepted;

  /// It speaks of rows: it has `rejected`, `accepted`, or a list of results.
  bool is_about_rows = false;

  /// It begins as JSON, and is not.
  bool is_unreadable = false;

  /// It is neither JSON nor empty, and no short text that says yes: a page, XML, an error in words, bytes.
  bool is_unknown = false;
};

ApiAnswer read_api_answer(std::string_view body);

/// Whether `status` says that the same may be taken later: 408, 429, 5xx.
bool is_for_now(int status);

}  // namespace sensors
