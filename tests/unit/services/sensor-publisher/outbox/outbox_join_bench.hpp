// Two outboxes, the one that is there and a backup's that is put back beside it, both on real files and opened as the
// publisher does.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "services/sensor-publisher/outbox/outbox_opening.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors::publisher {

namespace fs = std::filesystem;

inline constexpr WallTime made_at{Millis{1'768'493'375'123}};  // 2026-01-15T16:09:35.123Z

/// By stream and number: "reading", or the reason of the gap record.
using Contents = std::map<std::pair<std::string, std::uint64_t>, std::string>;

/// What is at a number of a stream and at no other.
inline Reading reading_of(const std::string& stream, std::uint64_t seq) {
  return {"sensor" + std::to_string(seq % 3), stream + "/" + std::to_string(seq), "", made_at + Millis{seq}};
}

class OutboxJoinTest : public testing::Test {
 protected:
  OutboxJoinTest() { options.path = folder.path("outbox.db"); }

  /// `count` more readings of the stream that `outbox` was opened with.
  static void add(Outbox& outbox, Position first, Position count) {
    const OutboxStream& stream = outbox.contents().streams.back();
    OutboxWrite write;
    for (Position p = first; p < first + count; ++p)
      write.append.push_back({p, p, reading_of(stream.id, stream.seq_at(p))});
    ASSERT_TRUE(outbox.write(write).has_value());
  }

  /// A run of the publisher that adds `count` readings, after which everything up to `confirmed` is at the store.
  void run(const std::string& stream, Position count, Position confirmed = 0) {
    Outbox outbox = Outbox::open(options.path, stream, "boot of " + stream, "kitchen").value();
    if (count > 0) add(outbox, outbox.contents().last + 1, count);
    if (confirmed > 0) confirm(outbox, confirmed);
  }

  static void confirm(Outbox& outbox, Position through) {
    OutboxWrite write;
    write.delete_through = through;
    write.known_store = "store1";
    ASSERT_TRUE(outbox.write(write).has_value());
  }

  void back_up() { fs::copy_file(options.path, backup, fs::copy_options::overwrite_existing); }
  void restore() { fs::copy_file(backup, restored, fs::copy_options::overwrite_existing); }
  void new_card() {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(options.path + suffix);
  }

  Outbox open(const std::string& stream) {
    OutboxOpen how;
    how.known.streams.push_back({stream, 0});
    how.is_settled = false;
    return open_and_join(options, how, made_at).value();
  }

  /// Every number that is to be sent. A reading must be what was taken, and each number there once.
  static Contents all_of(Outbox& outbox) {
    Contents all;
    const std::vector<OutboxStream>& streams = outbox.contents().streams;
    for (std::size_t i = 0; i + 1 < streams.size(); ++i) {
      const Position end = streams[i + 1].start();
      for (Position next = std::max(streams[i].start(), outbox.contents().confirmed) + 1; next <= end;) {
        const std::vector<OutboxEntry> entries = outbox.read(next, 700).value();
        if (entries.empty() || entries.front().first > next) {
          ADD_FAILURE() << "a hole at " << next;
          return all;
        }
        for (const OutboxEntry& entry : entries) {
          if (entry.first > end) break;
          EXPECT_EQ(entry.first, next);
          EXPECT_LE(entry.last, end) << "an entry is of one stream";
          for (; next <= entry.last; ++next) note(all, streams[i].id, streams[i].seq_at(next), entry);
        }
      }
    }
    return all;
  }

  static void note(Contents& all, const std::string& stream, std::uint64_t seq, const OutboxEntry& entry) {
    const Reading* reading = std::get_if<Reading>(&entry.what);
    if (reading != nullptr) {
      EXPECT_EQ(*reading, reading_of(stream, seq));
    }
    all[{stream, seq}] = reading != nullptr ? "reading" : std::get<DroppedEntries>(entry.what).reason;
  }

  static void expect(Contents& wanted, const std::string& stream, std::uint64_t first, std::uint64_t last,
                     const std::string& what = "reading") {
    for (std::uint64_t seq = first; seq <= last; ++seq) wanted[{stream, seq}] = what;
  }

  /// A page in the middle.
  static void damage(const std::string& path) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(fs::file_size(path) / 4'096 / 2 * 4'096));
    file << std::string(4'096, '\xa5');
  }

  std::vector<std::string> files(const std::string& part) const {
    std::vector<std::string> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder.path())) {
      if (entry.path().filename().string().find(part) != std::string::npos) found.push_back(entry.path().string());
    }
    return found;
  }

  TemporaryFolder folder;
  OutboxFileOptions options;
  const std::string backup = folder.path("backup.db");
  const std::string restored = folder.path("outbox.db.restored");
};

}  // namespace sensors::publisher
