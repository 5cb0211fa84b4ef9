#include "tests/bench/http_load.hpp"

#include <chrono>
#include <iterator>
#include <thread>

#include "tests/rig/http_peer.hpp"

namespace sensors::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr Millis longest_answer{30'000};

struct Share {
  std::vector<double> latencies_ms;
  std::uint64_t others = 0;
  std::string other;
};

/// One connection, until `until`; a new one where it ends.
Share run_connection(std::uint16_t port, int connection, Clock::time_point until, int wanted_status,
                     const std::function<std::string(int, int)>& request_of) {
  Share share;
  int number = 0;
  while (Clock::now() < until) {
    rig::HttpPeer peer(port);
    while (Clock::now() < until) {
      const std::string request = request_of(connection, number++);
      const Clock::time_point begin = Clock::now();
      const rig::HttpReplyText reply = peer.send(request) ? peer.read_reply(longest_answer) : rig::HttpReplyText{};
      const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
      if (reply.status == wanted_status) {
        share.latencies_ms.push_back(took.count());
      } else {
        ++share.others;
        share.other = std::to_string(reply.status) + " " + reply.body;
      }
      if (reply.status == 0) break;
    }
  }
  return share;
}

}  // namespace

LoadResult load_http(std::uint16_t port, int connections, Millis time, int wanted_status,
                     const std::function<std::string(int, int)>& request_of) {
  std::vector<Share> shares(static_cast<std::size_t>(connections));
  std::vector<std::thread> threads;
  const Clock::time_point begin = Clock::now();
  for (int i = 0; i < connections; ++i) {
    threads.emplace_back([&shares, i, port, until = begin + time, wanted_status, &request_of] {
      shares[static_cast<std::size_t>(i)] = run_connection(port, i, until, wanted_status, request_of);
    });
  }
  for (std::thread& thread : threads) thread.join();
  LoadResult result;
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  for (Share& share : shares) {
    result.others += share.others;
    if (!share.other.empty()) result.other = std::move(share.other);
    result.latencies_ms.insert(result.latencies_ms.end(), share.latencies_ms.begin(), share.latencies_ms.end());
  }
  return result;
}

}  // namespace sensors::bench
