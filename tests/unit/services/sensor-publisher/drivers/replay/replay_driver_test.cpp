#include "services/sensor-publisher/drivers/replay/replay_driver.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "common/codec/time_text.hpp"
#include "common/runtime/event_loop.hpp"
#include "services/sensor-publisher/drivers/replay/csv_row.hpp"
#include "tests/unit/services/sensor-publisher/drivers/device_tree.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;

class ReplayDriverTest : public testing::Test {
 protected:
  ReplayOptions of(const std::string& text) {
    ReplayOptions options;
    options.file = folder.write("rows.csv", text);
    return options;
  }
  static std::unique_ptr<ReplayDriver> open(const ReplayOptions& options) {
    auto driver = ReplayDriver::open(options);
    if (!driver.has_value()) throw std::runtime_error(driver.error().message);
    return std::move(*driver);
  }
  static Error error_of(const ReplayOptions& options) {
    const auto driver = ReplayDriver::open(options);
    return driver.has_value() ? Error{ErrorCode::io, "opened"} : driver.error();
  }

  TemporaryFolder folder;
};

TEST_F(ReplayDriverTest, gives_out_every_value_of_a_real_year_once_and_says_when_it_ends) {
  ReplayOptions options;
  options.file = SENSOR_SOURCE_DIR "/tests/data/seattle-weather-hourly.csv";
  options.time_column = "date";
  options.units = {{"pressure", "hPa"}, {"temperature", "Cel"}, {"wind", "m/s"}};
  options.rows_per_step = 100;
  const auto driver = open(options);
  std::map<std::string, std::size_t> counts;
  DriverReport report;
  std::size_t reads = 0;
  WallTime last{};
  do {
    report = driver->read(1s);
    ++reads;
    ASSERT_TRUE(report.errors.empty());
    ASSERT_LE(report.samples.size(), 300U);
    for (const Sample& sample : report.samples) {
      ++counts[sample.sensor + " " + sample.unit];
      ASSERT_GE(*sample.time, last);
      last = *sample.time;
    }
  } while (!report.ended);
  EXPECT_EQ(counts, (std::map<std::string, std::size_t>{
                        {"pressure hPa", 8759}, {"temperature Cel", 8759}, {"wind m/s", 8759}}));
  EXPECT_EQ(reads, 88U);
  EXPECT_EQ(time_text(last), "2010-12-31T23:00:00.000Z");
  EXPECT_TRUE(driver->read(1s).ended);
}

TEST_F(ReplayDriverTest, gives_rows_in_steps_with_the_files_time_or_without) {
  ReplayOptions options = of("time,a\n2010-01-01T01:00:00,1\n2010-01-01T02:00:00,2\n");
  DriverReport report = open(options)->read(1s);
  ASSERT_EQ(report.samples.size(), 1U);
  EXPECT_EQ(report.samples[0].time, parse_time("2010-01-01T01:00:00").value());
  EXPECT_FALSE(report.ended);
  options.stamp = ReplayOptions::Stamp::now;
  options.rows_per_step = 2;
  report = open(options)->read(1s);
  EXPECT_EQ(report.samples.size(), 2U);
  EXPECT_FALSE(report.samples[0].time.has_value());
  EXPECT_TRUE(report.ended);
}

TEST_F(ReplayDriverTest, each_bad_row_or_field_is_an_error_with_its_line_and_the_others_go_on) {
  ReplayOptions options =
      of("time,a,b\n2010-01-01T01:00:00,1,nan\nyesterday,1,2\n2010-01-01T02:00:00,1\n\n2010-01-01T03:00:00,,x\n" +
         std::string(20'000, '1') + "\n2010-01-01T04:00:00,4,5");
  options.rows_per_step = 100;
  const DriverReport report = open(options)->read(1s);
  EXPECT_EQ(report.samples.size(), 3U);
  EXPECT_TRUE(has_error(report, ErrorCode::malformed, "rows.csv:2: b: 'nan' is not a finite number"));
  EXPECT_TRUE(has_error(report, ErrorCode::malformed, "rows.csv:3"));
  EXPECT_TRUE(has_error(report, ErrorCode::malformed, "rows.csv:4: 2 fields, the header has 3"));
  EXPECT_TRUE(has_error(report, ErrorCode::malformed, "rows.csv:6: b: 'x'"));
  EXPECT_TRUE(has_error(report, ErrorCode::too_large, "rows.csv:7"));
  EXPECT_EQ(report.errors.size(), 5U);
  EXPECT_TRUE(report.ended);
}

TEST_F(ReplayDriverTest, repeats_as_often_as_asked) {
  ReplayOptions options = of("time,a\n2010-01-01T01:00:00,1\n2010-01-01T02:00:00,2\n");
  options.repeat = 3;
  options.rows_per_step = 100;
  DriverReport report = open(options)->read(1s);
  EXPECT_EQ(report.samples.size(), 6U);
  EXPECT_TRUE(report.ended);
  options.repeat = 0;
  report = open(options)->read(1s);
  EXPECT_EQ(report.samples.size(), 100U);
  EXPECT_FALSE(report.ended);
}

TEST_F(ReplayDriverTest, a_file_without_a_readable_row_ends_instead_of_going_round_for_ever) {
  for (const std::string rows : {"", "never,1\n"}) {
    ReplayOptions options = of("time,a\n" + rows);
    options.repeat = 0;
    const DriverReport report = open(options)->read(1s);
    EXPECT_TRUE(report.ended);
    EXPECT_TRUE(has_error(report, ErrorCode::malformed, "no readable row"));
  }
}

TEST_F(ReplayDriverTest, at_real_pace_rows_come_at_the_distances_of_the_time_column) {
  ReplayOptions options = of("time,a\n2010-01-01T00:00:00,1\n2010-01-01T01:00:00,2\n2010-01-01T02:00:00,3\n");
  options.pace = ReplayOptions::Pace::real;
  options.speed = 3600.0 / 0.05;  // an hour in 50 ms
  const auto driver = open(options);
  const Instant began = read_clocks().monotonic;
  std::size_t samples = 0;
  DriverReport report;
  do {
    report = driver->read(10s);
    samples += report.samples.size();
  } while (!report.ended);
  EXPECT_EQ(samples, 3U);
  EXPECT_GE(read_clocks().monotonic - began, 100ms);
}

TEST_F(ReplayDriverTest, at_real_pace_a_read_is_empty_when_nothing_is_due_within_the_deadline) {
  ReplayOptions options = of("time,a\n2010-01-01T00:00:00,1\n2010-01-01T01:00:00,2\n");
  options.pace = ReplayOptions::Pace::real;
  const auto driver = open(options);
  EXPECT_EQ(driver->read(1s).samples.size(), 1U);
  const DriverReport report = driver->read(10ms);
  EXPECT_TRUE(report.samples.empty());
  EXPECT_FALSE(report.ended);
  std::thread other([&driver] { driver->interrupt(); });
  driver->read(1h);
  other.join();
}

TEST_F(ReplayDriverTest, says_what_is_wrong_with_a_file) {
  ReplayOptions missing;
  missing.file = folder.path("missing.csv");
  EXPECT_EQ(error_of(missing).code, ErrorCode::not_found);
  EXPECT_EQ(error_of(of("")).code, ErrorCode::malformed);
  EXPECT_NE(error_of(of("date,a\n")).message.find("no column 'time' in the header; set 'time_column'"),
            std::string::npos);
  EXPECT_NE(error_of(of("time;a\n")).message.find("its separator is another; set separator = \";\""),
            std::string::npos);
  EXPECT_NE(error_of(of("time\ta\n")).message.find("set separator = \"tab\""), std::string::npos);
  EXPECT_NE(error_of(of("time,a,a [V]\n")).message.find("two columns are of the sensor a"), std::string::npos);
  ReplayOptions units = of("time,a\n");
  units.units["b"] = "Cel";
  EXPECT_NE(error_of(units).message.find("'units' names the column 'b'"), std::string::npos);
}

TEST_F(ReplayDriverTest, reads_what_a_spreadsheet_of_another_country_saves) {
  ReplayOptions options =
      of("\xef\xbb\xbftime;\"innen [°C]\";au\xc3\x9f"
         "en;\r\n"
         "15.01.2026 16:00;21,5;-3,2;\r\n"
         "2026-01-15T16:10:00Z;;\"-3,4\";\r\n"
         "2026-01-15T16:20:00Z;20.9;1.234,5;\r\n");
  options.rows_per_step = 100;
  options.format = {';'};
  options.times = TimeRule::WithoutOffset::utc;
  const DriverReport report = open(options)->read(1s);
  ASSERT_EQ(report.samples.size(), 4U);
  EXPECT_DOUBLE_EQ(number_of(report, "innen", "Cel").value(), 21.5);
  EXPECT_EQ(report.samples[0].time, parse_time("2026-01-15T16:00:00Z").value());
  EXPECT_TRUE(is_name(report.samples[1].sensor)) << report.samples[1].sensor;
  EXPECT_DOUBLE_EQ(std::get<double>(report.samples[1].value), -3.2);
  EXPECT_DOUBLE_EQ(std::get<double>(report.samples[2].value), -3.4);
  EXPECT_EQ(report.errors.size(), 1U);
  EXPECT_TRUE(has_error(report, ErrorCode::malformed, "'1.234,5' is not a finite number"));
}

TEST_F(ReplayDriverTest, a_comma_is_no_decimal_point_where_it_separates) {
  ReplayOptions options = of("time,a\n2026-01-15T16:00:00Z,\"1,234\"\n2026-01-15T16:10:00Z,2\n");
  options.rows_per_step = 100;
  const DriverReport report = open(options)->read(1s);
  EXPECT_EQ(report.samples.size(), 1U);
  EXPECT_TRUE(has_error(report, ErrorCode::malformed, "'1,234' is not a finite number"));
}

TEST_F(ReplayDriverTest, a_field_in_quotes_may_have_line_ends) {
  ReplayOptions options = of("time,a,b\n2026-01-15T16:00:00Z,1,\"two\nlines\"\n2026-01-15T16:10:00Z,2,3\n");
  options.rows_per_step = 100;
  const DriverReport report = open(options)->read(1s);
  EXPECT_EQ(report.samples.size(), 3U);
  EXPECT_EQ(report.errors.size(), 1U);  // "two lines" is no number
}

TEST_F(ReplayDriverTest, a_quote_that_never_ends_costs_a_bounded_part_of_the_file) {
  std::string rows = "time,a\n2026-01-15T16:00:00Z,\"1\n";
  for (int i = 0; i < 2'000; ++i) rows += "2026-01-15T16:10:00Z,2\n";
  ReplayOptions options = of(rows);
  options.rows_per_step = 10'000;
  const DriverReport report = open(options)->read(1s);
  EXPECT_TRUE(has_error(report, ErrorCode::malformed, "a field in quotes does not end within 16 KiB"));
  EXPECT_GT(report.samples.size(), 1'000U);
}

TEST_F(ReplayDriverTest, a_unit_stands_in_the_header_or_in_the_configuration) {
  ReplayOptions options = of("time,a (hPa),b\n2026-01-15T16:00:00Z,1,2\n");
  options.units = {{"b", "Cel"}};
  DriverReport report = open(options)->read(1s);
  EXPECT_TRUE(number_of(report, "a", "hPa").has_value());
  EXPECT_TRUE(number_of(report, "b", "Cel").has_value());
  options.units = {{"a", "Pa"}};
  report = open(options)->read(1s);
  EXPECT_TRUE(number_of(report, "a", "Pa").has_value());
}

TEST_F(ReplayDriverTest, times_without_an_offset_can_be_refused) {
  ReplayOptions options = of("time,a\n2026-01-15T16:00:00,1\n2026-01-15T16:10:00Z,2\n");
  options.rows_per_step = 100;
  options.times = TimeRule::WithoutOffset::refuse;
  const DriverReport report = open(options)->read(1s);
  EXPECT_EQ(report.samples.size(), 1U);
  EXPECT_TRUE(has_error(report, ErrorCode::malformed, "a time without an offset"));
}

TEST(CsvRow, finds_a_quote_that_is_open) {
  EXPECT_TRUE(has_open_quote("1,\"two"));
  EXPECT_TRUE(has_open_quote("\"say \"\"so"));
  EXPECT_FALSE(has_open_quote("\"say \"\"so\"\"\""));
  EXPECT_FALSE(has_open_quote("1,5 \" disk"));
  EXPECT_FALSE(has_open_quote("\"a\";b", {';'}));
}

TEST(CsvRow, splits_fields_with_quotes_spaces_and_a_byte_order_mark) {
  using Fields = std::vector<std::string>;
  EXPECT_EQ(split_csv_row("a,b,c"), (Fields{"a", "b", "c"}));
  EXPECT_EQ(split_csv_row("\xef\xbb\xbf"
                          "a, b ,"),
            (Fields{"a", "b", ""}));
  EXPECT_EQ(split_csv_row(R"("a,b","say ""so""",c)"), (Fields{"a,b", "say \"so\"", "c"}));
  EXPECT_EQ(split_csv_row(""), Fields{""});
  EXPECT_EQ(split_csv_row("\"open"), Fields{"open"});
}

}  // namespace
}  // namespace sensors
