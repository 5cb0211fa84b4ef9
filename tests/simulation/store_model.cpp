#include "tests/simulation/store_model.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sensors::simulation {

using persistence::BootKey;
using persistence::BootLearned;
using persistence::CommitReport;
using persistence::CommitTransaction;
using persistence::DestinationState;
using persistence::HandOut;
using persistence::RestampReport;
using persistence::RestampStep;
using persistence::RetentionReport;
using persistence::RetentionStep;
using persistence::StoreContents;
using persistence::StreamRows;
using persistence::StreamState;

namespace {

constexpr const char* contiguous = "3: a watermark is contiguous and never goes back within one store";

}  // namespace

StoreModel::StoreModel(World& world, std::string name, std::vector<std::string> destinations)
    : world_(world), disk_(world, name + "/store.db"), destination_names_(std::move(destinations)) {
  file_.id = world.random.id();
}

std::uint64_t StoreModel::before_oldest() const {
  const std::uint64_t before = file_.rows.empty() ? file_.last_id : file_.rows.begin()->first - 1;
  const auto& again = file_.dead_letters.queue();
  return again.empty() ? before : std::min(before, again.begin()->first - 1);
}

Result<StoreContents> StoreModel::open() {
  if (const std::optional<Error> failure = disk_.opens()) return tl::unexpected<Error>(*failure);
  for (const std::string& name : destination_names_) {
    if (destination(name) == nullptr) file_.destinations.push_back({name, 0, 0, 0});
  }
  for (DestinationState& known : file_.destinations) {
    if (known.batch_last == 0) known.cursor = std::max(known.cursor, before_oldest());
  }
  StoreContents contents;
  contents.store = file_.id;
  contents.last_id = file_.last_id;
  for (const auto& [name, stream] : file_.streams) contents.streams.push_back(stream);
  std::sort(contents.streams.begin(), contents.streams.end(), [this](const StreamState& a, const StreamState& b) {
    return std::pair(file_.changed[a.name], a.id) < std::pair(file_.changed[b.name], b.id);
  });
  contents.destinations = file_.destinations;
  contents.used_bytes = used_bytes();
  contents.dead_letters = file_.dead_letters.counts();
  contents.boots = file_.boots.waiting();
  contents.honest_time = file_.honest_time;
  for (const auto& [key, sensor] : file_.sensors) contents.sensors.push_back(sensor);
  return contents;
}

Result<CommitReport> StoreModel::commit(const CommitTransaction& transaction) {
  const std::optional<Error> failure = disk_.failure();
  if (failure.has_value() && disk_.has_name()) return tl::unexpected<Error>(*failure);
  CommitReport report = apply(transaction);
  if (failure.has_value()) return tl::unexpected<Error>(*failure);
  return report;
}

CommitReport StoreModel::apply(const CommitTransaction& transaction) {
  CommitReport report;
  const std::uint64_t before = file_.last_id;
  for (const StreamRows& rows : transaction.streams) add_rows(rows, transaction.time, report);
  keep_clocks(transaction, report);
  for (const KnownSensor& sensor : transaction.sensors.forgotten) file_.sensors.erase({sensor.node, sensor.sensor});
  for (const KnownSensor& sensor : transaction.sensors.kept) file_.sensors[{sensor.node, sensor.sensor}] = sensor;
  settle_uploads(transaction, report);
  if (file_.last_id != before && transaction.honest_time > WallTime{}) file_.honest_time = transaction.honest_time;
  for (const std::string& name : transaction.withdrawals) {
    if (DestinationState* const state = destination(name); state != nullptr) state->withdrawn = true;
  }
  for (const HandOut& request : transaction.hand_outs) report.handed_out.push_back({request.call, hand_out(request)});
  if (transaction.retention.has_value()) report.retention = retain(*transaction.retention);
  report.last_id = file_.last_id;
  report.used_bytes = used_bytes();
  return report;
}

void StoreModel::torn(const CommitTransaction& transaction) {
  if (world_.random.chance(0.5)) static_cast<void>(commit(transaction));
}

// ---- rows ----

void StoreModel::add_rows(const StreamRows& rows, WallTime time, CommitReport& report) {
  std::optional<WallTime> boot_time;
  if (!rows.boot.empty()) boot_time = file_.boots.began({rows.node, rows.publisher, rows.boot});
  if (!rows.boot.empty() && !boot_time.has_value()) file_.boots.hold(rows);

  StreamState& stream = file_.streams[rows.stream];
  if (stream.id == 0) stream = {rows.stream, rows.node, rows.publisher, ++file_.last_stream, 0};
  std::uint64_t next = stream.through + 1;
  const auto expect = [&](std::uint64_t first, std::uint64_t last) {
    if (first == next) return static_cast<void>(next = last + 1);
    const bool twice = first < next;
    world_.ledger.violate(
        twice ? "4: one (stream, seq), one row" : contiguous,
        fmt::format("store {}: ({}, {}) is committed, and {} comes next", file_.id, rows.stream, first, next));
  };
  auto gap = rows.gaps.begin();
  for (const SequencedReading& row : rows.readings) {
    for (; gap != rows.gaps.end() && gap->first < row.seq; ++gap) {
      expect(gap->first, gap->last);
      add_gap(rows, *gap);
    }
    expect(row.seq, row.seq);
    if (row.reading.uptime.has_value() && boot_time.has_value()) ++report.stamped;
    add_reading(rows, row, boot_time);
  }
  for (; gap != rows.gaps.end(); ++gap) {
    expect(gap->first, gap->last);
    add_gap(rows, *gap);
  }
  if (rows.through != next - 1) {
    world_.ledger.violate(contiguous, fmt::format("store {}: the watermark of {} moves to {}, rows are there to {}",
                                                  file_.id, rows.stream, rows.through, next - 1));
  }
  stream.through = std::max(stream.through, rows.through);
  file_.changed[rows.stream] = time;
}

void StoreModel::add_reading(const StreamRows& rows, SequencedReading row, std::optional<WallTime> boot_time) {
  std::optional<Millis>& uptime = row.reading.uptime;
  if (uptime.has_value() && boot_time.has_value())
    row.reading.time = time_at_uptime(*boot_time, *std::exchange(uptime, {}));
  world_.ledger.stored(rows.stream, row);
  ++file_.last_id;
  if (uptime.has_value()) file_.boots.add_row(file_.last_id, rows.stream);
  file_.rows.emplace_hint(file_.rows.end(), file_.last_id, Row{rows.stream, row.seq, std::move(row.reading)});
}

void StoreModel::add_gap(const StreamRows& rows, const Gap& gap) {
  world_.ledger.gap_stored(rows.stream, gap.first, gap.last);
  file_.rows.emplace_hint(file_.rows.end(), ++file_.last_id, Row{rows.stream, gap.first, gap});
}

// ---- clocks ----

void StoreModel::keep_clocks(const CommitTransaction& transaction, CommitReport& report) {
  for (const BootLearned& learned : transaction.boot_times) file_.boots.learn(learned);
  for (const BootKey& boot : transaction.released) report.released += file_.boots.release(boot) ? 1 : 0;
  if (transaction.restamp.has_value()) report.restamp = restamp(*transaction.restamp);
}

/// Of what no destination has been given.
RestampReport StoreModel::restamp(const RestampStep& step) {
  RestampReport report;
  std::uint64_t given = 0;
  for (const DestinationState& state : file_.destinations) given = std::max({given, state.cursor, state.batch_last});
  const std::vector<std::uint64_t> rows = file_.boots.to_stamp(step, given);
  const std::optional<WallTime> began = file_.boots.began(step.boot);
  if (!began.has_value() && !rows.empty())
    world_.ledger.violate("rows get the time of a boot that is known", step.boot.boot);
  for (const std::uint64_t id : rows) {
    Row& row = file_.rows.at(id);
    Reading& reading = std::get<Reading>(row.what);
    const WallTime time = time_at_uptime(began.value_or(WallTime{}), *std::exchange(reading.uptime, {}));
    report.largest_shift = std::max(report.largest_shift, std::chrono::abs(time - reading.time));
    reading.time = time;
    file_.boots.remove_row(id);
    world_.ledger.stored(row.stream, {row.first, reading});
  }
  report.restamped = rows.size();
  report.is_done = rows.size() < step.max_rows;
  if (report.is_done) file_.boots.done(step.boot);
  return report;
}

// ---- retention ----

RowRange StoreModel::named(const Row& row) {
  const Gap* const gap = std::get_if<Gap>(&row.what);
  return {row.stream, row.first, gap != nullptr ? gap->last : row.first, gap != nullptr};
}

RetentionReport StoreModel::retain(const RetentionStep& step) {
  RetentionReport report;
  std::size_t seen = 0;
  for (const DestinationState& state : file_.destinations) {
    if (step.up_to_id <= state.cursor || state.withdrawn) continue;
    world_.ledger.violate("retention keeps what is not uploaded",
                          fmt::format("up to {}, and {} has only {}", step.up_to_id, state.name, state.cursor));
  }
  report.next_after_id = step.up_to_id;
  report.reached_end = true;
  for (auto at = file_.rows.upper_bound(step.after_id); at != file_.rows.end() && at->first <= step.up_to_id;) {
    if (seen++ >= step.max_rows) {
      report.reached_end = false;
      report.next_after_id = at->first - 1;
      break;
    }
    const Reading* const reading = std::get_if<Reading>(&at->second.what);
    const WallTime time = reading != nullptr ? reading->time : std::get<Gap>(at->second.what).time;
    if (!step.older_than.has_value() || time < *step.older_than) {
      ++report.deleted;
      file_.boots.remove_row(at->first);
      for (const DestinationState& state : file_.destinations) {
        if (at->first > state.cursor) world_.ledger.kept_no_longer(state.name, named(at->second));
      }
      at = file_.rows.erase(at);
    } else {
      report.found_present = report.found_present || time <= step.future;
      ++at;
    }
  }
  return report;
}

// ---- reading ----

Result<StreamState> StoreModel::load_stream(const std::string& name) const {
  const auto found = file_.streams.find(name);
  return found == file_.streams.end() ? StreamState{name, "", "", 0, 0} : found->second;
}

Result<persistence::StoreFigures> StoreModel::measure() const {
  if (!disk_.has_name()) return tl::unexpected<Error>(*disk_.failure());
  persistence::StoreFigures measured;
  measured.used_bytes = used_bytes();
  return measured;
}

std::uint64_t StoreModel::through(const std::string& stream) const {
  const auto found = file_.streams.find(stream);
  return found == file_.streams.end() ? 0 : found->second.through;
}

std::uint64_t StoreModel::waiting() const {
  std::uint64_t slowest = file_.last_id;
  for (const DestinationState& state : file_.destinations) slowest = std::min(slowest, state.cursor);
  return file_.last_id - slowest;
}

void StoreModel::check_watermark(const std::string& store, const std::string& stream, std::uint64_t through) {
  if (store != file_.id) return world_.ledger.violate("a watermark names its store", store + " instead of " + file_.id);
  if (through > this->through(stream)) {
    world_.ledger.violate("a watermark is published after its commit",
                          fmt::format("{} through {}, and {} is committed", stream, through, this->through(stream)));
  }
  std::uint64_t& last = published_[stream];
  if (through < last)
    world_.ledger.violate(contiguous, fmt::format("{} was at {}, and is at {}", stream, last, through));
  last = std::max(last, through);
}

// ---- other files ----

/// What the API does not have yet was only here.
void StoreModel::lose_rows_behind(std::uint64_t id) {
  for (auto row = file_.rows.upper_bound(id); row != file_.rows.end(); ++row) {
    if (std::holds_alternative<Reading>(row->second.what)) {
      world_.ledger.lost_with_store(row->second.stream, row->second.first);
      continue;
    }
    const Gap& gap = std::get<Gap>(row->second.what);
    for (std::uint64_t seq = gap.first; seq <= gap.last; ++seq) world_.ledger.lost_with_store(row->second.stream, seq);
  }
}

/// Those that wait are in the queue, and as lost as the rows there.
void StoreModel::lose_dead_letters() {
  for (const auto& [id, letter] : file_.dead_letters.letters())
    world_.ledger.dead_letter_lost(letter.destination, range_of(letter.row));
}

void StoreModel::closed(bool in_order) {
  if (!disk_.remains(in_order)) replace();
}

void StoreModel::replace() {
  world_.note(disk_.name(), "is lost, and begun anew");
  lose_rows_behind(0);
  lose_dead_letters();
  file_ = File{};
  file_.id = world_.random.id();
  published_.clear();
}

void StoreModel::restore_saved() {
  if (!has_saved()) return;
  world_.note(disk_.name(), "is as it was earlier");
  lose_rows_behind(saved_->last_id);
  lose_dead_letters();
  file_ = *saved_;
  for (const auto& [id, letter] : file_.dead_letters.letters()) {
    if (!letter.waits) world_.ledger.dead_letter_is_back(letter.destination, range_of(letter.row));
  }
  published_.clear();
}

}  // namespace sensors::simulation
