// Shell connects the Logic to the world: effects become jobs of the store and messages to the broker. It decides
// nothing. Loop thread.
#pragma once

#include <utility>

#include "common/service/service_shell.hpp"
#include "services/sensor-persistence/config.hpp"
#include "services/sensor-persistence/events.hpp"
#include "services/sensor-persistence/store/store.hpp"

namespace sensors::persistence {

class Shell : public ServiceShell {
 public:
  /// `store` and `inbox` must outlive this. The connection starts at once.
  Shell(Store& store, MqttClientOptions mqtt, Inbox<Event>& inbox)
      : ServiceShell(std::move(mqtt), inbox), store_(store) {}

  using ServiceShell::carry_out;
  void carry_out(OpenStore open) { store_.apply(open); }
  void carry_out(CommitTransaction transaction) { store_.apply(std::move(transaction)); }
  void carry_out(LoadStream load) { store_.apply(std::move(load)); }
  void carry_out(MeasureStore measure) { store_.apply(measure); }
  void carry_out(RunQuery query) { store_.apply(std::move(query)); }
  void carry_out(ListDeadLetters list) { store_.apply(std::move(list)); }

 private:
  Store& store_;
};

/// The service, until it ends; its exit code.
int run(Config config);

}  // namespace sensors::persistence
