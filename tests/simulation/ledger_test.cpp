#include "tests/simulation/ledger.hpp"

#include <gtest/gtest.h>

namespace sensors::simulation {
namespace {

/// Number 1 of its stream, with the value of another perhaps.
SequencedReading row_of(std::uint64_t value) { return {1, {"s", Ledger::value_of(value), "Cel", WallTime{}}}; }

class LedgerTest : public testing::Test {
 protected:
  LedgerTest() {
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
  ledger.reached_api("run1", row_of(1));
  ledger.bridge_answered("run1", 1);
  ledger.cursor_passes("run1", 1);
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
  ledger.cursor_passes("run1", 1);
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
  ledger.bridge_refused(row);
  ledger.dead_lettered(row, "no: " + refusal_of(row));
  EXPECT_EQ(ledger.unresolved(), 0U);
  ledger.requeued(row);
  EXPECT_EQ(ledger.unresolved(), 1U);
  ledger.reached_api("run1", row_of(1));
  ledger.bridge_answered("run1", 1);
  EXPECT_EQ(ledger.unresolved(), 0U);
  EXPECT_EQ(broken(), "");
}

TEST_F(LedgerTest, sees_a_dead_letter_that_the_api_did_not_refuse) {
  const RowRange row{"run1", 2, 2, false};
  ledger.dead_lettered(row, refusal_of(row));
  EXPECT_EQ(broken(), "only what the API refused becomes a dead letter");
}

TEST_F(LedgerTest, sees_the_reason_of_another_row) {
  const RowRange row{"run1", 2, 2, false};
  ledger.bridge_refused(row);
  ledger.dead_lettered(row, refusal_of({"run1", 3, 3, false}));
  EXPECT_EQ(broken(), "a dead letter has the API's reason");
}

TEST_F(LedgerTest, sees_a_dead_letter_that_is_at_the_api) {
  const RowRange row{"run1", 1, 1, false};
  ledger.kept("run1", row_of(1));
  ledger.stored("run1", row_of(1));
  ledger.reached_api("run1", row_of(1));
  ledger.bridge_refused(row);
  ledger.dead_lettered(row, refusal_of(row));
  EXPECT_EQ(broken(), "a reading is at the API or a dead letter, never both");
}

}  // namespace
}  // namespace sensors::simulation
