// WritingClient is a program that hands readings in over HTTP. It sends a write again under the same Idempotency-Key
// until it is told that the store has it, whatever becomes of the bridge meanwhile; without a key it does so only when
// it was told that nothing of it was taken. It tells the Ledger what it was promised. Its chances are its own, so that
// a seed without it is as it would be.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/bridge_service.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/world.hpp"

namespace sensors::simulation {

class WritingClient {
 public:
  WritingClient(World& world, BridgeService& bridge, Random random);

  /// Writes now and then, from now on.
  void start();
  void stop() { is_writing_ = false; }

  /// Hands some readings in now.
  void write();

  /// It gives up no more.
  void heal() { gives_up_ = false; }

  /// Writes that it still asks about.
  std::size_t waiting() const { return writes_.size(); }

 private:
  struct Write {
    std::string key;  // empty: none
    std::string body;
    std::vector<std::uint64_t> numbers;  // of its readings, in order
    bool waits_elsewhere = false;        // asks for 202
    std::string location;                // where to ask what has become of it; empty: it is to be sent
    std::uint64_t attempt = 0;
  };
  using Answer = std::optional<WebResponse>;  // none: the connection ended, or it took too long

  void write_again_later();
  Write new_write();
  WebRequest request_of(const Write& write) const;
  void send(std::uint64_t id);
  void heard(std::uint64_t id, std::uint64_t attempt, const Answer& answer);
  void heard_of(Write& write, const WebResponse& answer);
  void send_later(std::uint64_t id);
  void check_rows(const Write& write, const std::string& body);
  void check_state(const Write& write, const std::string& body);
  Millis latency() { return random_.between(Millis{0}, Millis{3}); }

  World& world_;
  BridgeService& bridge_;
  Random random_;
  const Millis mean_pause_;
  std::map<std::uint64_t, Write> writes_;
  std::uint64_t last_write_ = 0;
  bool is_writing_ = true;
  bool gives_up_ = true;
};

}  // namespace sensors::simulation
