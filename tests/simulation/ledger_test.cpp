#include "tests/simulation/ledger.hpp"

#include <gtest/gtest.h>

namespace sensors::simulation {
namespace {

/// Number 1 of its stream, with the value of another perhaps.
SequencedReading row_of(std::uint64_t value) { return {1, {"s", Ledger::value_of(value), "Cel", WallTime{}}}; }

class LedgerTest : public testing::Test {
 protected:
  LedgerTest() {
    ledger.add_destination("api");
    ledger.stream_begins("run1", "boot1");
    for (int i = 0; i < 3; ++i) ledger.taken("run1", ledger.next_number(), {});
  }
  std::string broken() const { return ledger.violation().has_value() ? ledger.violation()->check : ""; }

  Ledger ledger;
};

TEST_F(LedgerTest, follows_a_reading_to_the_api) {
  ledger.kept("run1", row_of(1));
  EXPECT_EQ(ledger.unresolved(), 1U);
  ledger.stored("run1", row_of(1));
  ledger.reached_api("api", "run1", row_of(1));
  ledger.bridge_answered("api", {"run1", 1, 1, false});
  ledger.cursor_passes("api", {"run1", 1, 1, false});
  EXPECT_EQ(ledger.unresolved(), 0U);
  EXPECT_EQ(broken(), "");
}

TEST_F(LedgerTest, sees_values_that_were_swapped) {
  ledger.kept("run1", row_of(2));
  EXPECT_EQ(broken(), "a (stream, seq) never names two readings");
}

TEST_F(LedgerTest, sees_a_row_that_is_deleted_and_was_never_stored) {
  ledger.kept("run1", row_of(1));
  ledger.confirmed_row_deleted("run1", 1);
  EXPECT_EQ(broken(), "2: an outbox row is deleted only when the store has it");
}

TEST_F(LedgerTest, sees_a_reading_that_is_published_too_early) {
  Batch batch;
  batch.stream = "run1";
  batch.readings.push_back(row_of(1));
  ledger.published(batch, false);
  EXPECT_EQ(broken(), "1: a reading is synced in the outbox before it is published");
}

TEST_F(LedgerTest, sees_a_cursor_that_moves_before_the_answer) {
  ledger.kept("run1", row_of(1));
  ledger.stored("run1", row_of(1));
  ledger.cursor_passes("api", {"run1", 1, 1, false});
  EXPECT_EQ(broken(), "5: a row leaves the upload queue after a 2xx that covers it, or as a dead letter");
}

TEST_F(LedgerTest, only_a_crash_may_lose_what_was_in_memory) {
  ledger.kept("run1", row_of(1));
  ledger.stream_ends("run1", true);
  EXPECT_EQ(broken(), "");
  EXPECT_EQ(ledger.totals().lost_in_memory, 2U);
  ledger.stream_begins("run2", "boot1");
  ledger.taken("run2", ledger.next_number(), {});
  ledger.stream_ends("run2", false);
  EXPECT_EQ(broken(), "a graceful stop loses nothing");
}

TEST_F(LedgerTest, takes_a_refused_reading_for_settled_until_it_is_requeued) {
  const RowRange row{"run1", 1, 1, false};
  ledger.kept("run1", row_of(1));
  ledger.stored("run1", row_of(1));
  ledger.bridge_refused("api", row);
  ledger.dead_lettered("api", row, "no: " + refusal_of(row));
  EXPECT_EQ(ledger.unresolved(), 0U);
  ledger.requeued("api", row);
  EXPECT_EQ(ledger.unresolved(), 1U);
  ledger.reached_api("api", "run1", row_of(1));
  ledger.bridge_answered("api", {"run1", 1, 1, false});
  EXPECT_EQ(ledger.unresolved(), 0U);
  EXPECT_EQ(broken(), "");
}

TEST_F(LedgerTest, sees_a_dead_letter_that_the_api_did_not_refuse) {
  const RowRange row{"run1", 2, 2, false};
  ledger.dead_lettered("api", row, refusal_of(row));
  EXPECT_EQ(broken(), "only what the API refused becomes a dead letter");
}

TEST_F(LedgerTest, sees_the_reason_of_another_row) {
  const RowRange row{"run1", 2, 2, false};
  ledger.bridge_refused("api", row);
  ledger.dead_lettered("api", row, refusal_of({"run1", 3, 3, false}));
  EXPECT_EQ(broken(), "a dead letter has the API's reason");
}

TEST_F(LedgerTest, sees_a_dead_letter_that_is_at_the_api) {
  const RowRange row{"run1", 1, 1, false};
  ledger.kept("run1", row_of(1));
  ledger.stored("run1", row_of(1));
  ledger.reached_api("api", "run1", row_of(1));
  ledger.bridge_refused("api", row);
  ledger.dead_lettered("api", row, refusal_of(row));
  EXPECT_EQ(broken(), "a reading is at the API or a dead letter, never both");
}

TEST_F(LedgerTest, wants_a_reading_at_each_destination) {
  const RowRange row{"run1", 1, 1, false};
  ledger.add_destination("mirror");
  ledger.kept("run1", row_of(1));
  ledger.stored("run1", row_of(1));
  ledger.reached_api("api", "run1", row_of(1));
  ledger.bridge_answered("api", row);
  EXPECT_EQ(ledger.unresolved(), 1U);
  ledger.bridge_refused("mirror", row);
  ledger.dead_lettered("mirror", row, refusal_of(row));
  EXPECT_EQ(ledger.unresolved(), 0U) << "one has it, and of the other it is a dead letter";
  EXPECT_EQ(broken(), "");
  ledger.requeued("mirror", row);
  EXPECT_EQ(ledger.unresolved(), 1U);
  ledger.cursor_passes("mirror", row);
  EXPECT_EQ(broken(), "5: a row leaves the upload queue after a 2xx that covers it, or as a dead letter");
}

/// A client hands in readings with the numbers 1, 2, 3, ..., which the bridge sends as one stream.
class HandedIn : public testing::Test {
 protected:
  HandedIn() {
    ledger.add_destination("api");
    for (int i = 0; i < 3; ++i) ledger.offered(ledger.next_number(), WallTime{});
  }
  static SequencedReading row(std::uint64_t seq, std::uint64_t number) {
    return {seq, {"s", Ledger::value_of(number), "Cel", WallTime{}}};
  }
  static Batch batch(const std::string& stream, std::vector<SequencedReading> rows) {
    Batch batch;
    batch.stream = stream;
    batch.readings = std::move(rows);
    return batch;
  }
  std::string broken() const { return ledger.violation().has_value() ? ledger.violation()->check : ""; }

  Ledger ledger;
};

TEST_F(HandedIn, follows_a_reading_to_the_api_and_its_client) {
  ledger.handed_in(batch("write", {row(1, 1), row(2, 2)}));
  ledger.handed_in(batch("write", {row(1, 1), row(2, 2)}));  // sent again
  for (std::uint64_t seq = 1; seq <= 2; ++seq) ledger.stored("write", row(seq, seq));
  ledger.promised(2, "write", 2);
  EXPECT_EQ(ledger.unresolved(), 2U);
  for (std::uint64_t seq = 1; seq <= 2; ++seq) ledger.bridge_answered("api", {"write", seq, seq, false});
  EXPECT_EQ(ledger.unresolved(), 0U);
  EXPECT_EQ(ledger.totals().promised, 1U);
  EXPECT_EQ(broken(), "");
}

TEST_F(HandedIn, sees_a_promise_that_comes_too_early) {
  ledger.handed_in(batch("write", {row(1, 1)}));
  ledger.promised(1, "write", 1);
  EXPECT_EQ(broken(), "201 is answered when the store has every row");
}

TEST_F(HandedIn, sees_an_answer_that_names_the_row_of_another_reading) {
  ledger.handed_in(batch("write", {row(1, 1), row(2, 2)}));
  for (std::uint64_t seq = 1; seq <= 2; ++seq) ledger.stored("write", row(seq, seq));
  ledger.promised(1, "write", 2);
  EXPECT_EQ(broken(), "an answer names the rows that were handed in");
}

TEST_F(HandedIn, sees_a_reading_that_is_stored_twice) {
  for (const char* stream : {"try", "retry"}) {
    ledger.handed_in(batch(stream, {row(1, 1)}));
    ledger.stored(stream, row(1, 1));
  }
  EXPECT_EQ(broken(), "what is handed in again is stored once");
}

TEST_F(HandedIn, lets_a_reading_come_again_whose_store_was_lost) {
  ledger.handed_in(batch("try", {row(1, 1)}));
  ledger.stored("try", row(1, 1));
  ledger.lost_with_store("try", 1);
  for (const char* stream : {"retry", "again"}) {
    ledger.handed_in(batch(stream, {row(1, 1)}));
    EXPECT_EQ(broken(), "");
    ledger.stored(stream, row(1, 1));
  }
  EXPECT_EQ(broken(), "what is handed in again is stored once") << "the new store was asked";
}

TEST_F(HandedIn, sees_a_number_with_another_reading) {
  ledger.handed_in(batch("write", {row(1, 1)}));
  ledger.handed_in(batch("write", {row(1, 2)}));
  EXPECT_EQ(broken(), "a (stream, seq) never names two readings");
}

TEST_F(HandedIn, sees_a_hole_and_a_reading_of_nobody) {
  ledger.handed_in(batch("write", {row(2, 2)}));
  EXPECT_EQ(broken(), "what is sent has no hole");
  Ledger other;
  other.handed_in(batch("write", {row(1, 1)}));
  EXPECT_EQ(other.violation()->check, "a reading goes on as it was handed in");
}

TEST_F(HandedIn, sees_a_gap_record_for_what_was_never_stored) {
  Batch gap = batch("write", {});
  gap.gaps.push_back({1, 1, "other_store", WallTime{}});
  ledger.handed_in(gap);
  EXPECT_EQ(broken(), "a gap record stands for what is gone");
}

}  // namespace
}  // namespace sensors::simulation
