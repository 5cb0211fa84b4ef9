// ApiBodyReader reads what the bridge delivers, in each of its formats, back into rows. In line protocol a row is known
// by its value, as (stream, seq) is not in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "services/sensor-http-bridge/sinks/http/logic/http_exchange.hpp"
#include "tests/simulation/world.hpp"

namespace sensors::simulation {

struct ApiRow : RowRange {
  Reading reading;    // its value and time
  std::string point;  // in line protocol: measurement, tags and timestamp, which name it
};

struct ApiBody {
  std::string first_and_last;  // the range of the store
  std::vector<ApiRow> rows;
};

class ApiBodyReader {
 public:
  explicit ApiBodyReader(World& world) : world_(world) {}

  ApiBody read(const bridge::HttpPost& request);

 private:
  void read_batch(std::string_view text, ApiBody& body);
  void read_rows(std::string_view text, ApiBody& body);
  void read_lines(std::string_view text, ApiBody& body);
  ApiRow row_of_line(std::string_view line);
  void unreadable(std::string_view text) {
    world_.ledger.violate("what is delivered can be read", std::string(text.substr(0, 200)));
  }

  World& world_;
  simdjson::dom::parser parser_;
};

}  // namespace sensors::simulation
