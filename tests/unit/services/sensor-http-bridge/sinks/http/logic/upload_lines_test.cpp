// The line protocol that a bridge writes, read back by the one that takes it at POST /v1/readings.
#include "services/sensor-http-bridge/sinks/http/logic/upload_lines.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "services/sensor-http-bridge/web/line_protocol.hpp"
#include "services/sensor-http-bridge/web/series_name.hpp"
#include "tests/support/any_reading.hpp"

namespace sensors::bridge {
namespace {

constexpr std::int64_t last_ms = INT64_MAX / 1'000'000 - 1;  // of a timestamp in nanoseconds
constexpr WallTime arrival{Millis{1'768'493'375'000}};

StoredReading any_short_row() {
  Reading reading = *rc::gen::arbitrary<bool>() ? any_unsynced_reading() : any_reading();
  reading.sensor.resize(std::min<std::size_t>(reading.sensor.size(), 16));
  reading.time = WallTime{Millis{reading.time.time_since_epoch().count() % last_ms}};
  return {0, any_name().substr(0, 8), any_name(), {any_seq(), reading}};
}

/// The name that the reader makes of a row's series and a field.
std::string sensor_named(const StoredReading& row, std::string_view field) {
  Series series{"sensor_reading", {{"node", row.node}, {"sensor", row.reading.reading.sensor}}};
  if (!row.reading.reading.unit.empty()) series.tags.emplace("unit", row.reading.reading.unit);
  return sensor_of(series, field);
}

std::string field_of(const Value& value) {
  if (std::holds_alternative<bool>(value)) return "boolean";
  return std::holds_alternative<std::string>(value) ? "text" : "value";
}

/// A text as it comes back: of line ends there are pictures.
Value shown(Value value) {
  std::string* text = std::get_if<std::string>(&value);
  if (text == nullptr) return value;
  for (const auto& [character, picture] : {std::pair{"\n", "␊"}, std::pair{"\r", "␍"}}) {
    for (std::size_t at = text->find(character); at != std::string::npos; at = text->find(character))
      text->replace(at, 1, picture);
  }
  return value;
}

TEST(UploadLines, come_back_as_they_were_written) {
  EXPECT_TRUE(rc::check("a reader of line protocol finds series, value and millisecond", [] {
    const StoredReading row = any_short_row();
    const Reading& written = row.reading.reading;
    const Value expected = shown(written.value);
    const std::string* text = std::get_if<std::string>(&expected);
    RC_PRE((text == nullptr || text->size() <= max_text_value_length));  // pictures are longer
    UploadBatch batch;
    batch.readings = {row};
    const Result<PostedReadings> posted =
        decode_line_protocol(encode_upload_lines(batch), arrival, 1, max_posted_readings);
    RC_ASSERT(posted.has_value());
    if (!posted->bad_rows.empty()) RC_FAIL(posted->bad_rows.front().reason);
    RC_ASSERT(posted->readings.size() == (written.uptime.has_value() ? 2U : 1U));
    const Reading& read = posted->readings.front();
    RC_ASSERT(read.sensor == sensor_named(row, field_of(written.value)));
    RC_ASSERT(read.value == expected);
    RC_ASSERT(read.time == written.time);
    if (!written.uptime.has_value()) return;
    RC_ASSERT(posted->readings[1].sensor == sensor_named(row, "uptime_ms"));
    RC_ASSERT(posted->readings[1].value == Value{static_cast<double>(written.uptime->count())});
  }));
}

TEST(UploadLines, of_a_gap_say_how_many_were_lost_and_which) {
  UploadBatch batch;
  batch.gaps = {{3, "kitchen", "k3", {8, 12, "outbox_full", WallTime{Millis{1'768'493'375'123}}}}};
  const Result<PostedReadings> posted =
      decode_line_protocol(encode_upload_lines(batch), arrival, 1, max_posted_readings);
  ASSERT_TRUE(posted.has_value() && posted->bad_rows.empty() && posted->readings.size() == 3U);
  EXPECT_EQ(posted->readings[0].sensor, "sensor_gap.node-kitchen.reason-outbox_full.stream-k3.lost");
  EXPECT_EQ(posted->readings[0].value, Value{5.0});
  EXPECT_EQ(posted->readings[1].value, Value{8.0});
  EXPECT_EQ(posted->readings[2].value, Value{12.0});
}

}  // namespace
}  // namespace sensors::bridge
