#include "services/sensorctl/verbs/query.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/codec/time_text.hpp"
#include "services/sensorctl/verbs/text.hpp"

namespace sensors::sensorctl {

namespace {

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

/// A text as it is, unlike value_text(): quoting keeps it in its field.
std::string csv_value(const Value& value) {
  const std::string* text = std::get_if<std::string>(&value);
  return csv_field(text != nullptr ? *text : value_text(value));
}

std::string note_of(const QueryAnswer& answer) {
  if (answer.readings.empty()) return "no reading fits";
  if (!answer.truncated) return "";
  return fmt::format("there are more than these {} readings: narrow --from and --to, or raise --limit (at most {})",
                     answer.readings.size(), max_query_readings);
}

}  // namespace

std::string readings_table(const std::vector<StoredReading>& readings) {
  const bool has_nodes = std::any_of(readings.begin(), readings.end(),
                                     [&](const StoredReading& row) { return row.node != readings.front().node; });
  std::vector<std::vector<std::string>> rows;
  rows.push_back(has_nodes ? std::vector<std::string>{"TIME", "NODE", "SENSOR", "VALUE"}
                           : std::vector<std::string>{"TIME", "SENSOR", "VALUE"});
  for (const StoredReading& row : readings) {
    const Reading& reading = row.reading.reading;
    std::vector<std::string>& cells = rows.emplace_back();
    cells.push_back(time_text(reading.time) + (reading.uptime.has_value() ? " (clock not set)" : ""));
    if (has_nodes) cells.push_back(row.node);
    cells.push_back(reading.sensor);
    cells.push_back(value_with_unit(reading));
  }
  return table(rows);
}

std::string readings_csv(const std::vector<StoredReading>& readings) {
  std::string out = "time,node,sensor,value,unit,stream,seq,uptime_ms\r\n";
  for (const StoredReading& row : readings) {
    const Reading& reading = row.reading.reading;
    out += fmt::format("{},{},{},{},{},{},{},{}\r\n", time_text(reading.time), row.node, reading.sensor,
                       csv_value(reading.value), csv_field(reading.unit), row.stream, row.reading.seq,
                       reading.uptime.has_value() ? std::to_string(reading.uptime->count()) : "");
  }
  return out;
}

Question query_question(const QueryRequest& request, Format format) {
  Question question{"query", encode_query_request(request), {}};
  question.tell = [format](const std::string& payload) -> Result<Told> {
    TRY_ASSIGN(const QueryAnswer answer, decode_query_answer(payload));
    Told told{"", note_of(answer)};
    switch (format) {
      case Format::text: told.text = answer.readings.empty() ? "" : readings_table(answer.readings); break;
      case Format::json: told.text = on_one_line(payload) + "\n"; break;
      case Format::csv: told.text = readings_csv(answer.readings); break;
    }
    return told;
  };
  return question;
}

}  // namespace sensors::sensorctl
