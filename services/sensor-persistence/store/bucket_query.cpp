// A step begins at a multiple of its length since 1970, so the same steps come whatever the range asked for; the first
// and the last of a range may be parts. The cursor is the last step and the sensor that it is of.
#include "services/sensor-persistence/store/bucket_query.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include <fmt/core.h>

#include "common/adapters/sqlite/preparing.hpp"
#include "services/sensor-persistence/store/answer_size.hpp"
#include "services/sensor-persistence/store/store_rows.hpp"

namespace sensors::persistence {
namespace {

/// A sum of numbers may be more than a number can be, their mean is not: then each is made smaller first, by a power of
/// two.
constexpr std::string_view mean_of_numbers =
    "CASE WHEN abs(avg(value)) <= 1.7976931348623157e308 THEN avg(value) ELSE max(-1.7976931348623157e308,"
    " min(1.7976931348623157e308, avg(value / 1099511627776.0) * 1099511627776.0)) END";

constexpr std::string_view only_numbers = " AND typeof(value) = 'real'";

/// `order`: empty, or DESC for the newest first.
std::string bucket_text(std::string_view value, std::string_view condition, std::string_view order) {
  return fmt::format(
      "SELECT time_ms / ?5 * ?5 AS step, count(*), {} FROM reading WHERE sensor = ?1 AND time_ms >= ?2 AND time_ms < ?3"
      "{} GROUP BY step ORDER BY step {} LIMIT ?4",
      value, condition, order);
}

struct Range {
  std::int64_t from = 0;
  std::int64_t to = 0;
};

/// What is left of `sensor` behind the cursor.
Range range_of(const QueryRequest& request, std::uint64_t sensor) {
  constexpr std::int64_t for_ever = std::numeric_limits<std::int64_t>::max();
  Range range{request.from.has_value() ? request.from->time_since_epoch().count() : 0,
              request.to.has_value() ? request.to->time_since_epoch().count() : for_ever};
  if (!request.after.has_value()) return range;
  const std::int64_t step = request.after->time.time_since_epoch().count();
  if (request.newest_first) {
    const bool is_included = sensor < request.after->id;
    range.to = std::min(range.to, is_included ? step + request.step.count() : step);
  } else {
    const bool is_included = sensor > request.after->id;
    range.from = std::max(range.from, is_included ? step : step + request.step.count());
  }
  return range;
}

void sort_and_trim(std::vector<StoredBucket>& buckets, bool newest_first, std::size_t most) {
  const auto key = [](const StoredBucket& bucket) { return std::tuple(bucket.time, bucket.sensor_id); };
  std::sort(buckets.begin(), buckets.end(), [&](const StoredBucket& a, const StoredBucket& b) {
    return newest_first ? key(b) < key(a) : key(a) < key(b);
  });
  buckets.erase(buckets.begin() + static_cast<std::ptrdiff_t>(std::min(buckets.size(), most)), buckets.end());
}

}  // namespace

Result<BucketQuery> BucketQuery::prepare(Database& database) {
  Preparing p(database);
  // SQLite takes the bare column of a query with one max() from the row that has it (lang_select.html, "Bare columns").
  const auto all_aggregates = [&](std::string_view order) {
    return Aggregates{
        .mean = p(bucket_text(mean_of_numbers, only_numbers, order)),
        .min = p(bucket_text("min(value)", only_numbers, order)),
        .max = p(bucket_text("max(value)", only_numbers, order)),
        .last = p(bucket_text("value, max(time_ms)", "", order)),
    };
  };
  TRY_ASSIGN(Sql sql, p.all(Sql{.oldest_first = all_aggregates(""), .newest_first = all_aggregates("DESC")}));
  return BucketQuery(std::move(sql));
}

Statement& BucketQuery::statement_for(Aggregate aggregate, Aggregates& statements) {
  switch (aggregate) {
    case Aggregate::mean: return statements.mean;
    case Aggregate::min: return statements.min;
    case Aggregate::max: return statements.max;
    case Aggregate::last: return statements.last;
  }
  return statements.last;
}

Result<QueryRows> BucketQuery::run(const QueryRequest& request, const std::optional<QueryRequest>& first,
                                   const std::vector<SensorRow>& sensors) {
  QueryRows answer;
  answer.has_buckets = true;
  const std::size_t most = request.limit + 1;  // one more shows that there are more
  for (const SensorRow& sensor : sensors) {
    const std::size_t before = answer.buckets.size();
    Result<void> read = read_sensor(sensor, first.value_or(request), answer.buckets);
    if (read.has_value() && first.has_value() && answer.buckets.size() == before)
      read = read_sensor(sensor, request, answer.buckets);
    TRY(read);
    if (answer.buckets.size() > 4 * most) sort_and_trim(answer.buckets, request.newest_first, most);
  }
  sort_and_trim(answer.buckets, request.newest_first, most);
  answer.truncated = cut_to_answer(answer.buckets, request.limit);
  if (answer.truncated) answer.next = QueryCursor{answer.buckets.back().time, answer.buckets.back().sensor_id};
  return answer;
}

Result<void> BucketQuery::read_sensor(const SensorRow& sensor, const QueryRequest& request,
                                      std::vector<StoredBucket>& buckets) {
  const Range range = range_of(request, static_cast<std::uint64_t>(sensor.id));
  Aggregates& statements = request.newest_first ? sql_.newest_first : sql_.oldest_first;
  Statement& statement = statement_for(request.aggregate, statements);
  statement.bind(1, sensor.id).bind(2, range.from).bind(3, range.to);
  statement.bind(4, std::uint64_t{request.limit + 1}).bind(5, std::int64_t{request.step.count()});
  Result<bool> row = has_row(statement);
  for (; row.has_value() && *row; row = has_row(statement)) {
    buckets.push_back(StoredBucket{static_cast<std::uint64_t>(sensor.id), sensor.node, sensor.name, sensor.unit,
                                   statement.wall_time(0), statement.value(2), statement.unsigned_integer(1)});
  }
  statement.reset();
  TRY(row);
  return {};
}

}  // namespace sensors::persistence
