// ReplayDriver gives out the rows of a CSV file as if they were measured now: for demonstrations, tests and for
// importing old data. The header names a time column and one column a sensor, its unit behind it in brackets where it
// has one. Where the separator is not the comma, decimals may have commas. read() on its
// DriverWorker's thread, interrupt() on any.
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/codec/foreign_time.hpp"
#include "services/sensor-publisher/drivers/driver.hpp"
#include "services/sensor-publisher/drivers/interrupt.hpp"
#include "services/sensor-publisher/drivers/line_reader.hpp"
#include "services/sensor-publisher/drivers/replay/csv_row.hpp"

namespace sensors {

struct ReplayOptions {
  std::string file;
  std::string time_column = "time";
  CsvFormat format{};
  TimeRule::WithoutOffset times = TimeRule::WithoutOffset::local;  // what a time without an offset means
  std::map<std::string, std::string> units;                        // by column; what its header says otherwise

  /// step: each read() gives the next rows. real: rows come at the distances of the time column, divided by `speed`.
  enum class Pace { step, real };
  Pace pace = Pace::step;
  std::size_t rows_per_step = 1;
  double speed = 1;  // 2: twice as fast

  /// file: the time column is the reading's time. now: the time of the read() is, as for a real sensor.
  enum class Stamp { file, now };
  Stamp stamp = Stamp::file;

  std::size_t repeat = 1;  // passes over the file; 0: for ever
};

class ReplayDriver : public Driver {
 public:
  /// not_found, permission, malformed (no header, no time column) or invalid (two columns of one sensor).
  static Result<std::unique_ptr<ReplayDriver>> open(ReplayOptions options);
  ~ReplayDriver() override;

  /// Empty when no row is due within `deadline`. A row that cannot be read is an error, an empty field no reading.
  DriverReport read(Millis deadline) override;
  void allow(std::size_t samples) override { room_ = samples; }
  void interrupt() override { interrupt_.raise(); }

 private:
  ReplayDriver(ReplayOptions options, int file);
  Result<void> read_header();
  Result<void> take_columns(const std::vector<std::string>& header);
  std::optional<std::string> next_record(DriverReport& report);
  std::optional<std::string> next_line(DriverReport& report);
  bool next_pass(DriverReport& report);
  void load_row(DriverReport& report);
  void give_row(DriverReport& report);
  void set_due();
  bool may_give(const DriverReport& report) const;
  void read_steps(DriverReport& report);
  void read_when_due(DriverReport& report, Instant until);

  struct Column {
    std::string sensor;  // a name; of the time column what it is called
    std::string unit;
  };
  struct Row {
    WallTime time;
    std::vector<std::string> fields;
  };

  ReplayOptions options_;
  int file_;
  Interrupt interrupt_;
  LineReader lines_;
  std::vector<Column> columns_;
  std::size_t room_ = std::numeric_limits<std::size_t>::max();
  std::size_t time_index_ = 0;
  std::size_t line_number_ = 0;
  std::size_t passes_ = 0;
  bool pass_had_rows_ = false;
  bool ended_ = false;
  std::optional<Row> row_;                // the next to give out
  std::optional<WallTime> given_time_;    // of the row before, in its file's time
  std::chrono::nanoseconds last_gap_{0};  // between the two rows before: also that from the last row to the first
  Instant due_{};                         // of row_, at real pace
};

}  // namespace sensors
