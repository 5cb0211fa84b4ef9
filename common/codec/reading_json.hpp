// Readings and batches <-> JSON, the two payloads that carry all data. Decoding trusts nothing: every size, type,
// name and number is checked, and the error says which key is wrong. Pure; a decoder keeps its buffers, so that a
// message costs no allocation beyond its strings.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/codec/foreign_time.hpp"
#include "common/core/reading.hpp"

namespace sensors {

inline constexpr std::size_t max_batch_readings = 1'000;
inline constexpr std::size_t max_batch_gaps = 1'000;
inline constexpr std::size_t max_payload_bytes = 256 * 1024;

/// {"sensor":"bme280.temperature","value":21.53,"unit":"Cel","time":"...","seq":1042,"stream":"k3v9x2m7qp4d"}, and
/// behind the time of one with an uptime: "clock":"unsynced","uptime_ms":12345,"boot":"..."
std::string encode_reading(const SequencedReading& reading, std::string_view stream, std::string_view boot = {});

/// {"stream":"...","readings":[{"seq":1,"sensor":...},...],"gaps":[{"first":7,"last":9,"reason":"outbox_full","time":"..."}]},
/// and "boot":"..." behind the stream when there is one.
std::string encode_batch(const Batch& batch);

/// Appends {"node":...,"stream":...,"seq":...,"sensor":...,"value":...,"unit":...,"time":...}: a reading as the API
/// gets it.
void append_delivered_reading(std::string& out, std::string_view node, std::string_view stream,
                              const SequencedReading& reading);

/// What a gap record says it is of, where it goes out as a reading.
inline constexpr const char* gap_sensor = "sensor_gap";

/// Appends a gap record with the same keys, as a reading of the sensor "sensor_gap": seq is the first number, value how
/// many were dropped, and "last" and "reason" stand behind.
void append_delivered_gap(std::string& out, std::string_view node, std::string_view stream, const Gap& gap);

/// Appends `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// Appends a reading's value.
void append_value(std::string& out, const Value& value);

/// Bytes that `value` takes, at most.
std::size_t encoded_size_bound(const Value& value);

/// Bytes that `reading` takes in a batch, at most: for cutting batches by size before encoding.
std::size_t encoded_size_bound(const SequencedReading& reading);

class ReadingDecoder {
 public:
  ReadingDecoder();
  ~ReadingDecoder();

  /// One live reading, as a batch of one. too_large, malformed (not JSON, not UTF-8, too deep, wrong type, missing
  /// key) or invalid (a rule of validate(), seq not in 1 .. 2^53-1, an uptime without boot). Unknown keys are ignored.
  Result<Batch> reading(std::string_view payload);

  /// A batch. One bad row does not spoil the others: it is left out and counted in `bad_rows` with the first reason,
  /// if its seq can be read it becomes a Gap with reason "malformed", so that the stream goes on without it.
  struct DecodedBatch {
    Batch batch;
    std::size_t bad_rows = 0;
    std::string first_error;
  };
  Result<DecodedBatch> batch(std::string_view payload);

  /// One reading as a driver program prints it, one line: {"sensor":"x","value":1.5,"unit":"Cel","time":"..."}; unit
  /// (as people write it too, see ucum_unit()) and time (parse_foreign_time()) are optional, `now` stands in for the
  /// time, with the uptime when its clock is not synchronised.
  Result<Reading> driver_line(std::string_view line, Now now);

  /// What is probably wrong with the last line that driver_line() took: a key that is a slip of one that is missing, or
  /// a number in quotes. Does not vary with the line. Empty: nothing.
  const std::string& remark() const { return remark_; }

  /// What a time without an offset in a driver's line means from now on; UTC until then.
  void read_times_by(TimeRule rule) { times_ = std::move(rule); }

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
  TimeRule times_;
  std::string remark_;
};

}  // namespace sensors
