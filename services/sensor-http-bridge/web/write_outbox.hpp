// WriteOutbox is the publisher's part of the bridge: it holds what clients handed in until the store has it, and
// decides what is sent when. In memory: what a client has no answer for is the client's to send again. Owned by Writes.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/codec/control_json.hpp"
#include "common/core/reading.hpp"
#include "common/core/service_events.hpp"
#include "common/core/time.hpp"

namespace sensors::bridge {

class WriteOutbox {
 public:
  struct Options {
    std::string root;
    std::string node;
    std::string run_stream;  // of writes without a key: random at each start

    std::size_t max_rows = 10'000;        // held
    std::size_t max_messages = 10;        // without PUBACK
    std::size_t max_unconfirmed = 1'500;  // rows sent and not confirmed; less than the store holds of streams new to it
    std::size_t message_rows = 200;
    Millis resend_after{5'000};  // without a watermark; doubles
    Millis resend_longest{60'000};
  };

  struct Done {
    std::uint64_t write = 0;
    std::string node;  // that the stream is of
    std::string stream;
    std::vector<SequencedReading> readings;
  };

  explicit WriteOutbox(Options options) : options_(std::move(options)) {}

  bool has_room(std::size_t rows) const { return rows_ + rows <= options_.max_rows; }

  /// Takes `readings`, one or more, under the caller's number `write`: as the whole of `stream`, which is one of
  /// `node`, or, when that is empty, as the next ones of this run's. The same stream must not be there already.
  void add(std::uint64_t write, const std::string& stream, const std::string& node, std::vector<Reading> readings);

  /// Takes a write out again of which nothing was sent; false when something was, and it stays.
  bool withdraw(std::uint64_t write);

  void connected() { is_connected_ = true; }
  void disconnected();

  /// The broker's answer to one of take_messages(), or an earlier one of them.
  void acknowledged(const MqttPublished& published);

  /// What the store has now as a whole. A watermark of a stream that is not here is of an earlier run, and one beyond
  /// what was sent cannot be true: counted, nothing more.
  std::vector<Done> committed(const Committed& watermark, Instant now);

  /// What is to be sent now.
  std::vector<MqttPublish> take_messages(Instant now);

  /// When take_messages() may have more though nothing happened.
  std::optional<Instant> wake_at() const;

  std::size_t rows() const { return rows_; }
  std::uint64_t resends() const { return resends_; }
  std::uint64_t foreign_watermarks() const { return foreign_watermarks_; }

 private:
  struct Write {
    std::uint64_t number = 0;
    std::vector<SequencedReading> readings;  // consecutive
  };

  // Numbers: 1 .. base are done; base+1 .. are in `writes`, of which those up to `sent` were sent since the last going
  // back, and those up to `highest` ever.
  struct Stream {
    std::string node;
    std::deque<Write> writes;
    std::uint64_t base = 0;
    std::uint64_t confirmed = 0;  // the watermark
    std::uint64_t sent = 0;
    std::uint64_t highest = 0;
    Millis resend_wait{0};
    std::optional<Instant> resend_at;
    std::uint64_t last() const { return writes.empty() ? base : writes.back().readings.back().seq; }
  };

  Batch next_batch(const std::string& name, Stream& stream) const;
  std::uint64_t unconfirmed() const;

  Options options_;
  std::map<std::string, Stream> streams_;
  std::size_t rows_ = 0;
  std::set<std::uint64_t> messages_;  // without PUBACK, on this connection
  std::uint64_t last_message_ = 0;
  bool is_connected_ = false;
  std::uint64_t resends_ = 0;
  std::uint64_t foreign_watermarks_ = 0;
};

}  // namespace sensors::bridge
