#include <fmt/format.h>

#include "tests/bench/http_load.hpp"
#include "tests/bench/measurements.hpp"
#include "tests/rig/http_peer.hpp"

namespace sensors::bench {

namespace {

constexpr int many_connections = 16;
constexpr int queries_at_once = 8;  // as many as the bridge has at the store
constexpr int many_rows = 100;
constexpr int stored_for_queries = 1'000;

constexpr const char* latest_target = "/v1/readings?sensor=bench.0.3&order=desc&limit=1";
constexpr const char* write_target = "/v1/readings";

rig::RigOptions options_of(std::uint16_t port) {
  rig::RigOptions options;
  options.serve_http(port);
  options.bridge.set("http", "rate_burst", "1000000");  // the limit on a client's rate is not what is measured
  options.bridge.set_text("http", "rate_interval", "1ms");
  options.bridge.set("destination", "max_rate", "1000");  // so that the backlog outlasts the measurement beside it
  options.bridge.set("breaker", "open_times", R"(["500ms"])");
  return options;
}

class HttpBench {
 public:
  explicit HttpBench(Figures& figures) : figures_(figures) {
    rig_.broker().start();
    rig_.persistence().start();
    rig_.bridge().start();
    rig_.wait_until("the bridge is ready", Millis{30'000},
                    [&] { return rig::accepts_connections(port_) && rig::http_get(port_, "/readyz").status == 200; });
    store_what_is_queried();
  }

  void measure_reads(Millis time) {
    measure("http_livez", {"/livez", many_connections}, time);
    measure("http_latest", {latest_target, queries_at_once}, time);
    measure("http_page", {"/v1/readings?limit=100", queries_at_once}, time);
    figures_["http_latest_vs_livez"] = figures_["http_latest_per_s"] / figures_["http_livez_per_s"];
    figures_["http_page_vs_livez"] = figures_["http_page_per_s"] / figures_["http_livez_per_s"];
  }

  /// Durable writes, which pile up in the store: there is no API yet.
  void measure_writes(Millis time) {
    measure("http_post_one_row", {write_target, 1, 1}, time);
    measure("http_post", {write_target, many_connections, many_rows}, time);
    figures_["http_post_rows_per_s"] = figures_["http_post_per_s"] * many_rows;
  }

  /// The same small requests while what has piled up goes to the API.
  void measure_beside_the_drain(Millis time) {
    rig_.api().start();
    rig_.wait_until("the backlog drains", Millis{30'000}, [&] { return rig_.api().delivered() > 0; });
    measure("http_post_one_row_draining", {write_target, 1, 1}, time);
    measure("http_latest_draining", {latest_target, 1}, time);
    if (rig_.api().delivered() >= rig_.store().readings()) throw std::runtime_error("the backlog was too small");
  }

 private:
  void store_what_is_queried() {
    std::string body = "[";
    for (int row = 0; row < stored_for_queries; ++row)
      body += fmt::format(R"({}{{"sensor":"bench.0.{}","value":{},"unit":"Cel"}})", row == 0 ? "" : ",", row % 10, row);
    const rig::HttpReplyText reply =
        rig::http_post(port_, write_target, "Content-Type: application/json\r\n", body + "]");
    if (reply.status != 201) throw std::runtime_error("the first write was not taken: " + reply.body);
  }

  /// Figures NAME_per_s, NAME_p50_ms and NAME_p99_ms.
  void measure(const std::string& name, const HttpLoad& load, Millis time) {
    const LoadResult result = load_http(folder_, port_, load, time);
    figures_[name + "_per_s"] = result.per_second;
    figures_[name + "_p50_ms"] = result.p50_ms;
    figures_[name + "_p99_ms"] = result.p99_ms;
    fmt::print("{}: {:.0f}/s, p50 {:.2f} ms, p99 {:.2f} ms\n", name, result.per_second, result.p50_ms, result.p99_ms);
  }

  Figures& figures_;
  const rig::TempDir folder_{"sensor-bench"};
  const std::uint16_t port_ = rig::free_port();
  rig::Rig rig_{folder_, options_of(port_)};
};

}  // namespace

void measure_http(Figures& figures, Millis time) {
  HttpBench bench(figures);
  bench.measure_reads(time);
  bench.measure_writes(time);
  bench.measure_beside_the_drain(time / 2);
}

}  // namespace sensors::bench
