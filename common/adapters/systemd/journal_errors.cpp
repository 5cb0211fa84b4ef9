#include "common/adapters/systemd/journal_errors.hpp"

#include <systemd/sd-journal.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <string_view>

namespace sensors {
namespace {

constexpr std::size_t most_message_bytes = 4096;

using Journal = std::unique_ptr<sd_journal, decltype(&sd_journal_close)>;

tl::unexpected<Error> failed(int result) {
  return fail(ErrorCode::io, std::string("read the journal: ") + std::strerror(-result));
}

/// Matches of one field are alternatives; those of different fields must all hold.
int add_matches(sd_journal* journal, const std::vector<std::string>& units) {
  for (const std::string& unit : units) {
    if (const int result = sd_journal_add_match(journal, ("_SYSTEMD_UNIT=" + unit).c_str(), 0); result < 0)
      return result;
  }
  for (const char* priority : {"PRIORITY=0", "PRIORITY=1", "PRIORITY=2", "PRIORITY=3"}) {
    if (const int result = sd_journal_add_match(journal, priority, 0); result < 0) return result;
  }
  return 0;
}

std::string message_of(sd_journal* journal) {
  const void* data = nullptr;
  std::size_t size = 0;
  if (sd_journal_get_data(journal, "MESSAGE", &data, &size) < 0) return {};
  std::string_view text(static_cast<const char*>(data), size);
  text.remove_prefix(std::min(text.size(), std::strlen("MESSAGE=")));
  return std::string(text.substr(0, most_message_bytes));
}

}  // namespace

Result<JournalErrors> read_journal_errors(const std::vector<std::string>& units, WallTime since, Millis deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  sd_journal* raw = nullptr;
  if (const int result = sd_journal_open(&raw, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM); result < 0)
    return failed(result);
  const Journal journal(raw, sd_journal_close);
  // One that may not be read looks like one that is empty.
  if (sd_journal_has_persistent_files(raw) <= 0 && sd_journal_has_runtime_files(raw) <= 0) {
    return fail(ErrorCode::not_found, "there is no journal that this user may read");
  }
  if (const int result = add_matches(raw, units); result < 0) return failed(result);
  const auto since_us = std::chrono::duration_cast<std::chrono::microseconds>(since.time_since_epoch()).count();
  if (const int result = sd_journal_seek_realtime_usec(raw, static_cast<std::uint64_t>(since_us)); result < 0) {
    return failed(result);
  }
  JournalErrors errors;
  int result = 0;
  while ((result = sd_journal_next(raw)) > 0) {
    ++errors.count;
    errors.newest = message_of(raw);
    if (std::chrono::steady_clock::now() > end) return fail(ErrorCode::timeout, "reading the journal took too long");
  }
  if (result < 0) return failed(result);
  return errors;
}

}  // namespace sensors
