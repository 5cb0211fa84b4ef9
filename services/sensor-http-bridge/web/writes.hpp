// Writes is the write side of the HTTP API: it takes readings from clients, gives them to the outbox, and answers when
// the store has them, with what became of each row. Owned by Web. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/codec/posted_readings.hpp"
#include "common/codec/streams_json.hpp"
#include "common/core/web_events.hpp"
#include "services/sensor-http-bridge/web/answers.hpp"
#include "services/sensor-http-bridge/web/target.hpp"
#include "services/sensor-http-bridge/web/web_options.hpp"
#include "services/sensor-http-bridge/web/write_homes.hpp"
#include "services/sensor-http-bridge/web/write_outbox.hpp"

namespace sensors::bridge {

class Writes {
 public:
  struct Counters {
    std::uint64_t writes = 0;        // taken
    std::uint64_t readings = 0;      // in them
    std::uint64_t stored = 0;        // readings that the store has confirmed
    std::uint64_t repeated = 0;      // a key that was known, with the same rows
    std::uint64_t refused_rows = 0;  // that are not what a reading must be
    std::uint64_t refused_full = 0;  // writes for which there was no room
    std::uint64_t late = 0;          // answered with 503 before the store had confirmed them
    std::uint64_t misused_keys = 0;  // that came with other rows
  };

  static constexpr std::size_t max_key_bytes = 128;

  /// `options` must outlive this.
  explicit Writes(const WebOptions& options);

  /// POST: the answer, when there is one at once.
  std::optional<WebResponse> post(const WebRequest& request, const Target& target, const std::string& client, Now now);

  /// GET /v1/writes/<id>.
  WebResponse state_of(std::uint64_t request, const std::string& id) const;

  /// Readings that were stored just now, and the answers to those who wait for them.
  struct Stored {
    std::vector<WebResponse> answers;
    std::vector<WriteOutbox::Done> done;
  };
  Stored committed(const Committed& watermark, Now now);

  /// Answers to those whose time is over.
  std::vector<WebResponse> take_late(Instant now);

  /// Answers to all who wait: the bridge ends.
  std::vector<WebResponse> take_all();

  /// May be too early, never too late.
  std::optional<Instant> wake_at() const;

  // ---- names of writes with a key ----

  /// What the store is asked before such a write is sent; `write` is 0 when it is only asked who it is.
  struct Question {
    std::uint64_t write = 0;
    std::vector<std::string> streams;  // names that the write would have had before; at most WriteHomes::max_kept
  };

  /// Not for a second after an answer that was none.
  bool may_ask(Instant now);

  /// The next one; nothing when there is none.
  std::optional<Question> take_question();

  /// The store's answer. What is to be saved before anything is sent, when that has changed.
  std::optional<std::string> answered(std::uint64_t write, const StreamsAnswer& answer);

  /// It had none: it is asked again.
  void unanswered(std::uint64_t write, Instant now);

  /// With each connection to the broker the store is asked who it is.
  void connected();
  void disconnected();

  WriteOutbox& outbox() { return outbox_; }
  const WriteOutbox& outbox() const { return outbox_; }
  const Counters& counters() const { return counters_; }

 private:
  /// influx: as InfluxDB does it, 204 without a body, and of a write that has bad points the good ones are taken.
  enum class Style { ours, influx };

  struct Waiter {
    std::uint64_t request = 0;
    Style style = Style::ours;
    Instant until{};
  };

  /// A write as clients know it.
  struct Record {
    std::uint64_t number = 0;
    std::string id;
    std::string key;  // client and key; empty: none
    std::string digest;
    std::size_t rows = 0;
    std::string refusal;        // what was not taken of the same write; empty: nothing
    std::vector<Reading> held;  // until the stream has its name
    bool is_stored = false;
    bool is_promised = false;  // answered with 202: it stays
    std::string stream;
    std::uint64_t first = 0;
    std::vector<Waiter> waiters;
  };

  std::optional<WebResponse> post_plain(const WebRequest& request, std::string_view body, const Target& target,
                                        const std::string& client, Now now);
  Result<PostedReadings> decode(std::string_view body, std::string_view content_type, const Target& target, Style style,
                                Now now) const;
  std::optional<WebResponse> take(const WebRequest& request, Style style, Record record, std::vector<Reading> readings,
                                  Now now);
  std::optional<WebResponse> wait(Record& record, const WebRequest& request, Style style, Now now);
  WebResponse stored_answer(const Record& record, std::uint64_t request, Style style) const;
  void give_name(Record& record, const WriteHome& home);
  void forget_oldest();
  void answer_late(Record& record, Instant now, std::vector<WebResponse>& late);

  const WebOptions& options_;
  WriteOutbox outbox_;
  WriteHomes homes_;
  bool is_to_ask_who_ = false;
  std::deque<std::uint64_t> questions_;  // writes that wait for their names, and are to be asked about
  std::optional<Instant> ask_at_;        // again, after an answer that was none
  std::size_t held_rows_ = 0;
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, Record> records_;  // waiting, and the newest that are stored
  std::map<std::string, std::uint64_t> by_id_;
  std::map<std::string, std::uint64_t> by_key_;
  std::deque<std::uint64_t> stored_;                   // oldest first
  std::deque<std::pair<Instant, std::uint64_t>> due_;  // when waiters are late, and for which record; in order
  Counters counters_;
};

}  // namespace sensors::bridge
