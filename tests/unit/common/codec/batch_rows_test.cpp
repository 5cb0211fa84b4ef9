// Batches with bad rows: what becomes a gap, what is only counted, and which batches are refused as a whole.
#include <gtest/gtest.h>

#include "common/codec/reading_json.hpp"

namespace sensors {
namespace {

constexpr WallTime whole_second{Millis{1'768'493'375'000}};

std::string row(const std::string& seq, const std::string& value = "1") {
  return R"({"seq":)" + seq + R"(,"sensor":"x","value":)" + value + R"(,"unit":"","time":"2026-01-15T16:09:35Z"})";
}

std::string gap(const std::string& first, const std::string& last, const std::string& reason = "outbox_full") {
  return R"({"first":)" + first + R"(,"last":)" + last + R"(,"reason":")" + reason +
         R"(","time":"2026-01-15T16:09:35Z"})";
}

std::string joined(const std::vector<std::string>& rows) {
  std::string text;
  for (const std::string& one : rows) text += (text.empty() ? "" : ",") + one;
  return text;
}

Result<ReadingDecoder::DecodedBatch> decode(const std::vector<std::string>& rows,
                                            const std::vector<std::string>& gaps = {}) {
  return ReadingDecoder().batch(R"({"stream":"k","readings":[)" + joined(rows) + R"(],"gaps":[)" + joined(gaps) + "]}");
}

std::vector<std::uint64_t> numbers(const Batch& batch) {
  std::vector<std::uint64_t> seqs;
  for (const SequencedReading& reading : batch.readings) seqs.push_back(reading.seq);
  return seqs;
}

class BadValue : public testing::TestWithParam<const char*> {};

TEST_P(BadValue, with_a_number_becomes_a_gap_among_good_ones) {
  const auto decoded = decode({row("7"), row("8", GetParam()), row("9")});
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_EQ(numbers(decoded->batch), (std::vector<std::uint64_t>{7, 9}));
  EXPECT_EQ(decoded->batch.gaps, (std::vector<Gap>{{8, 8, "malformed", whole_second}}));
  EXPECT_EQ(decoded->bad_rows, 1U);
  EXPECT_EQ(decoded->first_error.rfind("readings[1]: value", 0), 0U) << decoded->first_error;
}

INSTANTIATE_TEST_SUITE_P(Batch, BadValue, testing::Values("null", "[]", "{}", "1e400", "-1e999", "1,\"value\":2"));

TEST(Batch, takes_a_row_that_breaks_a_rule_as_a_gap) {
  const auto decoded = decode({row("7", "\"" + std::string(257, 'a') + "\""), R"({"seq":8})", row("9")});
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(numbers(decoded->batch), (std::vector<std::uint64_t>{9}));
  EXPECT_EQ(decoded->batch.gaps,
            (std::vector<Gap>{{7, 7, "malformed", whole_second}, {8, 8, "malformed", whole_second}}));
  EXPECT_EQ(decoded->bad_rows, 2U);
}

TEST(Batch, leaves_out_rows_whose_number_cannot_be_read) {
  const auto decoded = decode(
      {row("7"), "null", "5", "[]", row("0"), row("-1"), row("\"8\""), row("1.0"), row("8,\"seq\":8"), row("12")});
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(numbers(decoded->batch), (std::vector<std::uint64_t>{7, 12}));
  EXPECT_TRUE(decoded->batch.gaps.empty());
  EXPECT_EQ(decoded->bad_rows, 8U);
  EXPECT_EQ(decoded->first_error, "readings[1]: must be a JSON object");
}

TEST(Batch, puts_gaps_of_bad_rows_in_order_with_those_that_came) {
  const auto decoded =
      decode({row("7"), row("8", "null"), row("12"), row("13", "null")}, {gap("9", "11"), gap("14", "20")});
  ASSERT_TRUE(decoded.has_value());
  std::vector<std::uint64_t> firsts;
  for (const Gap& one : decoded->batch.gaps) firsts.push_back(one.first);
  EXPECT_EQ(firsts, (std::vector<std::uint64_t>{8, 9, 13, 14}));
}

TEST(Batch, keeps_the_range_of_a_bad_gap_and_leaves_out_one_without) {
  const auto decoded =
      decode({row("7")}, {gap("8", "9", "no name"), gap("12", "11"), gap("0", "5"), gap("\"1\"", "2"), "7"});
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->batch.gaps, (std::vector<Gap>{{8, 9, "malformed", whole_second}}));
  EXPECT_EQ(decoded->bad_rows, 5U);
}

TEST(Batch, may_be_gaps_alone_or_empty) {
  EXPECT_TRUE(decode({}, {gap("1", "9007199254740991")}).has_value());
  EXPECT_TRUE(decode({}).has_value());
  EXPECT_TRUE(ReadingDecoder().batch(R"({"stream":"k","readings":[]})").has_value());
}

struct BadOrder {
  const char* name;
  std::vector<std::string> rows;
  std::vector<std::string> gaps;
};

void PrintTo(const BadOrder& bad, std::ostream* out) { *out << bad.name; }

class OutOfOrder : public testing::TestWithParam<BadOrder> {};

TEST_P(OutOfOrder, is_refused_as_a_whole) {
  const auto decoded = decode(GetParam().rows, GetParam().gaps);
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().code, ErrorCode::invalid);
}

INSTANTIATE_TEST_SUITE_P(
    Batch, OutOfOrder,
    testing::Values(BadOrder{"descending", {row("8"), row("7")}, {}}, BadOrder{"twice", {row("7"), row("7")}, {}},
                    BadOrder{"bad_row_out_of_order", {row("8"), row("8", "null")}, {}},
                    BadOrder{"gap_over_a_reading", {row("8")}, {gap("7", "9")}},
                    BadOrder{"gap_at_a_reading", {row("8")}, {gap("8", "8")}},
                    BadOrder{"reading_in_the_middle", {row("7"), row("9"), row("11")}, {gap("8", "10")}},
                    BadOrder{"gaps_overlap", {}, {gap("1", "5"), gap("5", "6")}},
                    BadOrder{"gap_in_a_gap", {}, {gap("1", "9"), gap("2", "3")}},
                    BadOrder{"gap_twice", {}, {gap("1", "1"), gap("1", "1")}}),
    [](const auto& bad) { return bad.param.name; });

TEST(Reading, has_a_boot_only_for_an_uptime) {
  const std::string keys = R"("sensor":"t","value":1,"unit":"","time":"2026-01-15T16:09:35Z","seq":1,"stream":"k")";
  const auto with = [&](const std::string& more) { return ReadingDecoder().reading("{" + keys + more + "}").value(); };
  EXPECT_EQ(with(R"(,"boot":"b-1")").boot, "");
  EXPECT_EQ(with(R"(,"boot":"b-1","clock":"unsynced","uptime_ms":5)").boot, "b-1");
}

TEST(Batch, takes_an_uptime_only_with_the_boot_that_it_is_of) {
  const std::string rows =
      row("7").substr(0, row("7").size() - 1) + R"(,"clock":"unsynced","uptime_ms":12},)" + row("8");
  const auto good = ReadingDecoder().batch(R"({"stream":"k","boot":"b-1","readings":[)" + rows + "]}");
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(good->batch.boot, "b-1");
  EXPECT_EQ(good->batch.readings.at(0).reading.uptime, Millis{12});
  EXPECT_EQ(good->batch.readings.at(1).reading.uptime, std::nullopt);
  const auto bad = ReadingDecoder().batch(R"({"stream":"k","readings":[)" + rows + "]}");
  ASSERT_TRUE(bad.has_value());
  EXPECT_EQ(numbers(bad->batch), (std::vector<std::uint64_t>{8}));
  EXPECT_EQ(bad->batch.gaps, (std::vector<Gap>{{7, 7, "malformed", whole_second}}));
}

struct BadWhole {
  const char* name;
  std::string payload;
  ErrorCode code;
};

void PrintTo(const BadWhole& bad, std::ostream* out) { *out << bad.name; }

class BadBatch : public testing::TestWithParam<BadWhole> {};

TEST_P(BadBatch, is_refused_as_a_whole) {
  const auto decoded = ReadingDecoder().batch(GetParam().payload);
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().code, GetParam().code) << decoded.error().message;
}

std::string many(std::size_t count, const std::string& one) { return joined(std::vector<std::string>(count, one)); }

INSTANTIATE_TEST_SUITE_P(
    Batch, BadBatch,
    testing::Values(BadWhole{"empty", "", ErrorCode::malformed}, BadWhole{"array", "[]", ErrorCode::malformed},
                    BadWhole{"cut", R"({"stream":"k","readings":[)" + row("1") + ",", ErrorCode::malformed},
                    BadWhole{"no_stream", R"({"readings":[]})", ErrorCode::malformed},
                    BadWhole{"no_readings", R"({"stream":"k"})", ErrorCode::malformed},
                    BadWhole{"stream_grammar", R"({"stream":"k/3","readings":[]})", ErrorCode::invalid},
                    BadWhole{"readings_object", R"({"stream":"k","readings":{}})", ErrorCode::malformed},
                    BadWhole{"gaps_null", R"({"stream":"k","readings":[],"gaps":null})", ErrorCode::malformed},
                    BadWhole{"stream_twice", R"({"stream":"k","stream":"j","readings":[]})", ErrorCode::malformed},
                    BadWhole{"readings_twice", R"({"stream":"k","readings":[],"readings":[]})", ErrorCode::malformed},
                    BadWhole{"not_utf8_in_a_row", R"({"stream":"k","readings":[)" + row("1", "\"\xff\"") + "]}",
                             ErrorCode::malformed},
                    BadWhole{"too_many_readings", R"({"stream":"k","readings":[)" + many(1'001, "1") + "]}",
                             ErrorCode::too_large},
                    BadWhole{"too_many_gaps", R"({"stream":"k","readings":[],"gaps":[)" + many(1'001, "1") + "]}",
                             ErrorCode::too_large},
                    BadWhole{"too_large", std::string(max_payload_bytes + 1, ' '), ErrorCode::too_large}),
    [](const auto& bad) { return bad.param.name; });

}  // namespace
}  // namespace sensors
