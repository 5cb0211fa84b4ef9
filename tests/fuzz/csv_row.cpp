// A line of a file of old readings.
#include "services/sensor-publisher/drivers/replay/csv_row.hpp"

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
}

}  // namespace sensors::fuzz
