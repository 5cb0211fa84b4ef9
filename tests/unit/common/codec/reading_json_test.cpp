// Readings and batches: what is written is what the protocol shows, and what is read back is what was written.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <nlohmann/json.hpp>

#include <bit>

#include "common/codec/reading_json.hpp"
#include "tests/support/any_reading.hpp"

namespace sensors {
namespace {

SequencedReading one(Value value) { return {1042, {"bme280.temperature", std::move(value), "Cel", moment}}; }

TEST(ReadingJson, writes_a_reading_as_the_protocol_shows_it) {
  EXPECT_EQ(
      encode_reading(one(21.53), "k3v9x2m7qp4d"),
      R"({"sensor":"bme280.temperature","value":21.53,"unit":"Cel","time":"2026-01-15T16:09:35.123Z","seq":1042,"stream":"k3v9x2m7qp4d"})");
}

TEST(ReadingJson, writes_a_batch_as_the_protocol_shows_it) {
  EXPECT_EQ(
      encode_batch({"k3", {one(true)}, {{1043, 1047, "outbox_full", moment}}}),
      R"({"stream":"k3","readings":[{"seq":1042,"sensor":"bme280.temperature","value":true,"unit":"Cel","time":"2026-01-15T16:09:35.123Z"}],)"
      R"("gaps":[{"first":1043,"last":1047,"reason":"outbox_full","time":"2026-01-15T16:09:35.123Z"}]})");
}

TEST(ReadingJson, leaves_gaps_out_of_a_batch_without_any) {
  EXPECT_EQ(encode_batch({"k3", {}, {}}), R"({"stream":"k3","readings":[]})");
}

TEST(ReadingJson, writes_a_delivered_reading_with_its_node_and_stream) {
  std::string out = "x";
  append_delivered_reading(out, "kitchen", "k3", one(1.0));
  EXPECT_EQ(
      out,
      R"(x{"node":"kitchen","stream":"k3","seq":1042,"sensor":"bme280.temperature","value":1,"unit":"Cel","time":"2026-01-15T16:09:35.123Z"})");
}

TEST(ReadingJson, reads_back_a_reading) {
  EXPECT_TRUE(rc::check("reading(encode_reading(r)) == r, within the size bound", [] {
    const SequencedReading row{any_seq(), any_reading()};
    const std::string stream = any_name();
    const std::string payload = encode_reading(row, stream);
    RC_ASSERT(ReadingDecoder().reading(payload).value() == (Batch{stream, {row}, {}}));
    RC_ASSERT(payload.size() <= encoded_size_bound(row) + stream.size() + 12);
  }));
}

TEST(ReadingJson, reads_back_a_batch) {
  ReadingDecoder decoder;
  EXPECT_TRUE(rc::check("batch(encode_batch(b)) == b, within the size bound", [&decoder] {
    const Batch batch = any_batch();
    const std::string payload = encode_batch(batch);
    const ReadingDecoder::DecodedBatch decoded = decoder.batch(payload).value();
    RC_ASSERT(decoded.batch == batch);
    RC_ASSERT(decoded.bad_rows == 0U);
    std::size_t bound = 80 + batch.stream.size() + batch.boot.size() + 256 * batch.gaps.size();
    for (const SequencedReading& row : batch.readings) bound += encoded_size_bound(row);
    RC_ASSERT(payload.size() <= bound);
  }));
}

TEST(ReadingJson, is_read_alike_by_another_parser) {
  EXPECT_TRUE(rc::check("nlohmann/json reads the same value", [] {
    const SequencedReading row{any_seq(), any_reading()};
    const nlohmann::json json = nlohmann::json::parse(encode_reading(row, "k3"));
    RC_ASSERT(json.at("seq").get<std::uint64_t>() == row.seq);
    if (const auto* text = std::get_if<std::string>(&row.reading.value))
      RC_ASSERT(json.at("value").get<std::string>() == *text);
    if (const auto* number = std::get_if<double>(&row.reading.value))
      RC_ASSERT(json.at("value").get<double>() == *number);
    if (const auto* boolean = std::get_if<bool>(&row.reading.value))
      RC_ASSERT(json.at("value").get<bool>() == *boolean);
  }));
}

class ExactNumber : public testing::TestWithParam<double> {};

TEST_P(ExactNumber, keeps_its_type_and_every_bit) {
  const Batch batch = ReadingDecoder().reading(encode_reading(one(GetParam()), "k3")).value();
  const auto* number = std::get_if<double>(&batch.readings.at(0).reading.value);
  ASSERT_NE(number, nullptr);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(*number), std::bit_cast<std::uint64_t>(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(ReadingJson, ExactNumber,
                         testing::Values(0.0, -0.0, 1.0, 21.0, -1.0, 0.1, 1e21, 5e-324, -5e-324, 1.7976931348623157e308,
                                         9007199254740992.0, 9007199254740993e3, 98765432109876543000.0,
                                         -98765432109876543000.0, 18446744073709551616.0, 1e15, 1e16, 1e17,
                                         123456789012345680.0, 2.2250738585072014e-308));

TEST(ReadingJson, writes_null_for_what_json_cannot_say) {
  const std::string payload = encode_reading(one(std::numeric_limits<double>::quiet_NaN()), "k3");
  EXPECT_NE(payload.find("\"value\":null"), std::string::npos);
  EXPECT_FALSE(ReadingDecoder().reading(payload).has_value());
}

TEST(JsonString, escapes_what_json_demands_and_replaces_what_is_not_utf8) {
  std::string out;
  append_json_string(out, std::string("a\"\\\n\r\t\x01\0é😀\x7f", 15));
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\r\\t\\u0001\\u0000é😀\\u007f\"");
  out.clear();
  append_json_string(out,
                     "\xff"
                     "a\xc3"
                     "(\xed\xa0\x80");
  EXPECT_EQ(out, "\"\ufffda\ufffd(\ufffd\ufffd\ufffd\"");
}

TEST(JsonString, makes_json_of_any_bytes) {
  EXPECT_TRUE(rc::check("nlohmann/json accepts it", [](const std::string& bytes) {
    std::string out;
    append_json_string(out, bytes);
    RC_ASSERT(nlohmann::json::accept(out));
  }));
}

TEST(DriverLine, takes_the_given_time_and_no_unit_when_there_are_none) {
  const Reading reading = ReadingDecoder().driver_line(R"({"sensor":"x","value":1})", Now{Instant{}, moment}).value();
  EXPECT_EQ(reading, (Reading{"x", 1.0, "", moment}));
}

TEST(DriverLine, takes_a_unit_a_time_and_a_big_integer_and_ignores_other_keys) {
  const Reading reading =
      ReadingDecoder()
          .driver_line(
              R"({"value":100000000000000000000000,"sensor":"x","unit":"1","time":"1970-01-01T01:00:00+01:00","more":[{"a":null}]})",
              Now{Instant{}, moment, false})
          .value();
  EXPECT_EQ(reading, (Reading{"x", 1e23, "1", WallTime{}}));
}

TEST(DriverLine, takes_units_and_times_as_programs_print_them) {
  const auto line = [](const std::string& more) {
    return ReadingDecoder().driver_line(R"({"sensor":"x","value":1,)" + more + "}", Now{Instant{}, moment}).value();
  };
  EXPECT_EQ(line(R"("unit":"°C")").unit, "Cel");
  EXPECT_EQ(line(R"("unit":"µg/m³")").unit, "ug/m3");
  EXPECT_EQ(line(R"("time":1768493375.123)").time, moment);
  EXPECT_EQ(line(R"("time":1768493375123)").time, moment);
  EXPECT_EQ(line(R"("time":"2026-01-15T17:09:35,123+0100")").time, moment);
}

TEST(DriverLine, without_an_offset_has_the_time_that_the_rule_says) {
  ReadingDecoder decoder;
  const std::string line = R"({"sensor":"x","value":1,"time":"2026-01-15T17:09:35.123"})";
  decoder.read_times_by({TimeRule::WithoutOffset::local,
                         [](WallTime shown) { return std::vector<WallTime>{shown - std::chrono::hours{1}}; }});
  EXPECT_EQ(decoder.driver_line(line, Now{Instant{}, moment})->time, moment);
  decoder.read_times_by({TimeRule::WithoutOffset::refuse});
  const Result<Reading> refused = decoder.driver_line(line, Now{Instant{}, moment});
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("time: a time without an offset"), std::string::npos);
}

TEST(DriverLine, without_a_time_carries_the_uptime_while_the_clock_is_not_synchronised) {
  const Now now{Instant{Millis{12'345}}, moment, false};
  const Reading reading = ReadingDecoder().driver_line(R"({"sensor":"x","value":1})", now).value();
  EXPECT_EQ(reading, (Reading{"x", 1.0, "", moment, Millis{12'345}}));
}

TEST(UnsyncedReading, says_so_with_its_uptime_and_boot) {
  SequencedReading row = one(21.53);
  row.reading.uptime = Millis{12'345};
  EXPECT_EQ(encode_reading(row, "k3", "b-1"),
            R"({"sensor":"bme280.temperature","value":21.53,"unit":"Cel","time":"2026-01-15T16:09:35.123Z",)"
            R"("clock":"unsynced","uptime_ms":12345,"boot":"b-1","seq":1042,"stream":"k3"})");
}

TEST(UnsyncedReading, comes_back_as_it_was_with_its_boot) {
  EXPECT_TRUE(rc::check("decode(encode) is the same", [] {
    const SequencedReading row{any_seq(), any_unsynced_reading()};
    const std::string boot = any_name();
    const Batch batch = ReadingDecoder().reading(encode_reading(row, "k3", boot)).value();
    RC_ASSERT(batch.readings == std::vector<SequencedReading>{row});
    RC_ASSERT(batch.boot == boot);
  }));
}

}  // namespace
}  // namespace sensors
