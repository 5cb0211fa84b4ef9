// TcpProxy is a wire between two parts of the rig that a test can spoil: connections to its port go on to a target
// port, and are cut, stalled, delayed or slowed down as told. It needs no rights and works on every machine.
// Threads: one of its own moves the bytes; every function may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "common/core/time.hpp"

namespace sensors::rig {

class TcpProxy {
 public:
  /// Listens on a free port of the loopback interface.
  TcpProxy();
  ~TcpProxy();

  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  std::uint16_t port() const;

  /// Where connections go on to, on the loopback interface. Set before the first one comes.
  void set_target(std::uint16_t port);

  /// Everything passes.
  void pass();

  /// A peer that is away: open connections are reset, new ones refused.
  void cut();

  /// A cable that is out: no byte passes and nobody is told; what was sent arrives after pass().
  void stall();

  /// Each byte takes `time` longer.
  void delay(Millis time);

  /// At most so many bytes a second pass each way, of each connection, a few at a time.
  void drip(std::size_t bytes_per_s);

  /// Resets the connections that are open now.
  void reset_connections();

  /// A peer that lost its power: the clients of the connections open now are never told, and never answered again. New
  /// connections pass.
  void half_open_connections();

  /// Connections made so far.
  std::uint64_t connections() const;

 private:
  class Wire;
  std::unique_ptr<Wire> wire_;
};

}  // namespace sensors::rig
