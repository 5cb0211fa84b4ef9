// How a batch is written for an API: each format as docs/destination-api.md shows it, and nothing changed on the way.
#include "services/sensor-http-bridge/sinks/http/logic/upload_body.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "common/codec/posted_readings.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/store_answer.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/upload_json.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/upload_lines.hpp"
#include "tests/support/any_reading.hpp"

namespace sensors {
namespace {

UploadBatch reading_and_gap() {
  return {"w5",
          "api",
          1,
          3,
          0,
          {{1, "kitchen", "k3", {7, {"x", 1.5, "Cel", moment}}}},
          {{3, "kitchen", "k3", {8, 9, "outbox_full", moment}}}};
}

std::string line_of(const Reading& reading) {
  return encode_upload_lines({"", "", 0, 0, 0, {{0, "n", "k", {1, reading}}}, {}});
}

/// The line but for its timestamp.
std::string point_of(const Reading& reading) {
  const std::string line = line_of(reading);
  return line.substr(0, line.rfind(' '));
}

StoredReading any_row() {
  const Reading reading = *rc::gen::arbitrary<bool>() ? any_unsynced_reading() : any_reading();
  return {0, any_name(), any_name(), {any_seq(), reading}};
}

TEST(UploadBody, has_a_name_and_a_content_type_for_each_format) {
  for (const UploadFormat format : {UploadFormat::batch, UploadFormat::json, UploadFormat::influx})
    EXPECT_EQ(upload_format_from(name_of(format)), format);
  EXPECT_EQ(upload_format_from("xml"), std::nullopt);
  EXPECT_STREQ(content_type_of(UploadFormat::batch), "application/json");
  EXPECT_STREQ(content_type_of(UploadFormat::json), "application/json");
  EXPECT_STREQ(content_type_of(UploadFormat::influx), "text/plain; charset=utf-8");
}

TEST(UploadBody, passes_the_store_s_batch_on_as_it_is) {
  const std::string payload = encode_upload_batch(reading_and_gap());
  EXPECT_EQ(upload_body(UploadFormat::batch, payload), payload);
}

TEST(UploadBody, is_made_of_a_batch_that_keeps_the_rules_only) {
  const std::string payload = R"({"store":"w5","destination":"api","first":1,"last":1,"remaining":0,"gaps":[],)"
                              R"("readings":[{"node":"kitchen,x=1","stream":"k","seq":1,"sensor":"x","value":1,)"
                              R"("unit":"","time":"2026-01-15T16:09:35.123Z"}]})";
  for (const UploadFormat format : {UploadFormat::json, UploadFormat::influx}) {
    const Result<std::string> body = upload_body(format, payload);
    ASSERT_FALSE(body.has_value());
    EXPECT_NE(body.error().message.find("node"), std::string::npos) << body.error().message;
  }
  UploadBatch backwards = reading_and_gap();
  backwards.gaps[0].gap = {9, 8, "outbox_full", moment};
  EXPECT_FALSE(upload_body(UploadFormat::influx, encode_upload_batch(backwards)).has_value());
}

TEST(UploadJson, is_an_array_in_which_a_gap_is_a_reading_of_what_was_lost) {
  EXPECT_EQ(*upload_body(UploadFormat::json, encode_upload_batch(reading_and_gap())),
            R"([{"node":"kitchen","stream":"k3","seq":7,"sensor":"x","value":1.5,"unit":"Cel",)"
            R"("time":"2026-01-15T16:09:35.123Z"},)"
            R"({"node":"kitchen","stream":"k3","seq":8,"sensor":"sensor_gap","value":2,"unit":"{reading}",)"
            R"("time":"2026-01-15T16:09:35.123Z","last":9,"reason":"outbox_full"}])");
}

TEST(UploadJson, is_taken_by_who_takes_posted_readings) {
  EXPECT_TRUE(rc::check("what the HTTP side of a bridge reads is what was written", [] {
    UploadBatch batch;
    batch.readings = {any_row(), any_row()};
    batch.gaps = {{0, any_name(), any_name(), any_gap(any_seq() / 2 + 1)}};
    const Result<PostedReadings> posted = decode_posted_readings(encode_upload_json(batch), moment, 1 << 20U);
    RC_ASSERT((posted.has_value() && posted->bad_rows.empty() && posted->readings.size() == 3U));
    for (std::size_t i = 0; i < 2; ++i) {
      const Reading& written = batch.readings[i].reading.reading;
      RC_ASSERT(posted->readings[i].sensor == written.sensor && posted->readings[i].value == written.value &&
                posted->readings[i].unit == written.unit && posted->readings[i].time == written.time);
    }
    RC_ASSERT(posted->readings[2].sensor == gap_sensor);
  }));
}

TEST(UploadLines, are_points_of_two_measurements) {
  EXPECT_EQ(*upload_body(UploadFormat::influx, encode_upload_batch(reading_and_gap())),
            "sensor_reading,node=kitchen,sensor=x,unit=Cel value=1.5 1768493375123" +
                std::to_string(1'000'000 + nanoseconds_of("k3", 7)).substr(1) +
                "\nsensor_gap,node=kitchen,reason=outbox_full,stream=k3 lost=2i,first=8i,last=9i 1768493375123" +
                std::to_string(1'000'000 + nanoseconds_of("k3", 8)).substr(1) + "\n");
}

TEST(UploadLines, have_a_field_for_each_type_of_value) {
  EXPECT_EQ(point_of({"x", 1e300, "", moment}), "sensor_reading,node=n,sensor=x value=1e+300");
  EXPECT_EQ(point_of({"x", -7.0, "", moment}), "sensor_reading,node=n,sensor=x value=-7");
  EXPECT_EQ(point_of({"x", false, "", moment}), "sensor_reading,node=n,sensor=x boolean=false");
  EXPECT_EQ(point_of({"x", std::string("on"), "", moment}), "sensor_reading,node=n,sensor=x text=\"on\"");
  EXPECT_EQ(point_of({"x", 1.5, "", moment, Millis{42}}), "sensor_reading,node=n,sensor=x value=1.5,uptime_ms=42i");
}

TEST(UploadLines, escape_what_would_end_a_unit_or_a_text) {
  EXPECT_EQ(point_of({"x", 1.5, "{a,b=c}", moment}), R"(sensor_reading,node=n,sensor=x,unit={a\,b\=c} value=1.5)");
  EXPECT_EQ(point_of({"x", std::string(R"(say "a\b", c=d\)"), "", moment}),
            R"(sensor_reading,node=n,sensor=x text="say \"a\\b\", c=d\\")");
}

TEST(UploadLines, let_no_text_begin_a_line_of_its_own) {
  const std::string forged = "a\nsensor_reading,node=n,sensor=y value=1 5\r\n";
  const std::string line = line_of({"x", forged, "", moment});
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_TRUE(line.starts_with("sensor_reading,node=n,sensor=x text=\"a␊sensor_reading,node=n,sensor=y value=1 5␍␊\" "))
      << line;
}

TEST(UploadLines, have_a_timestamp_for_every_time_that_a_reading_can_have) {
  const std::string ns = std::to_string(nanoseconds_of("k", 1));
  EXPECT_TRUE(line_of({"x", 1.5, "", WallTime{}}).ends_with(" value=1.5 " + ns + "\n"));
  const std::string padded = std::string(6 - ns.size(), '0') + ns;
  EXPECT_TRUE(
      line_of({"x", 1.5, "", WallTime{Millis{253'402'300'799'999}}}).ends_with(" 253402300799999" + padded + "\n"));
}

TEST(UploadLines, give_each_of_a_million_rows_of_a_millisecond_a_time_of_its_own) {
  std::set<std::uint64_t> times;
  for (std::uint64_t seq = 5; seq < 1'000'005; ++seq) times.insert(nanoseconds_of("k3v9x2m7qp4d", seq));
  EXPECT_EQ(times.size(), 1'000'000U);
  EXPECT_EQ(*times.rbegin(), 999'999U);
}

TEST(UploadLines, begin_the_nanoseconds_of_each_stream_elsewhere) {
  std::set<std::uint64_t> times;
  for (int stream = 0; stream < 1'000; ++stream) times.insert(nanoseconds_of("http-" + std::to_string(stream), 1));
  EXPECT_GT(times.size(), 990U) << "1,000 writes of one row each, all at the same time";
}

TEST(UploadLines, are_the_same_bytes_for_the_same_batch) {
  EXPECT_TRUE(rc::check("a retry is the request before it", [] {
    UploadBatch batch;
    batch.store = any_name();
    batch.destination = any_name();
    batch.first = 1;
    batch.last = 3;
    batch.readings = {any_row(), any_row()};
    batch.gaps = {{0, any_name(), any_name(), any_gap(any_seq() / 2 + 1)}};
    const std::string lines = encode_upload_lines(batch);
    const Result<std::string> again = upload_body(UploadFormat::influx, encode_upload_batch(batch));
    RC_ASSERT((again.has_value() && *again == lines));
    RC_ASSERT(is_utf8(lines) && std::count(lines.begin(), lines.end(), '\n') == 3);
  }));
}

}  // namespace
}  // namespace sensors
