#include "services/sensor-persistence/logic/lost_numbers.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace sensors::persistence {
namespace {

using Ranges = std::vector<NumberRange>;

TEST(MissingIds, counts_what_no_row_has_behind_what_is_uploaded) {
  MissingIds missing(10);
  for (const std::uint64_t id : {3U, 12U, 13U, 17U}) missing.present(id);
  missing.end(20);  // missing: 11, 14..16, 18..20
  EXPECT_EQ(missing.between(0, 21), 7U);
  EXPECT_EQ(missing.between(3, 12), 1U);
  EXPECT_EQ(missing.between(12, 13), 0U);
  EXPECT_EQ(missing.between(13, 17), 3U);
  EXPECT_EQ(missing.between(14, 16), 1U);
  EXPECT_EQ(missing.between(17, 21), 3U);
}

TEST(LostNumbers, of_a_stream_that_is_whole_are_none) {
  MissingIds missing(0);
  for (std::uint64_t id = 1; id <= 5; ++id) missing.present(id);
  missing.end(5);
  LostNumbers lost(missing, 5);
  for (std::uint64_t seq = 1; seq <= 5; ++seq) EXPECT_TRUE(lost.present({seq, seq}, seq));
  const LostNumbers::Finding finding = lost.end(6);
  EXPECT_EQ(finding.through, 5U);
  EXPECT_TRUE(finding.lost.empty());
}

TEST(LostNumbers, are_those_whose_ids_are_missing_at_the_begin_between_and_at_the_end) {
  MissingIds missing(0);
  for (const std::uint64_t id : {3U, 6U}) missing.present(id);
  missing.end(8);
  LostNumbers lost(missing, 8);
  EXPECT_TRUE(lost.present({3, 3}, 3));
  EXPECT_TRUE(lost.present({6, 6}, 6));
  EXPECT_EQ(lost.end(9).lost, (Ranges{{1, 2}, {4, 5}, {7, 8}}));
}

TEST(LostNumbers, are_not_those_that_every_destination_has) {
  MissingIds missing(100);  // retention deleted 1..90; 101..110 cannot be read
  for (std::uint64_t id = 91; id <= 100; ++id) missing.present(id);
  missing.present(111);
  missing.end(111);
  LostNumbers lost(missing, 111);
  for (std::uint64_t id = 91; id <= 100; ++id) lost.present({id, id}, id);
  lost.present({111, 111}, 111);
  EXPECT_EQ(lost.end(112).lost, (Ranges{{101, 110}}));
}

TEST(LostNumbers, of_a_hole_that_is_partly_uploaded_are_its_last) {
  MissingIds missing(50);  // the stream's 1..60 are gone, with ids 1..60; 50 of them are uploaded
  missing.present(61);
  missing.end(61);
  LostNumbers lost(missing, 61);
  lost.present({61, 61}, 61);
  EXPECT_EQ(lost.end(62).lost, (Ranges{{51, 60}}));
}

TEST(LostNumbers, a_row_that_continues_the_stream_moves_an_old_watermark) {
  MissingIds missing(0);
  for (std::uint64_t id = 1; id <= 3; ++id) missing.present(id);
  missing.end(3);
  LostNumbers lost(missing, 2);
  for (std::uint64_t seq = 1; seq <= 3; ++seq) EXPECT_TRUE(lost.present({seq, seq}, seq));
  EXPECT_EQ(lost.end(4).through, 3U);
}

TEST(LostNumbers, rows_that_cannot_be_right_have_to_go) {
  MissingIds missing(0);
  missing.end(1'000);
  LostNumbers lost(missing, 10);
  EXPECT_TRUE(lost.present({1, 5}, 5));
  EXPECT_FALSE(lost.present({5, 6}, 6)) << "has a number of another row";
  EXPECT_FALSE(lost.present({7, 7}, 4)) << "its id is out of order";
  EXPECT_FALSE(lost.present({5'000, 5'000}, 900)) << "was never acknowledged";
}

TEST(LostNumbers, a_watermark_beyond_what_the_ids_allow_is_cut) {
  MissingIds missing(0);
  missing.present(1);
  missing.end(4);
  LostNumbers lost(missing, 1'000'000);
  lost.present({1, 1}, 1);
  const LostNumbers::Finding finding = lost.end(5);
  EXPECT_EQ(finding.through, 4U);
  EXPECT_EQ(finding.lost, (Ranges{{2, 4}}));
}

/// Streams that take turns, a part of them uploaded, and rows lost at random.
TEST(LostNumbers, cover_every_number_that_is_lost_and_was_not_uploaded) {
  for (std::uint32_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    struct Row {
      std::size_t stream;
      std::uint64_t seq;
      std::uint64_t id;
      bool is_lost;
    };
    std::uint64_t next[3] = {1, 1, 1};
    std::vector<Row> rows;
    const std::uint64_t ids = 20 + random() % 200;
    const std::uint64_t uploaded = random() % ids;
    bool is_losing = false;
    for (std::uint64_t id = 1; id <= ids; ++id) {
      if (random() % 10 == 0) is_losing = random() % 2 == 0;
      const std::size_t stream = random() % 3;
      rows.push_back({stream, next[stream]++, id, is_losing});
    }
    MissingIds missing(uploaded);
    for (const Row& row : rows) {
      if (!row.is_lost) missing.present(row.id);
    }
    missing.end(ids);
    for (std::size_t stream = 0; stream < 3; ++stream) {
      LostNumbers lost(missing, next[stream] - 1);
      for (const Row& row : rows) {
        if (row.stream == stream && !row.is_lost) {
          EXPECT_TRUE(lost.present({row.seq, row.seq}, row.id));
        }
      }
      std::set<std::uint64_t> found;
      const LostNumbers::Finding finding = lost.end(ids + 1);
      for (const NumberRange& range : finding.lost) {
        for (std::uint64_t seq = range.first; seq <= range.last; ++seq) found.insert(seq);
      }
      for (const Row& row : rows) {
        if (row.stream != stream) continue;
        if (row.is_lost && row.id > uploaded) {
          EXPECT_TRUE(found.contains(row.seq)) << row.seq;
        }
        if (!row.is_lost) {
          EXPECT_FALSE(found.contains(row.seq)) << row.seq;
        }
      }
    }
  }
}

}  // namespace
}  // namespace sensors::persistence
