// What is written for a batch, and what of a file is kept before that.
#include "services/sensor-http-bridge/sinks/file/logic/file_lines.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "tests/unit/services/sensor-http-bridge/sinks/sample_attempts.hpp"

namespace sensors::bridge {
namespace {

std::string lines_of(std::uint64_t first, std::uint64_t last) {
  return file_lines(sample_attempt(1, first, last).batch).value();
}

/// Of a file that is read whole.
std::string kept(const std::string& file, const std::string& lines) {
  return file.substr(0, end_for(file, 0, lines).value().kept);
}

/// Of the same file, with the batch.
std::string written(const std::string& file, const std::string& lines) {
  const FileEnd end = end_for(file, 0, lines).value();
  return file.substr(0, end.kept) + std::string(end.write);
}

TEST(FileLines, are_the_rows_of_the_format_json_a_line_each) {
  UploadBatch batch = sample_batch(7, 7);
  batch.gaps.push_back({8, "kitchen", "k3", {8, 12, "outbox_full", WallTime{}}});
  EXPECT_EQ(
      file_lines(encode_upload_batch(batch)).value(),
      R"({"node":"kitchen","stream":"k3","seq":7,"sensor":"a","value":1.5,"unit":"Cel","time":"1970-01-01T00:00:00.000Z"})"
      "\n"
      R"({"node":"kitchen","stream":"k3","seq":8,"sensor":"sensor_gap","value":5,"unit":"{reading}",)"
      R"("time":"1970-01-01T00:00:00.000Z","last":12,"reason":"outbox_full"})"
      "\n");
}

TEST(FileLines, are_none_for_a_batch_that_breaks_the_rules) {
  EXPECT_FALSE(file_lines("{").has_value());
  EXPECT_FALSE(file_lines(broken_attempt(1).batch).has_value());
}

TEST(FileEnd, of_other_batches_is_kept) {
  EXPECT_EQ(kept("", lines_of(1, 3)), "");
  EXPECT_EQ(kept(lines_of(1, 3), lines_of(4, 6)), lines_of(1, 3));
}

TEST(FileEnd, of_the_same_batch_is_cut_wherever_the_attempt_ended) {
  const std::string before = lines_of(1, 3);
  const std::string lines = lines_of(4, 6);
  for (std::size_t written = 0; written <= lines.size(); ++written)
    EXPECT_EQ(kept(before + lines.substr(0, written), lines), before) << written;
  for (std::size_t written = 0; written <= lines.size(); ++written)
    EXPECT_EQ(kept(lines.substr(0, written), lines), "");
}

// It may be a whole reading whose newline somebody's editor took, or a file of somebody else's.
TEST(FileEnd, within_a_line_of_another_batch_is_neither_written_nor_cut) {
  const std::string line = lines_of(4, 4);
  for (std::size_t there = line.find(":4,") + 2; there < line.size(); ++there) {
    for (const std::string& before : {std::string(), lines_of(1, 3)}) {
      const Result<FileEnd> refused = end_for(before + line.substr(0, there), 0, lines_of(7, 9));
      ASSERT_FALSE(refused.has_value()) << there;
      EXPECT_NE(refused.error().message.find("ends within a line"), std::string::npos);
    }
  }
}

TEST(FileEnd, with_lines_of_a_batch_that_overlaps_is_cut_where_that_begins) {
  EXPECT_EQ(kept(lines_of(1, 5), lines_of(4, 8)), lines_of(1, 3));
}

// The store was salvaged, or the configuration has smaller batches: what a larger attempt wrote is there already.
TEST(FileEnd, with_more_lines_than_the_batch_has_keeps_them) {
  for (std::uint64_t last = 4; last <= 9; ++last)
    EXPECT_EQ(written(lines_of(1, 9), lines_of(4, last)), lines_of(1, 9)) << last;
  EXPECT_EQ(written(lines_of(1, 9) + "{\"node\":\"ki", lines_of(4, 5)), lines_of(1, 9)) << "that line comes again";
  EXPECT_FALSE(end_for(lines_of(1, 9) + "dear diary\n", 0, lines_of(4, 5)).has_value());
}

TEST(FileEnd, of_zeros_is_cut) {
  EXPECT_EQ(kept(lines_of(1, 3) + std::string(200, '\0'), lines_of(4, 9)), lines_of(1, 3));
  EXPECT_EQ(kept(lines_of(1, 3) + std::string(5'000, '\0'), lines_of(4, 5)), lines_of(1, 3)) << "more than the batch";
  EXPECT_FALSE(end_for(std::string(5'000, '\0') + "something", 0, lines_of(4, 5)).has_value()) << "of somebody else";
}

TEST(FileEnd, of_something_else_is_neither_written_nor_cut) {
  for (const std::string other : {"dear diary\n", "dear diary", "{\"node\":5}\n", "\n", "{}\n"}) {
    const Result<FileEnd> refused = end_for(other, 0, lines_of(1, 2));
    ASSERT_FALSE(refused.has_value()) << other;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    EXPECT_FALSE(end_for(lines_of(1, 2) + other, 0, lines_of(3, 4)).has_value()) << other;
  }
  EXPECT_FALSE(end_for(std::string(100'000, 'x'), 1'000'000, lines_of(1, 2)).has_value()) << "no line in sight";
}

TEST(FileEnd, of_a_file_of_which_the_end_was_read_is_counted_from_its_beginning) {
  const std::string all = lines_of(1, 100) + lines_of(101, 102);
  const std::size_t from = 777;
  const std::string tail = all.substr(from);
  EXPECT_EQ(end_for(tail, from, lines_of(101, 102)).value().kept, lines_of(1, 100).size());
  EXPECT_EQ(end_for(tail, from, lines_of(103, 104)).value().kept, all.size());
}

TEST(FileEndProperty, each_row_stands_once_whatever_each_attempt_left_behind) {
  EXPECT_TRUE(rc::check("any power cuts, or kills and other sizes of batches", [] {
    std::string file;
    std::uint64_t first = 1;
    for (int batches = *rc::gen::inRange(1, 5); batches > 0; --batches) {
      const std::uint64_t last = first + *rc::gen::inRange<std::uint64_t>(0, 20);
      const bool has_power_cuts = *rc::gen::arbitrary<bool>();
      for (int attempts = *rc::gen::inRange(0, 4); attempts > 0; --attempts) {
        const std::uint64_t to = has_power_cuts ? last : *rc::gen::inRange(first, last + 1);
        const std::string lines = lines_of(first, to);
        const FileEnd end = end_for(file, 0, lines).value();
        std::string rest(end.write.substr(0, *rc::gen::inRange<std::size_t>(0, end.write.size() + 1)));
        for (std::size_t at = 0; has_power_cuts && at < rest.size(); at += 64) {  // blocks that were not written
          if (*rc::gen::inRange(0, 8) == 0)
            std::fill_n(rest.begin() + static_cast<std::ptrdiff_t>(at), std::min<std::size_t>(64, rest.size() - at),
                        '\0');
        }
        file = file.substr(0, end.kept) + rest;
      }
      file = written(file, lines_of(first, last));
      first = last + 1;
    }
    RC_ASSERT(file == lines_of(1, first - 1));
  }));
}

TEST(FileVerdict, says_what_failed_and_who_can_help) {
  EXPECT_EQ(judge_writing({}).outcome, Outcome::delivered);
  EXPECT_EQ(judge_writing({}).failure_class, "");
  const Verdict full = judge_writing(fail(ErrorCode::disk_full, "/srv/x: write: No space left on device"));
  EXPECT_EQ(full.outcome, Outcome::failed);
  EXPECT_EQ(full.failure_class, "disk_full");
  EXPECT_EQ(full.reason, "disk_full: /srv/x: write: No space left on device");
  EXPECT_TRUE(full.needs_operator);
  EXPECT_FALSE(judge_writing(fail(ErrorCode::in_use, "x")).needs_operator) << "it passes when the other ends";
  for (const ErrorCode code : {ErrorCode::permission, ErrorCode::read_only}) {
    const Verdict verdict = judge_writing(fail(code, "/srv/x: open: no"));
    EXPECT_NE(verdict.reason.find("/srv/x: open: no; the user sensor-http-bridge must be able to write"),
              std::string::npos)
        << verdict.reason;
    EXPECT_NE(verdict.reason.find("ReadWritePaths="), std::string::npos) << verdict.reason;
  }
}

}  // namespace
}  // namespace sensors::bridge
