// ChaosRig is the whole pipeline with everything in reach that can go wrong: a wire that can be spoiled between each
// two parts, disks and a clock that fail on request, and an account of every reading at the end.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/chaos/account.hpp"
#include "tests/chaos/vitals.hpp"
#include "tests/rig/faults.hpp"
#include "tests/rig/name_server.hpp"
#include "tests/rig/preloads.hpp"
#include "tests/rig/private_world.hpp"
#include "tests/rig/rig.hpp"
#include "tests/rig/tcp_proxy.hpp"

namespace sensors::rig {

enum class Link { publisher_broker, persistence_broker, bridge_broker, bridge_api };
inline constexpr std::array all_links{Link::publisher_broker, Link::persistence_broker, Link::bridge_broker,
                                      Link::bridge_api};
const char* name_of(Link link);

struct ChaosOptions {
  /// One node that replays the weather, 120 readings/s, unless told otherwise.
  std::vector<NodeOptions> nodes;

  /// Set over what the rig sets itself: waits of a tenth of those of a real installation and less, a pace that
  /// pressure does not slow down.
  ConfigText publisher;
  ConfigText persistence;
  ConfigText bridge;

  std::vector<std::string> environment;  // "NAME=value" for every service
  std::string broker;                    // lines of mosquitto.conf, over the shipped ones

  bool preloads = false;             // disk_faults() and clock() reach the services
  std::size_t small_disk_bytes = 0;  // outbox_disk() and store_disk(), of so many bytes each; needs a PrivateWorld
  bool api_by_name = false;          // name_server() says where the API is; needs a PrivateWorld
};

class ChaosRig {
 public:
  /// Starts nothing yet.
  ChaosRig(const TempDir& folder, ChaosOptions options);

  /// Starts every part, and waits until readings reach the API.
  void start();

  Rig& rig() { return *rig_; }
  TcpProxy& wire(Link link) { return wires_.at(static_cast<std::size_t>(link)); }
  DiskFaults& disk_faults() { return disk_faults_; }
  WallClock& clock() { return clock_; }
  bool has_small_disks() const { return outbox_disk_.has_value(); }
  bool has_name_server() const { return name_server_.has_value(); }
  SmallDisk& outbox_disk() { return outbox_disk_.value(); }
  SmallDisk& store_disk() { return store_disk_.value(); }
  NameServer& name_server() { return name_server_.value(); }
  MqttProbe& probe() { return *probe_; }

  /// kill -9, after noting what dies with the process; restart() starts it again.
  void kill(Part part, std::size_t node = 0);
  void restart(Part part, std::size_t node = 0);

  /// Starts a service a second time with the same configuration, as somebody would by hand, and waits for its end.
  /// RigError when it does not refuse to start while the first one runs.
  void start_second_copy(Part part, std::size_t node = 0);

  /// Remembers the streams of the outboxes, which forget those that are delivered; call before a publisher ends by
  /// other means than kill().
  void note_streams();

  /// Ends the publisher by SIGTERM, and starts it with its outbox under another name.
  void rename(std::size_t node, const std::string& name);

  /// Keeps a copy of the store as it is now, for replace_store(); beside the store, as a backup would.
  void copy_store();

  enum class Instead { earlier, empty };
  /// Ends the store by SIGTERM, and puts the copy in its place, or nothing; restart() starts it. The copy is then one
  /// of what was there.
  void replace_store(Instead instead);

  /// `sensorctl backup` of the first node's outbox and of the store, while everything goes on.
  void back_up();

  /// Ends the publisher and the store by SIGTERM, and has `sensorctl restore` put that backup back: `only` "outbox",
  /// "store" or "" for both. restart() starts them. Returns what it said.
  std::string restore_backup(const std::string& only);

  /// Deletes files of the outbox or of the store beneath their service, when it has them open: "" is the database,
  /// "-wal" its log.
  void delete_files(Part part, std::size_t node, const std::vector<std::string>& suffixes);

  /// Waits until the service has noticed that, and has written all that it had. RigError when it does not within 20 s.
  void wait_until_mended(Part part, std::size_t node);

  struct Ended {
    std::string name;
    int code = 0;  // of its exit, or 128 + the signal
  };
  /// Starts again every service that ended and was not killed by kill(), as systemd does.
  std::vector<Ended> restart_what_ended();

  /// The last status that "sensor-publisher", ... published; empty when there is none.
  nlohmann::json status(const std::string& service, std::size_t node = 0) const;

  /// Whether every service says that it is up.
  bool all_up() const;

  /// How long the store takes to tell the newest reading, through the broker; nothing when it does not within 5 s.
  std::optional<Millis> time_of_a_query();

  /// Notes the vitals that can be seen now; every few seconds in long runs, so that what is remembered stays small.
  void look();
  const Vitals& vitals() const { return vitals_; }

  /// Ends production, waits until all has drained, and counts. RigError when it does not drain before `deadline`.
  Account finish(Millis deadline);

  /// The account as the databases are now.
  Account account() const;

 private:
  RigOptions rig_options(ChaosOptions options);
  /// Whether the store has every stream to its end, and the API everything that the store has.
  bool drained() const;
  std::string reply_topic() const;
  /// What `sensorctl` says with these arguments. RigError when it fails.
  std::string run_sensorctl(std::vector<std::string> arguments);
  Service& service_of(Part part, std::size_t node);

  const TempDir& folder_;
  std::array<TcpProxy, all_links.size()> wires_;
  DiskFaults disk_faults_;
  WallClock clock_;
  std::optional<SmallDisk> outbox_disk_;
  std::optional<SmallDisk> store_disk_;
  std::optional<NameServer> name_server_;
  std::vector<std::string> weather_nodes_;
  std::unique_ptr<Rig> rig_;  // its services end before what is above
  std::unique_ptr<MqttProbe> probe_;
  std::vector<StreamLedger> ledgers_;
  EarlierStores earlier_stores_;
  std::map<std::pair<Part, std::size_t>, std::size_t>
      deleted_;  // files; how often their service had mended them before
  Vitals vitals_;
  std::set<std::pair<Part, std::size_t>> down_;  // killed and not yet restarted
};

/// A node that replays the weather file with the time of now: `rows` of three readings every `interval`.
NodeOptions weather_node(const std::string& node, const std::string& interval, int rows);

}  // namespace sensors::rig
