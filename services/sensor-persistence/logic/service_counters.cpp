#include "services/sensor-persistence/logic/service_counters.hpp"

namespace sensors::persistence {

void ServiceCounters::describe(StatusWriter& status) const {
  StatusWriter& counters = status.in("counters");
  counters.add("messages", messages);
  counters.add("refused_messages", refused_messages);
  counters.add("malformed_rows", malformed_rows);
  counters.add("from_future", from_future);
  counters.add("commits", commits);
  counters.add("failed_commits", failed_commits);
  counters.add("salvages", salvages);
  counters.add("lost_in_damage", lost_in_damage);
  counters.add("dead_lettered", dead_lettered);
  counters.add("dead_letters_dropped", dead_letters_dropped);
  counters.add("requeued", requeued);
  counters.add("purged", purged);
  counters.add("calls", calls);
  counters.add("refused_calls", refused_calls);
}

}  // namespace sensors::persistence
