// The databases of both services in a folder, their configuration, and `sensorctl backup` and `restore` run on them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "services/sensor-persistence/store/store_writer.hpp"
#include "services/sensor-publisher/outbox/outbox_opening.hpp"
#include "services/sensorctl/backup/backup.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors::backup {

namespace fs = std::filesystem;
using persistence::StoreWriter;

inline const WallTime a_time{Millis{1'768'493'375'123}};  // 2026-01-15T16:09:35.123Z

class BackupTest : public testing::Test {
 protected:
  BackupTest() {
    fs::create_directories(folder_.path("publisher"));
    fs::create_directories(folder_.path("persistence"));
    folder_.write("sensor-publisher.toml", "node = \"kitchen\"\n[outbox]\npath = \"" + outbox_path_ + "\"\n");
    folder_.write("sensor-persistence.toml", "[store]\npath = \"" + store_.path + "\"\n");
    options_.folder = folder_.path("backup");
    options_.configuration = folder_.path();
  }

  std::unique_ptr<StoreWriter> open_store() { return std::move(StoreWriter::open(store_).value()); }

  static void add(StoreWriter& store, std::uint64_t first, std::uint64_t last) {
    persistence::CommitTransaction commit;
    commit.time = a_time;
    persistence::StreamRows rows{"aaaa", "kitchen", "sensor-publisher", last, {}, {}};
    for (std::uint64_t seq = first; seq <= last; ++seq)
      rows.readings.push_back({seq, Reading{"s", static_cast<double>(seq), "", a_time}});
    commit.streams.push_back(std::move(rows));
    commit.hand_outs.push_back({1, "api", 10, 1'000'000, 0});
    ASSERT_TRUE(store.commit(commit).has_value());
  }

  /// An outbox with `count` readings, as its publisher has it open.
  publisher::Outbox outbox(Position count) {
    publisher::Outbox outbox = publisher::Outbox::open(outbox_path_, "run1").value();
    publisher::OutboxWrite write;
    for (Position p = 1; p <= count; ++p) write.append.push_back({p, p, Reading{"s", 1.0, "", a_time}});
    EXPECT_TRUE(outbox.write(write).has_value());
    return outbox;
  }

  int back_up() {
    return said([this] { return make_backup(options_); });
  }
  int restore() {
    return said([this] { return restore_backup(options_); });
  }

  int said(const std::function<int()>& run) {
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    const int code = run();
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }

  void expect_said(const std::string& text) const { EXPECT_NE(err_.find(text), std::string::npos) << err_; }

  /// The one file in the folder `name` whose name has `part`; "" when there is none.
  std::string file_with(const std::string& name, const std::string& part) const {
    std::string found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.path(name))) {
      if (entry.path().filename().string().find(part) != std::string::npos) found = entry.path().string();
    }
    return found;
  }

  TemporaryFolder folder_;
  std::string outbox_path_ = folder_.path("publisher/outbox.db");
  persistence::StoreOptions store_{folder_.path("persistence/store.db"), {"api"}, 2'048, 100};
  BackupOptions options_;
  std::string out_;
  std::string err_;
};

}  // namespace sensors::backup
