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

/// So much of the end of a file is to be known before `lines` bytes are written to it: a batch of the largest size, and
/// the line before it.
std::size_t tail_bytes(std::size_t lines);

/// What is to be done with a file so that a batch stands in it once.
struct FileEnd {
  std::uint64_t kept;      // bytes from the beginning; what stands behind is cut
  std::string_view write;  // then: the batch, or with it what stood behind it already
};

/// `tail` is the end of the file, from `tail_from` on. Only what an attempt with these `lines` may have left is cut: a
/// part of them from their beginning, in which blocks that a power cut kept from the disk are zeros. Where all of them
/// are there, as an attempt with more lines got that far, it stays, and is written once more: that it is on the disk is
/// not known. invalid: the file holds something else than readings, or ends within a line that is not of these; nothing
/// is cut or written. FileEnd refers to `tail` and `lines`.
Result<FileEnd> end_for(std::string_view tail, std::uint64_t tail_from, std::string_view lines);

/// What an attempt came to: delivered, or failed with `result`'s error.
Verdict judge_writing(const Result<void>& result);

}  // namespace sensors::bridge
