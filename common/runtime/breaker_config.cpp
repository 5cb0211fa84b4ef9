#include "common/runtime/breaker_config.hpp"

namespace sensors {

void read_breaker_config(ConfigTable table, CircuitBreakerOptions& breaker) {
  table.read("consecutive_failures", breaker.consecutive_failures, 1, 100);
  table.read("window", breaker.window, 1, 1'000);
  table.read("failures_in_window", breaker.failures_in_window, 1, breaker.window);
  table.read("slow_calls_in_window", breaker.slow_calls_in_window, 1, breaker.window);
  table.read("slow_call", breaker.slow_call, Millis{1}, Millis{600'000});
  table.read("open_times", breaker.open_times, Millis{1}, Millis{3'600'000});
  table.read("jitter", breaker.jitter, 0.0, 0.5);
}

}  // namespace sensors
