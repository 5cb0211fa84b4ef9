#include "services/sensor-publisher/drivers/replay/replay_driver.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>
#include <utility>

#include "common/core/sensor_name.hpp"
#include "common/core/unit_text.hpp"
#include "common/runtime/event_loop.hpp"
#include "common/runtime/local_time.hpp"
#include "services/sensor-publisher/drivers/sysfs.hpp"

namespace sensors {

namespace {

constexpr std::size_t max_line_bytes = 16 * 1024;
constexpr std::size_t max_rows_per_read = 1'000;
constexpr std::size_t max_errors_per_read = 1'000;
constexpr std::chrono::hours longest_wait{24 * 365};  // a jump in the time column must not overflow

}  // namespace

Result<std::unique_ptr<ReplayDriver>> ReplayDriver::open(ReplayOptions options) {
  const int file = ::open(options.file.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    const ErrorCode code = errno == EACCES ? ErrorCode::permission : ErrorCode::not_found;
    return fail(code, "open " + options.file + ": " + std::generic_category().message(errno) + "; check 'file'");
  }
  std::unique_ptr<ReplayDriver> driver(new ReplayDriver(std::move(options), file));
  TRY(driver->read_header());
  return driver;
}

ReplayDriver::ReplayDriver(ReplayOptions options, int file)
    : options_(std::move(options)), file_(file), lines_(max_line_bytes) {}

ReplayDriver::~ReplayDriver() { close(file_); }

Result<void> ReplayDriver::read_header() {
  DriverReport report;
  const std::optional<std::string> line = next_line(report);
  if (!line.has_value()) return fail(ErrorCode::malformed, options_.file + ": no header line");
  const std::vector<std::string> header = split_csv_row(*line, options_.format);
  if (std::find(header.begin(), header.end(), options_.time_column) != header.end()) return take_columns(header);
  const std::optional<CsvFormat> other = csv_format_of(*line, options_.time_column);
  const std::string why = other.has_value()
                              ? "its separator is another; set separator = \"" + name_of(*other) + "\""
                              : "no column '" + options_.time_column + "' in the header; set 'time_column'";
  return fail(ErrorCode::malformed, options_.file + ": " + why);
}

/// A column without a name, as spreadsheets leave behind the last one, is passed over.
Result<void> ReplayDriver::take_columns(const std::vector<std::string>& header) {
  std::set<std::string> sensors;
  std::set<std::string> without_column;
  for (const auto& [column, unit] : options_.units) without_column.insert(column);
  for (std::size_t i = 0; i < header.size(); ++i) {
    NameAndUnit both = split_name_and_unit(header[i]);
    for (const std::string& column : {header[i], both.name, readable_name(both.name)}) {
      without_column.erase(column);
      if (const auto unit = options_.units.find(column); unit != options_.units.end()) both.unit = unit->second;
    }
    Column column{both.name.empty() ? "" : readable_name(both.name), both.unit};
    if (header[i] == options_.time_column) {
      time_index_ = i;
    } else if (!column.sensor.empty() && !sensors.insert(column.sensor).second) {
      return fail(ErrorCode::invalid, options_.file + ": two columns are of the sensor " + column.sensor);
    }
    columns_.push_back(std::move(column));
  }
  if (without_column.empty()) return {};
  return fail(ErrorCode::invalid, options_.file + ": 'units' names the column '" + *without_column.begin() +
                                      "', which is not in the header");
}

/// The next row of the file: lines belong together while a field in quotes goes on.
std::optional<std::string> ReplayDriver::next_record(DriverReport& report) {
  std::optional<std::string> record = next_line(report);
  while (record.has_value() && has_open_quote(*record, options_.format)) {
    const std::size_t passes = passes_;
    std::optional<std::string> line = next_line(report);
    if (!line.has_value() || passes_ != passes || record->size() + line->size() >= max_line_bytes) {
      report.errors.push_back({ErrorCode::malformed, options_.file + ":" + std::to_string(line_number_) +
                                                         ": a field in quotes does not end within 16 KiB"});
      return line;
    }
    record->append("\n").append(*line);
  }
  return record;
}

/// The next line, of the next pass where the file is at its end; nothing at the end of all, or on a failure.
std::optional<std::string> ReplayDriver::next_line(DriverReport& report) {
  while (report.errors.size() < max_errors_per_read) {
    std::optional<LineReader::Line> line = lines_.next();
    if (!line.has_value()) {
      const LineReader::Fill filled = lines_.fill(file_);
      if (filled == LineReader::Fill::more) continue;
      if (filled != LineReader::Fill::end) {
        report.errors.push_back(
            {ErrorCode::io, "read " + options_.file + ": " + std::generic_category().message(errno)});
        ended_ = true;
        return std::nullopt;
      }
      line = lines_.rest();
      if (!line.has_value() && !next_pass(report)) return std::nullopt;
      if (!line.has_value()) continue;
    }
    ++line_number_;
    if (!line->overlong) return std::move(line->text);
    report.errors.push_back(
        {ErrorCode::too_large, options_.file + ":" + std::to_string(line_number_) + ": line is longer than 16 KiB"});
  }
  return std::nullopt;
}

/// Goes back behind the header; false at the end of the last pass.
bool ReplayDriver::next_pass(DriverReport& report) {
  ++passes_;
  const bool is_over = options_.repeat != 0 && passes_ >= options_.repeat;
  if (is_over || !pass_had_rows_ || columns_.empty()) {  // a pass without rows would go round for ever
    if (!pass_had_rows_) report.errors.push_back({ErrorCode::malformed, options_.file + ": no readable row"});
    ended_ = true;
    return false;
  }
  pass_had_rows_ = false;
  line_number_ = 0;
  given_time_.reset();
  if (lseek(file_, 0, SEEK_SET) != 0) {
    report.errors.push_back({ErrorCode::io, "rewind " + options_.file + ": " + std::generic_category().message(errno) +
                                                "; repeat needs a regular file"});
    ended_ = true;
    return false;
  }
  return next_line(report).has_value();  // the header
}

/// Reads ahead to the next row that is whole; the others become errors.
void ReplayDriver::load_row(DriverReport& report) {
  while (!row_.has_value() && !ended_ && report.errors.size() < max_errors_per_read) {
    const std::optional<std::string> line = next_record(report);
    if (!line.has_value()) return;
    if (line->empty()) continue;
    const std::string place = options_.file + ":" + std::to_string(line_number_);
    std::vector<std::string> fields = split_csv_row(*line, options_.format);
    if (fields.size() != columns_.size()) {
      report.errors.push_back({ErrorCode::malformed, place + ": " + std::to_string(fields.size()) +
                                                         " fields, the header has " + std::to_string(columns_.size())});
      continue;
    }
    // Of an hour that comes twice, the same time again is the second.
    const WallTime after = given_time_.has_value() ? *given_time_ + Millis{1} : WallTime{};
    const Result<WallTime> time = parse_foreign_time(fields[time_index_], {options_.times, moments_of_local}, after,
                                                     TimeRule::Choice::not_before);
    if (!time.has_value()) {
      report.errors.push_back({time.error().code, place + ": " + time.error().message});
      continue;
    }
    pass_had_rows_ = true;
    row_ = Row{*time, std::move(fields)};
    set_due();
  }
}

void ReplayDriver::set_due() {
  if (given_time_.has_value()) {
    const std::chrono::duration<double> gap(static_cast<double>((row_->time - *given_time_).count()) / 1e3 /
                                            options_.speed);
    const std::chrono::duration<double> longest(longest_wait);
    last_gap_ = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::clamp(gap, std::chrono::duration<double>(0), longest));
  }
  due_ = due_ == Instant{} ? read_clocks().monotonic : due_ + last_gap_;
}

void ReplayDriver::give_row(DriverReport& report) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string& field = row_->fields[i];
    if (i == time_index_ || field.empty() || columns_[i].sensor.empty()) continue;
    const Result<double> number =
        parse_number(csv_number(field, options_.format),
                     options_.file + ":" + std::to_string(line_number_) + ": " + columns_[i].sensor);
    if (!number.has_value()) {
      report.errors.push_back(number.error());
      continue;
    }
    const bool from_file = options_.stamp == ReplayOptions::Stamp::file;
    report.samples.push_back(
        {columns_[i].sensor, *number, columns_[i].unit, from_file ? std::optional(row_->time) : std::nullopt});
  }
  given_time_ = row_->time;
  row_.reset();
}

DriverReport ReplayDriver::read(Millis deadline) {
  DriverReport report;
  if (options_.pace == ReplayOptions::Pace::step) {
    read_steps(report);
  } else {
    read_when_due(report, read_clocks().monotonic + deadline);
  }
  report.ended = ended_ && !row_.has_value();
  return report;
}

/// A row is given whole: the last one may go beyond the room by its columns.
bool ReplayDriver::may_give(const DriverReport& report) const {
  return report.errors.size() < max_errors_per_read && report.samples.size() < room_;
}

void ReplayDriver::read_steps(DriverReport& report) {
  for (std::size_t given = 0; given < options_.rows_per_step && may_give(report); ++given) {
    load_row(report);
    if (!row_.has_value()) return;
    give_row(report);
  }
  load_row(report);  // so that the last rows come with `ended`
}

void ReplayDriver::read_when_due(DriverReport& report, Instant until) {
  for (std::size_t given = 0; given < max_rows_per_read && may_give(report); ++given) {
    load_row(report);
    if (!row_.has_value()) return;
    if (read_clocks().monotonic < due_) {
      if (given > 0) return;
      if (interrupt_.wait(-1, std::min(until, due_)) == Interrupt::Wake::interrupted) return;
      if (read_clocks().monotonic < due_) return;
    }
    give_row(report);
  }
}

}  // namespace sensors
