#include "tests/simulation/api_body.hpp"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "common/codec/time_text.hpp"

namespace sensors::simulation {

namespace {

using simdjson::dom::element;

/// Its value and time.
Reading reading_of(const element& row) {
  Reading reading;
  std::string_view text;
  if (row["value"].get(text) == simdjson::SUCCESS) {
    reading.value = std::string(text);
  } else {
    reading.value = row["value"].get_double().value();
  }
  reading.time = parse_time(row["time"].get_string().value()).value_or(WallTime{});
  std::int64_t uptime_ms = 0;
  if (row["uptime_ms"].get(uptime_ms) == simdjson::SUCCESS) reading.uptime = Millis{uptime_ms};
  return reading;
}

ApiRow reading_row(const element& row) {
  ApiRow read;
  read.stream = std::string(row["stream"].get_string().value());
  read.first = read.last = row["seq"].get_uint64().value();
  read.reading = reading_of(row);
  return read;
}

ApiRow gap_row(const element& row, const char* first) {
  ApiRow read;
  read.stream = std::string(row["stream"].get_string().value());
  read.first = row[first].get_uint64().value();
  read.last = row["last"].get_uint64().value();
  read.is_gap = true;
  return read;
}

/// What stands behind `key` in `text`, up to one of `ends`; empty: there is no such key.
std::string_view behind(std::string_view text, std::string_view key, std::string_view ends) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + key.size());
  return text.substr(0, text.find_first_of(ends));
}

template <class Number>
Number number_in(std::string_view text) {
  Number number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

ApiBody ApiBodyReader::read(const bridge::HttpPost& request) {
  ApiBody body;
  // STORE:DESTINATION:FIRST-LAST:DIGEST
  body.first_and_last = request.idempotency_key.substr(0, request.idempotency_key.rfind(':'));
  if (request.content_type.starts_with("text/plain")) {
    read_lines(request.body, body);
  } else if (request.body.starts_with('[')) {
    read_rows(request.body, body);
  } else {
    read_batch(request.body, body);
  }
  return body;
}

void ApiBodyReader::read_batch(std::string_view text, ApiBody& body) {
  element root;
  if (parser_.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return unreadable(text);
  body.first_and_last = fmt::format("{} {}-{}", root["store"].get_string().value(), root["first"].get_uint64().value(),
                                    root["last"].get_uint64().value());
  simdjson::dom::array list;
  if (root["readings"].get(list) == simdjson::SUCCESS) {
    for (const element row : list) body.rows.push_back(reading_row(row));
  }
  if (root["gaps"].get(list) == simdjson::SUCCESS) {
    for (const element row : list) body.rows.push_back(gap_row(row, "first"));
  }
}

void ApiBodyReader::read_rows(std::string_view text, ApiBody& body) {
  simdjson::dom::array list;
  if (parser_.parse(text.data(), text.size()).get(list) != simdjson::SUCCESS) return unreadable(text);
  for (const element row : list) {
    const bool is_gap = row["sensor"].get_string().value() == "sensor_gap";
    body.rows.push_back(is_gap ? gap_row(row, "seq") : reading_row(row));
  }
}

void ApiBodyReader::read_lines(std::string_view text, ApiBody& body) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    body.rows.push_back(row_of_line(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// No name, unit or text of the simulation has a character that would be escaped.
ApiRow ApiBodyReader::row_of_line(std::string_view line) {
  const std::string_view series = line.substr(0, line.find(' '));
  const std::string_view timestamp = line.substr(line.rfind(' ') + 1);
  ApiRow row;
  row.point = fmt::format("{} {}", series, timestamp);
  if (series.starts_with("sensor_gap,")) {
    row.stream = std::string(behind(series, ",stream=", ","));
    row.first = number_in<std::uint64_t>(behind(line, ",first=", "i"));
    row.last = number_in<std::uint64_t>(behind(line, ",last=", "i"));
    row.is_gap = true;
    return row;
  }
  if (const std::string_view text = behind(line, " text=\"", "\""); !text.empty()) {
    row.reading.value = std::string(text);
  } else {
    row.reading.value = number_in<double>(behind(line, " value=", ", "));
  }
  const std::string_view uptime = behind(line, ",uptime_ms=", "i");
  if (!uptime.empty()) row.reading.uptime = Millis{number_in<Millis::rep>(uptime)};
  row.reading.time =
      WallTime{Millis{timestamp.size() > 6 ? number_in<Millis::rep>(timestamp.substr(0, timestamp.size() - 6)) : 0}};
  const RowRange name = world_.ledger.row_of(row.reading.value);
  if (name.first == 0) unreadable(line);
  static_cast<RowRange&>(row) = name;
  return row;
}

}  // namespace sensors::simulation
