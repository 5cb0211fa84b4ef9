// A damaged page hides the rows below it, a run of rowids. A range is read upwards until that hits damage, then
// downwards from its end until that does; what is left in between is cut in two, and the largest range left is next. So
// time goes where most may still be found, and a range of one rowid that cannot be reached is lost.
#include "common/adapters/sqlite/salvage.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <queue>
#include <utility>

namespace sensors {
namespace {

using Clock = std::chrono::steady_clock;
using Visit = std::function<Result<void>(const Statement&)>;

std::uint64_t length_of(const RowRange& range) {
  return static_cast<std::uint64_t>(range.last) - static_cast<std::uint64_t>(range.first);
}

struct Shorter {
  bool operator()(const RowRange& a, const RowRange& b) const { return length_of(a) < length_of(b); }
};

// Rows of a page at least: shorter ranges are not cut in two.
constexpr std::uint64_t few_rows = 4;

// Of a row of ours on its page, at least; so no table has more rows than its file has room for.
constexpr std::int64_t row_bytes = 16;

std::int64_t rows_that_fit(const std::string& path) {
  std::int64_t size_bytes = 0;
  for (const std::string& file : {path, path + "-wal"}) {
    struct stat status {};
    if (::stat(file.c_str(), &status) == 0) size_bytes += static_cast<std::int64_t>(status.st_size);
  }
  return size_bytes / row_bytes + 1;
}

class TableSalvage {
 public:
  TableSalvage(Database& damaged, Millis limit, const Visit& visit)
      : damaged_(damaged), give_up_at_(Clock::now() + limit), visit_(visit) {}

  Result<SalvagedRows> run(const std::string& table, const std::string& columns, RowRange range) {
    const std::string select =
        "SELECT rowid, " + columns + " FROM " + table + " NOT INDEXED WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid";
    Result<Statement> upwards = damaged_.prepare(select);
    Result<Statement> downwards = damaged_.prepare(select + " DESC");
    if (upwards.has_value() && downwards.has_value()) {
      TRY(read(*upwards, *downwards, range));
    } else {
      found_.unreadable.push_back(range);
    }
    join_unreadable();
    return std::move(found_);
  }

 private:
  enum class End { complete, damaged };

  Result<void> read(Statement& upwards, Statement& downwards, RowRange range) {
    std::priority_queue<RowRange, std::vector<RowRange>, Shorter> left;
    left.push(range);
    const std::int64_t most_rows = rows_that_fit(damaged_.path());
    for (bool is_first = true; !left.empty(); is_first = false) {
      RowRange next = left.top();
      left.pop();
      if (Clock::now() >= give_up_at_) {
        found_.out_of_time = true;
        found_.unreadable.push_back(next);
        continue;
      }
      Result<End> end = scan(upwards, next, true);
      if (end.has_value() && *end == End::damaged) end = scan(downwards, next, false);
      TRY(end);
      if (*end == End::complete) continue;
      if (is_first && length_of(next) > static_cast<std::uint64_t>(most_rows)) next.last = next.first + most_rows;
      if (length_of(next) < few_rows) {
        found_.unreadable.push_back(next);
        continue;
      }
      const std::int64_t middle = next.first + static_cast<std::int64_t>(length_of(next) / 2);
      left.push({next.first, middle});
      left.push({middle + 1, next.last});
    }
    return {};
  }

  /// Reads `range` from one of its ends and takes what was read off it.
  Result<End> scan(Statement& select, RowRange& range, bool upwards) {
    damaged_.limit_time(std::chrono::duration_cast<Millis>(give_up_at_ - Clock::now()));
    select.bind(1, range.first).bind(2, range.last);
    Result<void> visited;
    Result<Statement::Step> step = select.step();
    while (step.has_value() && *step == Statement::Step::row) {
      const std::int64_t row = select.integer(0);
      // Damage can lead back to a page that was read before: never twice the same row.
      if (row < range.first || row > range.last) break;
      visited = visit_(select);
      if (!visited.has_value()) break;
      ++found_.rows;
      const bool was_last = row == (upwards ? range.last : range.first);
      if (was_last) {
        select.reset();
        return End::complete;
      }
      (upwards ? range.first : range.last) = upwards ? row + 1 : row - 1;
      step = select.step();
    }
    select.reset();
    TRY(visited);
    return step.has_value() && *step == Statement::Step::done ? End::complete : End::damaged;
  }

  void join_unreadable() {
    std::vector<RowRange>& ranges = found_.unreadable;
    std::sort(ranges.begin(), ranges.end(), [](const RowRange& a, const RowRange& b) { return a.first < b.first; });
    std::vector<RowRange> joined;
    for (const RowRange& range : ranges) {
      if (!joined.empty() && joined.back().last + 1 == range.first) {
        joined.back().last = range.last;
      } else {
        joined.push_back(range);
      }
    }
    ranges = std::move(joined);
  }

  Database& damaged_;
  Clock::time_point give_up_at_;
  const Visit& visit_;
  SalvagedRows found_;
};

}  // namespace

Result<SalvagedRows> visit_readable_rows(Database& damaged, const std::string& table, const std::string& columns,
                                         RowRange range, Millis limit, const Visit& visit) {
  return TableSalvage(damaged, limit, visit).run(table, columns, range);
}

}  // namespace sensors
