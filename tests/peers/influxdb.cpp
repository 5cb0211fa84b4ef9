#include "tests/peers/influxdb.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/peers/curl.hpp"
#include "tests/rig/rig_error.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::rig {
namespace {

using Json = nlohmann::json;

/// `port`: of its HTTP API. The other one is for backups, and cannot be switched off.
std::vector<std::string> command_of(const TempDir& folder, std::uint16_t port) {
  const std::string config = fmt::format(R"(reporting-disabled = true
bind-address = "127.0.0.1:{1}"
[meta]
dir = "{0}/influxdb/meta"
[data]
dir = "{0}/influxdb/data"
wal-dir = "{0}/influxdb/wal"
[http]
bind-address = "127.0.0.1:{2}"
[monitor]
store-enabled = false
)",
                                         folder.path(), free_port(), port);
  return {"influxd", "-config", folder.write("influxdb.conf", config)};
}

/// Of the parts of `answer`, the rows of its one series; empty when nothing fits the query.
Json rows_of(const Json& answer) {
  const Json& result = answer.at("results").at(0);
  if (result.contains("error")) throw RigError("InfluxDB: " + result.at("error").get<std::string>());
  return result.contains("series") ? result.at("series").at(0).at("values") : Json::array();
}

}  // namespace

InfluxDb::InfluxDb(const TempDir& folder) : InfluxDb(folder, free_port()) {}

InfluxDb::InfluxDb(const TempDir& folder, std::uint16_t port)
    : PeerProcess(folder, command_of(folder, port), port), folder_(folder) {}

void InfluxDb::start() {
  PeerProcess::start();
  query("CREATE DATABASE sensors");  // changes nothing where there is one
}

Json InfluxDb::query(const std::string& text) const {
  return rows_of(Json::parse(curl(folder_, {"--data-urlencode", "q=" + text, url("/query?db=sensors&epoch=ns")})));
}

void InfluxDb::write(const std::string& lines) const { curl(folder_, {"--data-binary", lines, write_url()}); }

Points InfluxDb::points() const {
  Points points;
  for (const Json& row : query("SELECT sensor, value FROM sensor_reading"))
    points.push_back({row.at(1).get<std::string>(), row.at(0).get<std::int64_t>(), row.at(2).get<double>()});
  std::sort(points.begin(), points.end());
  return points;
}

}  // namespace sensors::rig
