#include "tests/peers/prometheus.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/peers/curl.hpp"
#include "tests/rig/http_peer.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::rig {
namespace {

std::vector<std::string> command_of(const TempDir& folder, std::uint16_t target, std::uint16_t port) {
  const std::string config = fmt::format(R"(global: {{scrape_interval: 500ms, scrape_timeout: 500ms}}
scrape_configs:
  - job_name: sensors
    static_configs: [{{targets: ["127.0.0.1:{}"]}}]
)",
                                         target);
  return {"prometheus", "--config.file=" + folder.write("prometheus.yml", config),
          "--storage.tsdb.path=" + folder.file("prometheus"), fmt::format("--web.listen-address=127.0.0.1:{}", port)};
}

}  // namespace

Prometheus::Prometheus(const TempDir& folder, std::uint16_t target) : Prometheus(folder, target, free_port()) {}

Prometheus::Prometheus(const TempDir& folder, std::uint16_t target, std::uint16_t port)
    : PeerProcess(folder, command_of(folder, target, port), port), folder_(folder) {}

void Prometheus::start() {
  PeerProcess::start();
  wait_until("Prometheus is ready", Millis{30'000}, folder_,
             [this] { return http_get(port(), "/-/ready").status == 200; });
}

std::optional<double> Prometheus::value_of(const std::string& expression) const {
  const auto answer =
      nlohmann::json::parse(curl(folder_, {"--data-urlencode", "query=" + expression, url("/api/v1/query")}));
  const auto& result = answer.at("data").at("result");
  if (result.size() != 1) return std::nullopt;
  return std::stod(result.at(0).at("value").at(1).get<std::string>());
}

}  // namespace sensors::rig
