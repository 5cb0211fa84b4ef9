// What the file sink writes, and what it makes of the end of the file that is there. Pure.
//
// A batch is its rows, a line each, and the same batch is always the same lines. It counts as delivered when all of
// them are on the disk. What an attempt left behind that did not get so far (the process was killed, the disk was full,
// the power went) stands at the end of the file, and the store hands the same batch out again: the attempt then cuts
// the file where those lines begin, and writes them anew. So no line stands twice, and none is taken for written that
// only the system's memory has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/core/result.hpp"
#include "services/sensor-http-bridge/delivery/attempt.hpp"

namespace sensors::bridge {

/// The rows of `batch`, as the store wrote it: the readings as append_delivered_reading() writes them, then the gap
/// records as append_delivered_gap() does, each with a newline. malformed or invalid: a row breaks a rule of
/// docs/protocol.md.
Result<std::string> file_lines(std::string_view batch);

/// So much more than the lines that are to be written is to be known of the end of the file: the longest line, and
/// more.
inline constexpr std::size_t tail_margin_bytes = 64 * 1024;

/// How much of a file is to be kept, of which `tail` is the end, from `tail_from` on, before `lines` are written to it:
/// all of it; or what stands before lines of theirs, or before a line that has no end. invalid: it holds something else
/// than readings, and nothing may be written or cut.
Result<std::uint64_t> kept_bytes(std::string_view tail, std::uint64_t tail_from, std::string_view lines);

/// What an attempt came to: delivered, or failed with `result`'s error.
Verdict judge_writing(const Result<void>& result);

}  // namespace sensors::bridge
