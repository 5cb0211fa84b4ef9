// Sink is the one interface between delivery and a destination: it carries out attempts, one kind of destination in one
// folder here. What can be decided without the world (what is sent, what an answer means) is in the folder's own
// `logic`. Loop thread.
#pragma once

#include <functional>

#include "services/sensor-http-bridge/delivery/attempt.hpp"

namespace sensors::bridge {

class Sink {
 public:
  /// Called once for each attempt, on any thread; it must only enqueue.
  using Done = std::function<void(Attempted)>;

  virtual ~Sink() = default;

  /// Begins it; never blocks. One attempt at a time is under way, beside those that are stuck.
  virtual void attempt(Attempt attempt) = 0;
};

}  // namespace sensors::bridge
