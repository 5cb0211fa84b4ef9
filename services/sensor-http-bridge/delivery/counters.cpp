#include "services/sensor-http-bridge/delivery/counters.hpp"

#include "common/codec/describe_shared.hpp"

namespace sensors::bridge {

void Counters::describe(StatusWriter& status) const {
  sensors::describe(latency, status.in("api_latency"));
  StatusWriter& counters = status.in("counters");
  counters.add("delivered", delivered);
  counters.add("rejected", rejected);
  counters.add("splits", splits);
  counters.add("holds", holds);
  counters.add("batches", batches);
  counters.add("bytes", bytes);
  counters.add("unanswered", unanswered);
  counters.add("late_outcomes", late_outcomes);
  StatusWriter& by_class = counters.in("failures");
  for (const auto& [name, count] : failures) by_class.add(name, count);
}

}  // namespace sensors::bridge
