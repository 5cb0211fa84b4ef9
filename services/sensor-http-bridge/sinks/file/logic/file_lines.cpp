#include "services/sensor-http-bridge/sinks/file/logic/file_lines.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/codec/reading_json.hpp"
#include "common/codec/store_answer.hpp"
#include "common/core/bridge_name.hpp"

namespace sensors::bridge {

namespace {

constexpr std::string_view beginning_of_line = "{\"node\":\"";
constexpr std::size_t longest_line_bytes = std::size_t{64} * 1024;  // and more
// As lines: 1 MiB from the store (max_bytes), and of each of 5,000 rows (max_readings) a hundred bytes more.
constexpr std::size_t largest_batch_bytes = std::size_t{2} * 1024 * 1024;

/// Whether `found` is what a power cut may have left of the beginning of `text`: a block that was not written is zeros.
bool is_rest_of(std::string_view found, std::string_view text) {
  return found.size() <= text.size() &&
         std::equal(found.begin(), found.end(), text.begin(), [](char f, char t) { return f == t || f == '\0'; });
}

bool begins_line(std::string_view tail, std::size_t at, std::uint64_t tail_from) {
  return at == 0 ? tail_from == 0 : tail[at - 1] == '\n';
}

/// The beginning of the next line; the end of `tail` when there is none.
std::size_t next_line(std::string_view tail, std::size_t at) {
  const std::size_t newline = tail.find('\n', at);
  return newline == std::string_view::npos ? tail.size() : newline + 1;
}

/// Where `lines` stand, whatever is behind them; npos: nowhere.
std::size_t whole_batch(std::string_view tail, std::uint64_t tail_from, std::string_view lines) {
  std::size_t at = tail.find(lines);
  while (at != std::string_view::npos && !begins_line(tail, at, tail_from)) at = tail.find(lines, at + 1);
  return at;
}

/// Where what an attempt has left of `lines` begins; the end of `tail` when there is nothing of them.
std::size_t part_of_batch(std::string_view tail, std::uint64_t tail_from, std::string_view lines) {
  std::size_t at = begins_line(tail, 0, tail_from) ? 0 : next_line(tail, 0);
  while (at < tail.size() && !is_rest_of(tail.substr(at), lines) &&
         tail.find_first_not_of('\0', at) != std::string_view::npos)
    at = next_line(tail, at);
  return at;
}

/// Whether a reading stands before `at`, or nothing at all.
bool is_behind_readings(std::string_view tail, std::uint64_t tail_from, std::size_t at) {
  if (at == 0) return tail_from == 0;
  const std::size_t newline = at == 1 ? std::string_view::npos : tail.rfind('\n', at - 2);
  if (newline == std::string_view::npos && tail_from > 0) return false;
  return tail.substr(newline == std::string_view::npos ? 0 : newline + 1).starts_with(beginning_of_line);
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

std::size_t tail_bytes(std::size_t lines) { return std::max(lines, largest_batch_bytes) + longest_line_bytes; }

Result<FileEnd> end_for(std::string_view tail, std::uint64_t tail_from, std::string_view lines) {
  std::string_view write = lines;
  std::size_t at = whole_batch(tail, tail_from, lines);
  if (at != std::string_view::npos) {
    write = tail.substr(at, tail.rfind('\n') + 1 - at);
  } else {
    at = part_of_batch(tail, tail_from, lines);
  }
  if (at > 0 && tail[at - 1] != '\n') {
    return fail(ErrorCode::invalid,
                "ends within a line; nothing is written to it: end the line, or take it out when it is no whole "
                "reading, or move the file away");
  }
  if (!is_behind_readings(tail, tail_from, at) || !is_behind_readings(write, 0, write.size())) {
    return fail(ErrorCode::invalid,
                "holds something else than readings; nothing is written to it: name another file, or move it away");
  }
  return FileEnd{tail_from + at, write};
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
  if (error.code == ErrorCode::permission || error.code == ErrorCode::read_only)
    verdict.reason += fmt::format(
        "; the user {0} must be able to write file and folder, and elsewhere than in its state folder the bridge's "
        "unit needs ReadWritePaths= of the folder (systemctl edit)",
        bridge_service);
  verdict.needs_operator = error.code != ErrorCode::io && error.code != ErrorCode::in_use;
  return verdict;
}

}  // namespace sensors::bridge
