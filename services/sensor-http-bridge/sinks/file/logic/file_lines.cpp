#include "services/sensor-http-bridge/sinks/file/logic/file_lines.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/codec/reading_json.hpp"
#include "common/codec/store_answer.hpp"

namespace sensors::bridge {

namespace {

constexpr std::string_view beginning_of_line = "{\"node\":\"";

/// Whether `found` is what a power cut may have left of the beginning of `text`: a block that was not written is zeros.
bool is_rest_of(std::string_view found, std::string_view text) {
  return found.size() <= text.size() &&
         std::equal(found.begin(), found.end(), text.begin(), [](char f, char t) { return f == t || f == '\0'; });
}

bool has_our_line_at(std::string_view tail, std::size_t at) {
  return is_rest_of(tail.substr(at, beginning_of_line.size()), beginning_of_line);
}

/// Where the line begins that ends before `end`; nothing when that is not in the tail.
std::size_t line_before(std::string_view tail, std::size_t end, std::uint64_t tail_from) {
  const std::size_t newline = end == 0 ? std::string_view::npos : tail.rfind('\n', end - 1);
  if (newline != std::string_view::npos) return newline + 1;
  return tail_from == 0 ? 0 : std::string_view::npos;
}

}  // namespace

Result<std::string> file_lines(std::string_view batch) {
  TRY_ASSIGN(const UploadBatch rows, decode_upload_batch(batch));
  std::string lines;
  lines.reserve(batch.size() + (rows.readings.size() + rows.gaps.size()) * 32);
  for (const StoredReading& row : rows.readings) {
    append_delivered_reading(lines, row.node, row.stream, row.reading);
    lines += '\n';
  }
  for (const StoredGap& row : rows.gaps) {
    append_delivered_gap(lines, row.node, row.stream, row.gap);
    lines += '\n';
  }
  return lines;
}

Result<std::uint64_t> kept_bytes(std::string_view tail, std::uint64_t tail_from, std::string_view lines) {
  // The first place from which on all is of these lines.
  std::size_t at = tail.size() - std::min(tail.size(), lines.size());
  if (at > 0 || tail_from > 0) {
    const std::size_t newline = tail.find('\n', at == 0 ? 0 : at - 1);
    at = newline == std::string_view::npos ? tail.size() : newline + 1;
  }
  while (at < tail.size() && !is_rest_of(tail.substr(at), lines)) {
    const std::size_t newline = tail.find('\n', at);
    at = newline == std::string_view::npos ? tail.size() : newline + 1;
  }
  // What was begun by another attempt, and has no end, nobody counts on.
  if (at == tail.size() && !tail.empty() && tail.back() != '\n') {
    const std::size_t torn = line_before(tail, tail.size(), tail_from);
    if (torn != std::string_view::npos && has_our_line_at(tail, torn)) at = torn;
  }
  const bool ends_a_line = at == 0 ? tail_from == 0 : tail[at - 1] == '\n';
  const std::size_t last = at == 0 ? 0 : line_before(tail, at - 1, tail_from);
  const bool is_ours = at == 0 || (last != std::string_view::npos && has_our_line_at(tail, last));
  if (!ends_a_line || !is_ours) {
    return fail(ErrorCode::invalid,
                "holds something else than readings; nothing is written to it: name another file, or move it away");
  }
  return tail_from + at;
}

Verdict judge_writing(const Result<void>& result) {
  Verdict verdict;
  if (result.has_value()) {
    verdict.outcome = Outcome::delivered;
    return verdict;
  }
  const Error& error = result.error();
  verdict.failure_class = name_of(error.code);
  verdict.reason = fmt::format("{}: {}", verdict.failure_class, error.message);
  verdict.needs_operator = error.code != ErrorCode::io && error.code != ErrorCode::in_use;
  return verdict;
}

}  // namespace sensors::bridge
