#include "services/sensor-publisher/outbox/outbox_streams.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace sensors::publisher {

namespace {

using Meta = std::map<std::string, std::string>;

tl::unexpected<Error> damaged(Database& database, const std::string& table) {
  return fail(ErrorCode::corrupt, database.path() + ": a row of table " + table + " has the wrong checksum");
}

Result<Meta> read_meta(Database& database) {
  TRY_ASSIGN(Statement statement, database.prepare("SELECT key, value, checksum FROM meta"));
  Meta meta;
  Result<Statement::Step> step = statement.step();
  for (; step && *step == Statement::Step::row; step = statement.step()) {
    std::optional<std::pair<std::string, std::string>> entry = meta_in(statement, 0);
    if (!entry.has_value()) return damaged(database, "meta");
    meta.insert(std::move(*entry));
  }
  TRY(step);
  return meta;
}

Result<void> forget_stream(Database& database, std::int64_t number) {
  return database.execute("DELETE FROM stream WHERE number = " + std::to_string(number) +
                          "; DELETE FROM meta WHERE key IN('" + meta_key_of_stream(number) + "', '" +
                          meta_key_of_node(number) + "')");
}

/// Those whose rows have a wrong checksum are left out: they are worth no salvage.
Result<std::vector<EndedStream>> read_ended(Database& database) {
  TRY_ASSIGN(Statement statement,
             database.prepare("SELECT number, " + std::string(ended_columns) + " FROM ended ORDER BY number"));
  std::vector<EndedStream> streams;
  Result<Statement::Step> step = statement.step();
  for (; step && *step == Statement::Step::row; step = statement.step()) {
    std::optional<EndedStream> stream = ended_in(statement, 1, statement.integer(0));
    if (stream.has_value()) streams.push_back(std::move(*stream));
  }
  TRY(step);
  return streams;
}

/// The stream `number` is confirmed up to where the next one starts. The oldest ended one gives way to it.
Result<void> end_stream(Database& database, OutboxRows& rows, const OutboxStream& stream, std::int64_t number,
                        Position next_start) {
  TRY(forget_stream(database, number));
  const EndedStream ended{stream.id, stream.node, stream.seq_at(next_start)};
  if (ended.last == 0) return {};
  TRY(rows.add_ended(ended, number));
  return database.execute(
      "DELETE FROM ended WHERE number IN (SELECT number FROM ended ORDER BY number DESC LIMIT -1"
      " OFFSET " +
      std::to_string(max_ended_streams) + ")");
}

/// Puts the stream of this run behind what there is, and ends those that are confirmed to their end. Of those, `unused`
/// had no readings.
Result<void> arrange_streams(Database& database, OutboxRows& rows, NumberedStreams& streams, OutboxStream ours,
                             bool is_settled, Position last, Position confirmed, std::vector<EndedStream>& unused) {
  const auto is_ours = [&](const auto& numbered) { return numbered.second.id == ours.id; };
  const auto found = std::find_if(streams.begin(), streams.end(), is_ours);
  if (found == streams.end() || !is_settled) {
    if (found != streams.end()) {  // of an attempt that did not come to its end
      TRY(forget_stream(database, found->first));
      streams.erase(found);
    }
    if (!is_settled) ours.base = last - ours.skipped;
    TRY_ASSIGN(std::int64_t ended, query_integer(database, "SELECT coalesce(max(number), 0) FROM ended"));
    const std::int64_t number = std::max(streams.empty() ? 0 : streams.back().first, ended) + 1;
    TRY(rows.add_stream(ours, number));
    streams.emplace_back(number, std::move(ours));
  }
  while (streams.size() > 1 && streams[1].second.start() <= confirmed) {
    const auto& [number, stream] = streams.front();
    TRY(end_stream(database, rows, stream, number, streams[1].second.start()));
    if (stream.seq_at(streams[1].second.start()) == 0) unused.push_back({stream.id, stream.node});
    streams.erase(streams.begin());
  }
  return {};
}

constexpr std::string_view last_position =
    "SELECT max(coalesce((SELECT max(position) FROM reading), 0), coalesce((SELECT max(last) FROM gap), 0))";

/// The number of a stream whose two copies differ; 0 if there is none. A log that lies beside an earlier outbox puts
/// newer pages between its older ones: rows of the newer run would go out as the older run's.
std::int64_t stream_of_two_minds(const Meta& meta, const NumberedStreams& streams) {
  const std::string prefix = meta_key_of_stream(0).substr(0, meta_key_of_stream(0).size() - 1);
  std::map<std::int64_t, std::string> copies;
  for (auto copy = meta.lower_bound(prefix); copy != meta.end() && copy->first.starts_with(prefix); ++copy)
    copies[static_cast<std::int64_t>(to_position(std::string_view(copy->first).substr(prefix.size())))] = copy->second;
  for (const auto& [number, stream] : streams) {
    if (copies[number] != text_of(stream)) return number;
    copies.erase(number);
  }
  return copies.empty() ? 0 : copies.begin()->first;
}

}  // namespace

Result<NumberedStreams> read_streams(Database& database) {
  TRY_ASSIGN(Statement statement,
             database.prepare("SELECT number, " + std::string(stream_columns) + " FROM stream ORDER BY number"));
  NumberedStreams streams;
  Result<Statement::Step> step = statement.step();
  for (; step && *step == Statement::Step::row; step = statement.step()) {
    std::optional<OutboxStream> stream = stream_in(statement, 1, statement.integer(0));
    if (!stream.has_value()) return damaged(database, "stream");
    streams.emplace_back(statement.integer(0), std::move(*stream));
  }
  TRY(step);
  return streams;
}

Result<OutboxContents> begin_stream(Database& database, OutboxRows& rows, const OutboxContents& known, bool is_settled,
                                    ThinnedMark& thinned) {
  Result<Meta> meta = read_meta(database);
  Result<NumberedStreams> streams = read_streams(database);
  Result<std::int64_t> last = query_integer(database, last_position);
  for (const Error* error :
       {meta ? nullptr : &meta.error(), streams ? nullptr : &streams.error(), last ? nullptr : &last.error()}) {
    if (error != nullptr) return tl::unexpected(*error);
  }
  if (const std::int64_t number = stream_of_two_minds(*meta, *streams); number != 0) {
    return fail(ErrorCode::corrupt, database.path() + ": has parts of two outboxes: stream " + std::to_string(number) +
                                        " is not what its copy says; was an earlier outbox put in its place, and the "
                                        "log beside it (-wal) left?");
  }
  OutboxContents contents;
  contents.known_store = (*meta)["store"];
  contents.calibrations = (*meta)["calibrations"];
  contents.confirmed = to_position((*meta)["confirmed"]);
  contents.last = std::max(static_cast<Position>(*last), contents.confirmed);
  for (const auto& [number, stream] : *streams) {
    if (stream.id != known.streams.back().id) contents.last = std::max(contents.last, stream.start());
  }
  for (auto& [number, stream] : *streams) {
    if (const auto node = meta->find(meta_key_of_node(number)); node != meta->end()) stream.node = node->second;
  }
  thinned = mark_of_text((*meta)["thinned"]);
  std::vector<EndedStream> unused;
  TRY(arrange_streams(database, rows, *streams, known.streams.back(), is_settled, contents.last, contents.confirmed,
                      unused));
  for (auto& [number, stream] : *streams) contents.streams.push_back(std::move(stream));
  TRY_ASSIGN(contents.ended, read_ended(database));
  contents.ended.insert(contents.ended.end(), unused.begin(), unused.end());
  return contents;
}

}  // namespace sensors::publisher
