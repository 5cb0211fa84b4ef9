#include "tests/peers/victoria_metrics.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/peers/curl.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::rig {
namespace {

using Json = nlohmann::json;

std::vector<std::string> command_of(const TempDir& folder, const std::string& retention, std::uint16_t port) {
  return {"victoria-metrics", "-storageDataPath=" + folder.file("victoria-metrics"),
          fmt::format("-httpListenAddr=127.0.0.1:{}", port), "-retentionPeriod=" + retention,
          "-dedup.minScrapeInterval=1ms"};
}

}  // namespace

VictoriaMetrics::VictoriaMetrics(const TempDir& folder, const std::string& retention)
    : VictoriaMetrics(folder, retention, free_port()) {}

VictoriaMetrics::VictoriaMetrics(const TempDir& folder, const std::string& retention, std::uint16_t port)
    : PeerProcess(folder, command_of(folder, retention, port), port), folder_(folder) {}

std::vector<Json> VictoriaMetrics::series(const std::string& selector) const {
  curl(folder_, {url("/internal/force_flush")});  // helps, and not always at once
  std::istringstream lines(curl(folder_, {"--data-urlencode", "match[]=" + selector, url("/api/v1/export")}));
  std::vector<Json> series;
  for (std::string line; std::getline(lines, line);) series.push_back(Json::parse(line));
  return series;
}

Points VictoriaMetrics::points() const {
  Points points;
  for (const Json& one : series("sensor_reading_value")) {
    const Json& values = one.at("values");
    for (std::size_t i = 0; i < values.size(); ++i) {
      points.push_back({one.at("metric").at("sensor").get<std::string>(),
                        one.at("timestamps").at(i).get<std::int64_t>(), values.at(i).get<double>()});
    }
  }
  std::sort(points.begin(), points.end());
  return points;
}

}  // namespace sensors::rig
