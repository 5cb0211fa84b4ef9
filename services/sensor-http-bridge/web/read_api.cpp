#include "services/sensor-http-bridge/web/read_api.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "common/codec/reading_json.hpp"
#include "common/codec/store_answer.hpp"
#include "common/codec/time_text.hpp"
#include "common/core/ascii.hpp"
#include "services/sensor-http-bridge/web/answers.hpp"

namespace sensors::bridge {

namespace {

constexpr std::size_t default_buckets = 1'000;

struct FormatName {
  Format format;
  std::string_view name;
  std::string_view media_type;
};
constexpr std::array<FormatName, 3> formats{{{Format::json, "json", "application/json"},
                                             {Format::csv, "csv", "text/csv"},
                                             {Format::ndjson, "ndjson", "application/x-ndjson"}}};

/// Takes parameters of a target, and keeps the first mistake.
class Parameters {
 public:
  Parameters(const Target& target, std::initializer_list<std::string_view> known) : target_(target) {
    if (const Result<void> all = target.check_parameters(known); !all.has_value()) error_ = all.error();
  }

  void read_name(std::string_view key, std::string& value) {
    const std::optional<std::string> text = target_.parameter(key);
    if (!text.has_value()) return;
    if (!is_name(*text)) return refuse(key, "must be 1 to 64 of A-Z a-z 0-9 _ . -");
    value = *text;
  }
  void read_time(std::string_view key, std::optional<WallTime>& value) {
    const std::optional<std::string> text = target_.parameter(key);
    if (!text.has_value()) return;
    const Result<WallTime> time = parse_time(*text);
    if (!time.has_value()) return refuse(key, "must be a time such as 2026-01-15T16:09:35Z");
    value = *time;
  }
  void read_whole(std::string_view key, std::uint64_t& value, std::uint64_t least, std::uint64_t most) {
    const std::optional<std::string> text = target_.parameter(key);
    if (!text.has_value()) return;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc{} || end != text->data() + text->size() || number < least || number > most)
      return refuse(key, fmt::format("must be a whole number, {} .. {}", least, most));
    value = number;
  }
  void read_step(std::string_view key, Millis& value) {
    const std::optional<std::string> text = target_.parameter(key);
    if (!text.has_value()) return;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    const std::string_view unit(end, static_cast<std::size_t>(text->data() + text->size() - end));
    static constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> units{
        {{"s", 1'000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
    const auto* known = std::find_if(units.begin(), units.end(), [&](const auto& u) { return u.first == unit; });
    const std::int64_t most = max_query_step.count();
    if (error != std::errc{} || known == units.end() || number < 1 || number > most / known->second)
      return refuse(key, "must be a time such as 60s, 5min, 1h or 1d, at most 366d");
    value = Millis{number * known->second};
  }

  bool has(std::string_view key) const { return target_.parameter(key).has_value(); }
  std::string text(std::string_view key) const { return target_.parameter(key).value_or(""); }

  void refuse(std::string_view key, const std::string& what) {
    if (!error_.has_value()) error_ = Error{ErrorCode::invalid, fmt::format("{}: {}", key, what)};
  }

  template <class T>
  Result<T> result(T value) const {
    if (error_.has_value()) return tl::unexpected<Error>(*error_);
    return value;
  }

 private:
  const Target& target_;
  std::optional<Error> error_;
};

void append_csv(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void append_csv_value(std::string& out, const Value& value) {
  if (const std::string* text = std::get_if<std::string>(&value); text != nullptr) {
    append_csv(out, *text);
  } else {
    append_value(out, value);
  }
}

std::string as_csv(const std::vector<StoredReading>& rows) {
  std::string out = "time,node,sensor,value,unit,stream,seq\r\n";
  for (const StoredReading& row : rows) {
    const Reading& reading = row.reading.reading;
    append_time(out, reading.time);
    out += fmt::format(",{},{},", row.node, reading.sensor);
    append_csv_value(out, reading.value);
    out += ',';
    append_csv(out, reading.unit);
    out += fmt::format(",{},{}\r\n", row.stream, row.reading.seq);
  }
  return out;
}

std::string as_csv(const std::vector<StoredBucket>& rows) {
  std::string out = "time,node,sensor,value,unit,count\r\n";
  for (const StoredBucket& row : rows) {
    append_time(out, row.time);
    out += fmt::format(",{},{},", row.node, row.sensor);
    append_csv_value(out, row.value);
    out += ',';
    append_csv(out, row.unit);
    out += fmt::format(",{}\r\n", row.count);
  }
  return out;
}

std::string as_lines(const std::vector<StoredReading>& rows) {
  std::string out;
  for (const StoredReading& row : rows) {
    append_delivered_reading(out, row.node, row.stream, row.reading);
    out += '\n';
  }
  return out;
}

std::string as_lines(const std::vector<StoredBucket>& rows) {
  std::string out;
  for (const StoredBucket& row : rows) {
    append_bucket(out, row);
    out += '\n';
  }
  return out;
}

/// {"sensors":[...],"truncated":false}
std::string sensors_json(const QueryAnswer& answer) {
  std::string out = "{\"sensors\":[";
  const char* separator = "";
  for (const StoredReading& row : answer.readings) {
    const Reading& reading = row.reading.reading;
    out += fmt::format(R"({}{{"node":"{}","sensor":"{}","unit":)", separator, row.node, reading.sensor);
    append_json_string(out, reading.unit);
    out += ",\"value\":";
    append_value(out, reading.value);
    out += ",\"time\":\"";
    append_time(out, reading.time);
    out += "\"}";
    append_rhythm(out, row);
    separator = ",";
  }
  return out + fmt::format("],\"truncated\":{}}}\n", answer.truncated);
}

WebResponse refused(std::uint64_t request, const Error& error) {
  const bool is_the_stores = error.code == ErrorCode::rejected;  // else it is about what the store sent
  return problem_answer(request,
                        {503, (is_the_stores ? "" : "the store's answer: ") + error.message, {}, Millis{2'000}});
}

template <class Answer, class Rows>
WebResponse formatted(const PendingRead& read, const Answer& answer, const Rows& rows, const std::string& payload) {
  WebResponse response = json_answer(read.request, 200, "");
  if (read.format == Format::json) {
    response.body = payload;
  } else {
    response.body = read.format == Format::csv ? as_csv(rows) : as_lines(rows);
    response.headers.front().second =
        read.format == Format::csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson";
  }
  // These formats have no room for it.
  if (!answer.cursor.empty()) response.headers.emplace_back("X-Next-Cursor", answer.cursor);
  return response;
}

}  // namespace

Result<Format> format_of(const Target& target, std::string_view accept) {
  if (const std::optional<std::string> name = target.parameter("format"); name.has_value()) {
    for (const FormatName& known : formats) {
      if (known.name == *name) return known.format;
    }
    return fail(ErrorCode::invalid, "format: there are json, csv and ndjson");
  }
  bool is_any = accept.empty();
  while (!accept.empty()) {
    const std::size_t end = std::min(accept.find(','), accept.size());
    std::string_view type = accept.substr(0, std::min(end, accept.find(';')));
    accept.remove_prefix(std::min(end + 1, accept.size()));
    while (type.starts_with(' ')) type.remove_prefix(1);
    while (type.ends_with(' ')) type.remove_suffix(1);
    for (const FormatName& known : formats) {
      if (is_same_ascii(known.media_type, type)) return known.format;
    }
    is_any = is_any || type == "*/*" || type == "application/*";
  }
  if (is_any) return Format::json;
  return fail(ErrorCode::invalid, "Accept: there are application/json, text/csv and application/x-ndjson");
}

Result<QueryRequest> readings_query(const Target& target) {
  Parameters from(target, {"node", "sensor", "from", "to", "limit", "order", "cursor", "step", "fn", "format"});
  QueryRequest query;
  from.read_name("node", query.node);
  from.read_name("sensor", query.sensor);
  from.read_time("from", query.from);
  from.read_time("to", query.to);
  from.read_step("step", query.step);
  std::uint64_t limit = query.step > Millis{0} ? default_buckets : query.limit;
  from.read_whole("limit", limit, 1, max_query_readings);
  query.limit = static_cast<std::size_t>(limit);
  if (from.has("order")) {
    query.newest_first = from.text("order") == "desc";
    if (!query.newest_first && from.text("order") != "asc") from.refuse("order", "must be asc or desc");
  }
  if (from.has("cursor")) {
    const Result<QueryCursor> cursor = decode_cursor(from.text("cursor"));
    if (cursor.has_value()) query.after = *cursor;
    if (!cursor.has_value()) from.refuse("cursor", "is none that an answer had");
  }
  if (from.has("fn")) {
    const std::optional<Aggregate> aggregate = aggregate_from(from.text("fn"));
    if (aggregate.has_value()) query.aggregate = *aggregate;
    if (!aggregate.has_value()) from.refuse("fn", "must be mean, min, max or last");
    if (query.step == Millis{0}) from.refuse("fn", "needs a step, such as step=60s");
  }
  return from.result(std::move(query));
}

Result<QueryRequest> sensors_query(const Target& target) {
  Parameters from(target, {"node", "sensor"});
  QueryRequest query;
  query.latest = true;
  query.limit = max_query_readings;
  from.read_name("node", query.node);
  from.read_name("sensor", query.sensor);
  return from.result(std::move(query));
}

Result<DeadLettersRequest> dead_letters_query(const Target& target) {
  Parameters from(target, {"destination", "after", "limit"});
  DeadLettersRequest query;
  from.read_name("destination", query.destination);
  from.read_whole("after", query.after, 0, max_seq);
  std::uint64_t limit = query.limit;
  from.read_whole("limit", limit, 1, max_dead_letters_listed);
  query.limit = static_cast<std::size_t>(limit);
  return from.result(std::move(query));
}

Result<DeadLettersRequest> dead_letters_order(std::string_view body) {
  TRY_ASSIGN(DeadLettersRequest order, decode_dead_letters_request(body));
  if (order.action == DeadLettersRequest::Action::list)
    return fail(ErrorCode::invalid, "action: must be requeue or purge; GET lists them");
  return order;
}

WebResponse read_answer(const PendingRead& read, const std::string& payload) {
  using Kind = PendingRead::Kind;
  if (read.kind == Kind::dead_letters) {
    const Result<DeadLetterList> list = decode_dead_letter_list(payload);
    return list.has_value() ? json_answer(read.request, 200, payload) : refused(read.request, list.error());
  }
  if (read.kind == Kind::dead_letters_changed) {
    const Result<DeadLettersChanged> changed = decode_dead_letters_changed(payload);
    return changed.has_value() ? json_answer(read.request, 200, payload) : refused(read.request, changed.error());
  }
  if (read.kind == Kind::buckets) {
    const Result<BucketAnswer> answer = decode_bucket_answer(payload);
    if (!answer.has_value()) return refused(read.request, answer.error());
    return formatted(read, *answer, answer->buckets, payload);
  }
  const Result<QueryAnswer> answer = decode_query_answer(payload);
  if (!answer.has_value()) return refused(read.request, answer.error());
  if (read.kind == Kind::sensors) return json_answer(read.request, 200, sensors_json(*answer));
  return formatted(read, *answer, answer->readings, payload);
}

}  // namespace sensors::bridge
