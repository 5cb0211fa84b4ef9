// Damaged stores on real files: what can be read goes on under another store id, and what cannot is in a gap record.
#include "services/sensor-persistence/store/store_salvage.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <set>

#include "services/sensor-persistence/store/schema.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t page_bytes = 4'096;

/// What the destination has: readings and gap records, by (stream, number).
struct Api {
  std::map<std::pair<std::string, std::uint64_t>, Reading> readings;
  std::set<std::pair<std::string, std::uint64_t>> gaps;
  std::size_t doubled = 0;

  bool knows(const std::string& stream, std::uint64_t seq) const {
    return readings.contains({stream, seq}) || gaps.contains({stream, seq});
  }
};

class StoreSalvageTest : public testing::Test {
 protected:
  static StreamRows stream_rows(const Batch& batch) {
    StreamRows rows{batch.stream, "kitchen", "sensor-publisher", 0, batch.readings, batch.gaps};
    if (!batch.readings.empty()) rows.through = batch.readings.back().seq;
    if (!batch.gaps.empty()) rows.through = std::max(rows.through, batch.gaps.back().last);
    return rows;
  }

  Result<std::unique_ptr<StoreWriter>> open() { return StoreWriter::open(options, 5s); }

  /// Commits the next `count` numbers of `stream`, now and then a gap record among them.
  Result<void> try_to_fill(StoreWriter& writer, const std::string& stream, std::uint64_t count) {
    Batch batch;
    batch.stream = stream;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t seq = ++acknowledged[stream];
      if (seq % 50 == 0) {
        batch.gaps.push_back(Gap{seq, seq, "outbox_full", test_time});
      } else {
        batch.readings.push_back(row(seq, static_cast<double>(seq), test_time + Millis{static_cast<int>(seq)}));
      }
    }
    CommitTransaction transaction;
    transaction.time = test_time;
    transaction.streams.push_back(stream_rows(batch));
    TRY_ASSIGN(std::ignore, writer.commit(transaction));
    return {};
  }

  void fill(StoreWriter& writer, const std::string& stream, std::uint64_t count) {
    const Result<void> filled = try_to_fill(writer, stream, count);
    ASSERT_TRUE(filled.has_value()) << filled.error().message;
  }

  /// Uploads up to `rows` rows; nothing when an error came, which is returned.
  Result<std::size_t> upload(StoreWriter& writer, std::size_t rows, Api& to) {
    CommitTransaction transaction;
    transaction.hand_outs.push_back(HandOut{1, "api", rows, 10'000'000});
    TRY_ASSIGN(const CommitReport report, writer.commit(transaction));
    const UploadBatch& batch = report.handed_out.front().batch;
    if (batch.first == 0) return std::size_t{0};
    for (const StoredReading& reading : batch.readings) {
      if (!to.readings.emplace(std::pair(reading.stream, reading.reading.seq), reading.reading.reading).second)
        ++to.doubled;
    }
    for (const StoredGap& gap : batch.gaps) {
      for (std::uint64_t seq = gap.gap.first; seq <= gap.gap.last; ++seq) to.gaps.insert({gap.stream, seq});
    }
    CommitTransaction confirm;
    confirm.confirmations.push_back(Confirmation{"api", batch.first, batch.last});
    TRY_ASSIGN(std::ignore, writer.commit(confirm));
    return batch.readings.size() + batch.gaps.size();
  }

  Result<void> upload_all(StoreWriter& writer, Api& to) {
    while (true) {
      TRY_ASSIGN(const std::size_t sent, upload(writer, 500, to));
      if (sent == 0) return {};
    }
  }

  /// A store with two streams that took turns, the first of them ended, and a part uploaded to `api`.
  void make(int rounds, std::size_t uploaded) {
    std::unique_ptr<StoreWriter> writer = open().value();
    for (int round = 0; round < rounds; ++round) {
      if (round < rounds / 2) fill(*writer, "ended", 70);
      fill(*writer, "living", 90);
    }
    if (uploaded > 0) {
      ASSERT_TRUE(upload(*writer, uploaded, api).has_value());
    }
    name = writer->contents(10)->store;
  }

  Result<SalvageReport> salvage(std::uint64_t history_rows = 1'000'000) {
    return salvage_store({options.path, options.destinations}, Salvage{history_rows}, test_time, [] { return true; });
  }

  /// Retention deletes what nothing waits for.
  void withdraw_and_delete(std::uint64_t through) {
    std::unique_ptr<StoreWriter> writer = open().value();
    CommitTransaction transaction;
    transaction.withdrawals.emplace_back("api");
    transaction.retention = RetentionStep{0, through, 10'000, {}, test_time + 24h};
    ASSERT_EQ(writer->commit(transaction)->retention->deleted, through);
  }

  std::int64_t integer(const std::string& sql) {
    Result<Database> database = Database::open(options.path, store_migrations(), {});
    Statement statement = database->prepare(sql).value();
    EXPECT_EQ(statement.step().value(), Statement::Step::row);
    return statement.integer(0);
  }

  void overwrite(std::size_t offset, const std::string& bytes) const {
    std::fstream file(options.path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file << bytes;
  }

  TestFolder folder;
  StoreOptions options{folder.file("store.db"), {"api"}};
  std::map<std::string, std::uint64_t> acknowledged;
  Api api;
  std::string name;
};

TEST_F(StoreSalvageTest, of_a_store_that_is_whole_loses_nothing_and_sends_nothing_again) {
  make(20, 1'000);
  const Result<SalvageReport> report = salvage();
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->lost_numbers, 0U);
  EXPECT_EQ(report->rows, 20U * 90 + 10 * 70);
  EXPECT_TRUE(fs::exists(report->damaged_file));
  std::unique_ptr<StoreWriter> writer = open().value();
  const StoreContents contents = writer->contents(10).value();
  EXPECT_NE(contents.store, name);
  EXPECT_TRUE(is_name(contents.store));
  EXPECT_EQ(contents.last_id, 2'500U);
  ASSERT_EQ(contents.streams.size(), 2U);
  for (const StreamState& stream : contents.streams) EXPECT_EQ(stream.through, acknowledged[stream.name]);
  ASSERT_TRUE(upload_all(*writer, api).has_value());
  EXPECT_EQ(api.doubled, 0U);
  EXPECT_EQ(api.readings.size() + api.gaps.size(), 2'500U);
}

TEST_F(StoreSalvageTest, does_not_call_lost_what_retention_has_deleted) {
  make(20, 1'500);
  {
    std::unique_ptr<StoreWriter> writer = open().value();
    CommitTransaction transaction;
    transaction.retention = RetentionStep{0, 1'400, 10'000, {}, test_time + 24h};
    ASSERT_EQ(writer->commit(transaction)->retention->deleted, 1'400U);
  }
  EXPECT_EQ(salvage()->lost_numbers, 0U);
}

TEST_F(StoreSalvageTest, does_not_call_lost_what_was_deleted_while_its_destination_was_withdrawn) {
  make(20, 100);
  withdraw_and_delete(1'400);
  const SalvageReport report = salvage().value();
  EXPECT_EQ(report.lost_numbers, 0U);
  EXPECT_EQ(report.rows, 1'100U);
  EXPECT_EQ(integer("SELECT withdrawn FROM destination"), 1) << "nobody waits for it now, either";
  EXPECT_EQ(integer("SELECT cursor FROM destination"), 100);
  options.destinations.emplace_back("other");
  { std::unique_ptr<StoreWriter> writer = open().value(); }
  EXPECT_EQ(salvage()->lost_numbers, 0U) << "the other one begins with the oldest row";
}

TEST_F(StoreSalvageTest, does_not_call_lost_what_was_deleted_before_its_destination_came_back) {
  make(20, 100);
  {
    std::unique_ptr<StoreWriter> writer = open().value();
    CommitTransaction hand_out;
    hand_out.hand_outs.push_back(HandOut{1, "api", 50, 1'000'000});
    ASSERT_TRUE(writer->commit(hand_out).has_value());
  }
  withdraw_and_delete(1'400);
  {
    std::unique_ptr<StoreWriter> writer = open().value();
    CommitTransaction hand_out;
    hand_out.hand_outs.push_back(HandOut{1, "api", 10, 1'000'000});
    const UploadBatch batch = writer->commit(hand_out)->handed_out.front().batch;
    EXPECT_EQ(batch.first, 1'401U) << "what it was handed out before is gone";
    EXPECT_EQ(batch.last, 1'410U);
  }
  EXPECT_EQ(integer("SELECT withdrawn FROM destination"), 0);
  EXPECT_EQ(salvage()->lost_numbers, 0U);
}

TEST_F(StoreSalvageTest, reads_the_cursors_of_a_file_that_knows_of_no_withdrawal) {
  make(20, 1'500);
  {
    Result<Database> database = Database::open(options.path, store_migrations(), {});
    ASSERT_TRUE(database->execute("DROP TRIGGER destination_is_back").has_value());
    ASSERT_TRUE(database->execute("ALTER TABLE destination DROP COLUMN withdrawn").has_value());
  }
  EXPECT_EQ(salvage(100)->rows, 1'100U);
  EXPECT_EQ(integer("SELECT cursor FROM destination"), 1'500);
}

TEST_F(StoreSalvageTest, does_not_miss_the_number_of_a_dead_letter_that_waits_again) {
  {
    std::unique_ptr<StoreWriter> writer = open().value();
    fill(*writer, "living", 10);
    CommitTransaction hand_out;
    hand_out.hand_outs.push_back(HandOut{1, "api", 10, 1'000'000});
    ASSERT_TRUE(writer->commit(hand_out).has_value());
    CommitTransaction refused;
    refused.max_dead_letters = 10;
    refused.confirmations.push_back(Confirmation{"api", 1, 10, {{{"living", 3}, 422, "no"}}});
    DeadLettersRequest requeue;
    requeue.action = DeadLettersRequest::Action::requeue;
    requeue.all = true;
    refused.dead_letter_changes.push_back({2, requeue});
    ASSERT_EQ(writer->commit(refused)->dead_letters->changed.front().letters, 1U);
    CommitTransaction deleted;
    deleted.retention = RetentionStep{0, 10, 100, {}, test_time + 24h};
    ASSERT_EQ(writer->commit(deleted)->retention->deleted, 10U);
    fill(*writer, "living", 1);
  }
  EXPECT_EQ(salvage()->lost_numbers, 0U) << "11 is the dead letter's";
  EXPECT_EQ(integer("SELECT queue_id FROM dead_letter"), 11);
}

TEST_F(StoreSalvageTest, carries_over_history_only_as_far_as_asked_and_everything_that_waits) {
  make(20, 1'500);
  const SalvageReport report = salvage(100).value();
  EXPECT_EQ(report.rows, 1'100U);
  EXPECT_EQ(report.lost_numbers, 0U);
  EXPECT_EQ(report.old_rows_left, 1'400U);
}

TEST_F(StoreSalvageTest, of_what_is_no_database_at_all_begins_with_an_empty_one) {
  make(5, 0);
  std::ofstream(options.path) << std::string(20'000, '\0');
  fs::remove(options.path + "-wal");
  EXPECT_EQ(salvage()->rows, 0U);
  EXPECT_TRUE(open().value()->contents(10)->streams.empty());
}

TEST_F(StoreSalvageTest, that_is_ended_leaves_the_store_as_it_was) {
  make(5, 0);
  int asked = 0;
  const auto report =
      salvage_store({options.path, options.destinations}, Salvage{0}, test_time, [&] { return asked++ == 1; });
  EXPECT_EQ(report.error().code, ErrorCode::timeout);
  EXPECT_EQ(open().value()->contents(10)->store, name);
}

TEST_F(StoreSalvageTest, is_asked_for_when_ids_and_rows_do_not_agree) {
  make(5, 100);
  for (const char* damage : {"UPDATE store SET last_id = 7", "UPDATE destination SET cursor = 99999"}) {
    {
      Result<Database> database = Database::open(options.path, store_migrations(), {});
      ASSERT_TRUE(database->execute(damage).has_value());
    }
    const auto opened = open();
    ASSERT_FALSE(opened.has_value()) << damage;
    EXPECT_EQ(opened.error().code, ErrorCode::corrupt);
    ASSERT_TRUE(salvage().has_value());
    EXPECT_TRUE(open().has_value()) << damage;
  }
}

// ---- random damage ----

class DamagedStore : public StoreSalvageTest, public testing::WithParamInterface<std::uint32_t> {
 protected:
  std::uint32_t pick(std::size_t below) { return static_cast<std::uint32_t>(random() % below); }

  /// Damages the files as they are while the store is open, which is what a power cut leaves.
  void damage() {
    const auto pages = static_cast<std::size_t>(fs::file_size(options.path) / page_bytes);
    switch (pick(6)) {
      case 0:  // pages of rubbish
        for (std::uint32_t i = 0; i <= pick(4); ++i)
          overwrite(pick(pages) * page_bytes, std::string(page_bytes, '\xa5'));
        break;
      case 1:  // sectors of zeros
        for (std::uint32_t i = 0; i <= pick(6); ++i) overwrite(pick(pages * 8) * 512, std::string(512, '\0'));
        break;
      case 2:  // bytes
        for (std::uint32_t i = 0; i < 40; ++i)
          overwrite(pick(pages * page_bytes), std::string(1, static_cast<char>(pick(256))));
        break;
      case 3: fs::resize_file(options.path, pick(pages) * page_bytes + pick(page_bytes)); break;
      case 4:  // a page in the place of another
      {
        std::string page(page_bytes, '\0');
        std::ifstream file(options.path, std::ios::binary);
        file.seekg(static_cast<std::streamoff>(pick(pages) * page_bytes));
        file.read(page.data(), page_bytes);
        overwrite(pick(pages) * page_bytes, page);
        break;
      }
      default: overwrite(pick(pages) * page_bytes, random_bytes(page_bytes * (1 + pick(10)))); break;
    }
  }

  std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    for (char& byte : bytes) byte = static_cast<char>(pick(256));
    return bytes;
  }

  std::mt19937 random{GetParam()};
};

TEST_P(DamagedStore, never_loses_an_acknowledged_reading_without_a_word) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  make(10 + static_cast<int>(pick(30)), pick(3) == 0 ? 0 : 1 + pick(2'000));
  damage();
  Result<std::unique_ptr<StoreWriter>> writer = open();
  Result<void> drained =
      writer.has_value() ? upload_all(**writer, api) : Result<void>(tl::unexpected<Error>(writer.error()));
  std::uint64_t lost = 0;
  if (!drained.has_value()) {
    ASSERT_TRUE(drained.error().code == ErrorCode::corrupt || drained.error().code == ErrorCode::newer_schema ||
                drained.error().code == ErrorCode::invalid)
        << drained.error().message;
    if (writer.has_value()) writer->reset();
    const Result<SalvageReport> report = salvage();
    ASSERT_TRUE(report.has_value()) << report.error().message;
    lost = report->lost_numbers;
    writer = open();
    ASSERT_TRUE(writer.has_value()) << writer.error().message;
    EXPECT_NE((*writer)->contents(10)->store, name);
    api.doubled = 0;
    Api again;
    ASSERT_TRUE(upload_all(**writer, again).has_value());
    EXPECT_EQ(again.doubled, 0U) << "the new store hands out each number once";
    for (auto& [key, reading] : again.readings) api.readings.emplace(key, reading);
    api.gaps.merge(again.gaps);
  }
  for (const auto& [stream, through] : acknowledged) {
    const StreamState state = (*writer)->load_stream(stream).value();
    if (state.id == 0) continue;  // its publisher is told by the new store's watermark, 0
    // Behind the watermark the publisher sends again, or sends a gap record.
    for (std::uint64_t seq = 1; seq <= std::min(through, state.through); ++seq) {
      ASSERT_TRUE(api.knows(stream, seq)) << stream << " " << seq << " of " << through << ", lost " << lost;
    }
  }
  // Damage that reading did not meet is found by the first commit that does, which then is not acknowledged.
  if (const Result<void> filled = try_to_fill(**writer, "new", 10); !filled.has_value()) {
    ASSERT_EQ(filled.error().code, ErrorCode::corrupt) << filled.error().message;
    writer->reset();
    ASSERT_TRUE(salvage().has_value());
    writer = open();
    ASSERT_TRUE(writer.has_value()) << writer.error().message;
    fill(**writer, "newer", 10);
  }
  EXPECT_TRUE(upload_all(**writer, api).has_value()) << "it goes on";
}

INSTANTIATE_TEST_SUITE_P(Seeds, DamagedStore, testing::Range(1U, 62U));

}  // namespace
}  // namespace sensors::persistence
