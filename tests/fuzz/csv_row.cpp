// A line of a file of old readings.
#include "services/sensor-publisher/drivers/replay/csv_row.hpp"
#include "common/core/reading.hpp"
#include "common/core/unit_text.hpp"

#include <algorithm>
#include <string>

#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  const std::vector<std::string> fields = split_csv_row(input);
  must(!fields.empty(), "a line has a field");
  std::string line;
  for (const std::string& field : fields) {
    line += line.empty() ? "\"" : ",\"";
    for (const char c : field) line += c == '"' ? "\"\"" : std::string(1, c);
    line += '"';
  }
  must(split_csv_row(line) == fields, "fields in quotes survive another trip");
  must(!has_open_quote(line), "fields that are all in quotes are closed");
  for (const char separator : {';', '\t'}) {
    must(!split_csv_row(input, {separator}).empty(), "a line has a field, whatever separates");
    must(csv_number(input, {separator}).size() == input.size(), "a number keeps its length");
  }
  const NameAndUnit both = split_name_and_unit(input);
  must(is_unit(both.unit), "a unit in brackets is a code");
  static_cast<void>(ucum_unit(input));
}

}  // namespace sensors::fuzz
