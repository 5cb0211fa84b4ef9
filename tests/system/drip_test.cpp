// A thousand clients that feed the real bridge byte by byte: neither its other clients nor its memory notice.
#include <sys/resource.h>

#include <algorithm>
#include <vector>

#include "tests/rig/http_peer.hpp"
#include "tests/rig/process_stats.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

constexpr Millis patience{30'000};
constexpr int clients = 1'000;

/// What docs/operations.md promises of the HTTP side: 16 MiB of bodies and answers, and 32 KiB for each of 512
/// connections.
constexpr double budget_mb = 16 + 512 * 32.0 / 1024;

constexpr Millis longest{100};

class Drip : public RigTest {
 protected:
  Drip() : port_(free_port()), rig_(folder_, options(port_)) {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 8'192);
    setrlimit(RLIMIT_NOFILE, &files);
    rig_.broker().start();
    rig_.bridge().start();
    rig_.wait_until("the bridge answers", patience,
                    [&] { return accepts_connections(port_) && http_get(port_, "/livez").status == 200; });
  }

  /// All limits as they are by default.
  static RigOptions options(std::uint16_t port) {
    RigOptions options;
    options.serve_http(port);
    return options;
  }

  double private_mb() { return read_process_stats(rig_.bridge().process().pid()).private_mb; }

  /// A thousand of `first`, and `more` from each of them for ten rounds, with /livez between.
  void drip(const std::string& first, const std::string& more) {
    for (int i = 0; i < clients; ++i) {
      slow_.emplace_back(port_);
      slow_.back().send(first);
      if (i % 50 == 49) ask_livez();
    }
    for (int round = 0; round < 10; ++round) {
      for (std::size_t i = 0; i < slow_.size(); ++i) {
        slow_[i].send(more);  // some have been cut off
        if (i % 100 == 99) ask_livez();
      }
      most_mb_ = std::max(most_mb_, private_mb());
    }
  }

  void ask_livez() {
    const Millis begin = monotonic_now();
    EXPECT_EQ(http_get(port_, "/livez").status, 200);
    took_.push_back(monotonic_now() - begin);
  }

  /// All but one: the machine that tests share with each other may stall once.
  void expect_quick() {
    std::sort(took_.begin(), took_.end());
    ASSERT_GT(took_.size(), 100U);
    EXPECT_LT(took_.at(took_.size() - 2), longest);
    RecordProperty("livez_longest_ms", std::to_string(took_.back().count()));
  }

  void expect_in_budget(double before_mb) {
    EXPECT_LT(most_mb_ - before_mb, budget_mb);
    RecordProperty("grown_mb", std::to_string(most_mb_ - before_mb));
    RecordProperty("before_mb", std::to_string(before_mb));
  }

  std::uint16_t port_;
  Rig rig_;
  std::vector<HttpPeer> slow_;
  std::vector<Millis> took_;
  double most_mb_ = 0;
};

TEST_F(Drip, of_headers_delays_nobody_and_stays_in_the_memory_budget) {
  const double before = private_mb();
  drip("GET /v1/status HTTP/1.1\r\nHost: x\r\nX-Slow: " + std::string(8'000, 'x'), "x");
  expect_quick();
  expect_in_budget(before);
}

TEST_F(Drip, of_bodies_delays_nobody_and_stays_in_the_memory_budget) {
  const double before = private_mb();
  drip("POST /v1/readings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n[" +
           std::string(40'000, ' '),
       " ");
  expect_quick();
  expect_in_budget(before);
  slow_.clear();
  rig_.persistence().start();
  const std::string json = "Content-Type: application/json\r\n";
  rig_.wait_until("a write is taken as if nothing had been", patience,
                  [&] { return http_post(port_, "/v1/readings", json, R"({"sensor":"a","value":1})").status == 201; });
}

}  // namespace
}  // namespace sensors::rig
