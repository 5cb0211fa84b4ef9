#include <fmt/format.h>

#include "tests/bench/http_load.hpp"
#include "tests/bench/measurements.hpp"
#include "tests/rig/http_peer.hpp"
#include "tests/rig/programs.hpp"

namespace sensors::bench {

namespace {

constexpr int connections = 16;
constexpr int queries_at_once = 8;  // as many as the bridge has at the store
constexpr int rows_of_a_post = 100;
constexpr int stored_for_queries = 1'000;

rig::RigOptions options_of(std::uint16_t port) {
  rig::RigOptions options;
  options.serve_http(port);
  options.bridge.set("http", "rate_burst", "1000000");  // the limit on a client's rate is not what is measured
  options.bridge.set_text("http", "rate_interval", "1ms");
  options.bridge.set("destination", "max_rate", "1000");  // so that the backlog outlasts the measurement beside it
  options.bridge.set("breaker", "open_times", R"(["500ms"])");
  return options;
}

std::string get(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: bench\r\n\r\n"; }

/// `rows` readings of sensors of the connection's own.
std::string post(int connection, int number, int rows) {
  std::string body = "[";
  for (int row = 0; row < rows; ++row)
    body += fmt::format(R"({}{{"sensor":"bench.{}.{}","value":{},"unit":"Cel"}})", row == 0 ? "" : ",", connection,
                        row % 10, number);
  body += "]";
  return fmt::format(
      "POST /v1/readings HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: "
      "{}\r\n\r\n{}",
      body.size(), body);
}

/// Requests/s and latencies as figures NAME_per_s, NAME_p50_ms, NAME_p99_ms.
void note(Figures& figures, const std::string& name, const LoadResult& result) {
  if (result.others > 0)
    throw std::runtime_error(fmt::format("{}: {} requests were answered with {}", name, result.others, result.other));
  figures[name + "_per_s"] = result.per_second();
  for (const auto& [key, share] : {std::pair("_p50_ms", 0.5), std::pair("_p99_ms", 0.99)})
    figures[name + key] = percentile(result.latencies_ms, share);
  fmt::print("{}: {:.0f}/s, p50 {:.2f} ms, p99 {:.2f} ms\n", name, result.per_second(), figures[name + "_p50_ms"],
             figures[name + "_p99_ms"]);
}

void wait_ready(const rig::Rig& rig, std::uint16_t port) {
  rig.wait_until("the bridge is ready", Millis{30'000},
                 [&] { return rig::accepts_connections(port) && rig::http_get(port, "/readyz").status == 200; });
}

const auto one_row = [](int connection, int number) { return post(connection, number, 1); };
const auto latest = [](int, int) { return get("/v1/readings?sensor=bench.0.3&order=desc&limit=1"); };

/// Durable writes, which pile up in the store: there is no API yet.
void measure_writes(Figures& figures, std::uint16_t port, Millis time) {
  note(figures, "http_post_one_row", load_http(port, 1, time, 201, one_row));
  const LoadResult many = load_http(port, connections, time, 201, [](int connection, int number) {
    return post(connection, number, rows_of_a_post);
  });
  note(figures, "http_post", many);
  figures["http_post_rows_per_s"] = many.per_second() * rows_of_a_post;
}

/// The same small requests while what has piled up goes to the API.
void measure_beside_the_drain(Figures& figures, rig::Rig& rig, std::uint16_t port, Millis time) {
  rig.api().start();
  rig.wait_until("the backlog drains", Millis{30'000}, [&] { return rig.api().delivered() > 0; });
  note(figures, "http_post_one_row_draining", load_http(port, 1, time / 2, 201, one_row));
  note(figures, "http_latest_draining", load_http(port, 1, time / 2, 200, latest));
  if (rig.api().delivered() >= rig.store().readings()) throw std::runtime_error("the backlog was too small");
}

}  // namespace

void measure_http(Figures& figures, Millis time) {
  const rig::TempDir folder("sensor-bench");
  const std::uint16_t port = rig::free_port();
  rig::Rig rig(folder, options_of(port));
  rig.broker().start();
  rig.persistence().start();
  rig.bridge().start();
  wait_ready(rig, port);
  const std::string first = post(0, 1, stored_for_queries);
  const rig::HttpReplyText filled = rig::http_post(port, "/v1/readings", "Content-Type: application/json\r\n",
                                                   first.substr(first.find("\r\n\r\n") + 4));
  if (filled.status != 201) throw std::runtime_error("the first write was not taken: " + filled.body);

  note(figures, "http_livez", load_http(port, connections, time, 200, [](int, int) { return get("/livez"); }));
  note(figures, "http_latest", load_http(port, queries_at_once, time, 200, latest));
  note(figures, "http_page",
       load_http(port, queries_at_once, time, 200, [](int, int) { return get("/v1/readings?limit=100"); }));
  figures["http_latest_vs_livez"] = figures["http_latest_per_s"] / figures["http_livez_per_s"];
  figures["http_page_vs_livez"] = figures["http_page_per_s"] / figures["http_livez_per_s"];
  measure_writes(figures, port, time);
  measure_beside_the_drain(figures, rig, port, time);
}

}  // namespace sensors::bench
