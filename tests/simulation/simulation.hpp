// Simulation is the whole pipeline in one process on virtual time: the real Logics of all services between a model
// broker, model disks and a model API, under faults that come from a seed. docs/simulation.md says what is modelled.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/bridge_service.hpp"
#include "tests/simulation/fault_plan.hpp"
#include "tests/simulation/operator.hpp"
#include "tests/simulation/persistence_service.hpp"
#include "tests/simulation/publisher_service.hpp"
#include "tests/simulation/writing_client.hpp"

namespace sensors::simulation {

struct SimulationOptions {
  std::uint64_t seed = 1;
  Millis time{10 * 3'600'000};     // with faults; then all is healed, and everything must be delivered
  std::size_t timeline_lines = 0;  // 0: keep none
};

struct Outcome {
  std::uint64_t seed = 0;
  std::optional<Violation> violation;
  Millis simulated{0};
  std::uint64_t events = 0;
  std::uint64_t hash = 0;  // of all effects of all services
  Ledger::Totals readings;
  std::array<std::uint64_t, fault_kinds> faults{};
  std::vector<std::string> timeline;
};

/// The same options give the same outcome.
Outcome simulate(const SimulationOptions& options);

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options);
  Outcome run();

 private:
  void make_services();
  void make_client();
  void make_second_bridge();
  void move_destination();
  UploadFormat upload_format() const;
  Random random_of_second() const { return Random(options_.seed ^ 0x7365636f6e642121U); }
  void inject(FaultKind kind);
  void arm(const PlannedFault& fault);
  void fault_a_disk(Disk& disk, FaultKind kind);
  void cut_power_of_machine();
  void step_clock();
  void misbehave(ApiModel& api);
  void refuse(ApiModel& api);
  void go_back(FaultKind kind);
  void open_late(FaultKind kind);
  void rename_machine();
  void rename_store();
  void stall_probe();
  void clone_machine();
  void interrupt_write();
  void take_backups();
  void heal();
  void rename_at_last();
  bool run_until(Instant end);
  void check_end();
  void check_silence();
  void check_bridges();
  void check_former_names();
  void check_takeover();
  void check_namesakes();
  bool share_destination() const { return second_bridge_ != nullptr && second_api_ == nullptr; }
  std::vector<Service*> services();
  std::vector<ApiModel*> apis();
  Service& any_service();
  PublisherService& any_publisher() { return *world_.random.one_of(publishers_); }
  const std::string& any_client();
  Millis outage();
  Millis restart_time() { return world_.random.of_any_size(Millis{100}, Millis{120'000}); }

  const SimulationOptions options_;
  World world_;
  ApiModel api_;
  std::unique_ptr<ApiModel> second_api_;
  std::unique_ptr<BrokerModel> broker_;
  std::vector<std::unique_ptr<PublisherService>> publishers_;
  std::unique_ptr<PublisherService> twin_;           // of the first publisher, behind the end
  std::unique_ptr<PersistenceService> other_store_;  // likewise
  std::unique_ptr<PersistenceService> persistence_;
  std::unique_ptr<BridgeService> bridge_;
  std::unique_ptr<BridgeService> second_bridge_;  // in some seeds
  std::unique_ptr<Operator> operator_;
  std::unique_ptr<WritingClient> client_;  // in half of the seeds
  std::vector<PlannedFault> plan_;
  bool faults_are_over_ = false;
  Outcome outcome_;
};

}  // namespace sensors::simulation
