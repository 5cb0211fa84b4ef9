// One function for each kind of fault; each adds its own.
#include "tests/chaos/fault_catalogue.hpp"

#include <fmt/format.h>

#include <csignal>

namespace sensors::rig {
namespace {

using Catalogue = std::vector<ChaosFault>;

constexpr Millis longest_absence{3'000};
constexpr Millis longest_network_fault{6'000};
constexpr Millis longest_api_fault{6'000};
constexpr Millis longest_disk_fault{4'000};
constexpr Millis longest_clock_fault{8'000};

constexpr const char* disk_of_outbox = "disk of the outbox";
constexpr const char* disk_of_store = "disk of the store";

void add_process_faults(ChaosRig& rig, Catalogue& faults) {
  const auto add = [&](Part part, std::size_t node, const std::string& name) {
    faults.push_back({"kill -9 of " + name,
                      {name},
                      longest_absence,
                      [&rig, part, node] { rig.kill(part, node); },
                      [&rig, part, node] { rig.restart(part, node); }});
    faults.push_back({"freeze of " + name,
                      {name},
                      longest_absence,
                      [&rig, part, node] { process_of(rig.rig(), part, node).signal(SIGSTOP); },
                      [&rig, part, node] { process_of(rig.rig(), part, node).signal(SIGCONT); }});
  };
  for (std::size_t node = 0; node < rig.rig().nodes(); ++node)
    add(Part::publisher, node, fmt::format("publisher {}", node + 1));
  for (const Part part : {Part::persistence, Part::bridge, Part::broker, Part::api}) add(part, 0, name_of(part));
}

void add_wire_faults(ChaosRig& rig, Catalogue& faults) {
  for (const Link link : all_links) {
    const std::string name = name_of(link);
    TcpProxy& wire = rig.wire(link);
    const auto add = [&](const std::string& what, const std::function<void()>& begin) {
      faults.push_back({name + " " + what, {name}, longest_network_fault, begin, [&wire] { wire.pass(); }});
    };
    add("cut", [&wire] { wire.cut(); });
    add("a black hole", [&wire] { wire.stall(); });
    add("delayed", [&wire] { wire.delay(Millis{300}); });
    add("dripping", [&wire] { wire.drip(1'000); });
    add("reset", [&wire] { wire.reset_connections(); });
    add("half-open", [&wire] { wire.half_open_connections(); });
  }
}

/// What an owner does who does not know that the unit runs already.
void add_second_copies(ChaosRig& rig, Catalogue& faults) {
  const auto add = [&](Part part, std::size_t node, const std::string& name) {
    faults.push_back({"second copy of " + name,
                      {name},
                      longest_absence,
                      [&rig, part, node] { rig.start_second_copy(part, node); },
                      [] {}});
  };
  for (std::size_t node = 0; node < rig.rig().nodes(); ++node)
    add(Part::publisher, node, fmt::format("publisher {}", node + 1));
  for (const Part part : {Part::persistence, Part::bridge}) add(part, 0, name_of(part));
}

/// Each time it gets the other of two names.
void add_renames(ChaosRig& rig, Catalogue& faults) {
  for (std::size_t node = 0; node < rig.rig().nodes(); ++node) {
    const std::string first = rig.rig().publisher(node).node();
    const std::string name = fmt::format("publisher {}", node + 1);
    faults.push_back({"rename of " + name,
                      {name},
                      longest_absence,
                      [&rig, node, first] {
                        const bool is_renamed = rig.rig().publisher(node).node() != first;
                        rig.rename(node, is_renamed ? first : first + "-renamed");
                      },
                      [] {}});
  }
}

/// What a copy of an SD card, or a start from the beginning, does to the store. Its disk must let them.
void add_replaced_stores(ChaosRig& rig, Catalogue& faults) {
  const auto add = [&](const std::string& name, ChaosRig::Instead instead) {
    faults.push_back({name,
                      {name_of(Part::persistence), disk_of_store},
                      longest_absence,
                      [&rig, instead] { rig.replace_store(instead); },
                      [&rig] { rig.restart(Part::persistence); }});
  };
  add("earlier store put back", ChaosRig::Instead::earlier);
  add("empty store begun", ChaosRig::Instead::empty);
}

/// Beneath a service that runs, and that must be left to mend it: what the files had is in no other place.
void add_deleted_files(ChaosRig& rig, Catalogue& faults) {
  const auto add = [&](const std::string& what, Part part, std::size_t node, std::vector<std::string> touches,
                       const std::vector<std::string>& suffixes) {
    faults.push_back({"deleted: " + what, std::move(touches), longest_absence,
                      [&rig, part, node, suffixes] { rig.delete_files(part, node, suffixes); },
                      [&rig, part, node] { rig.wait_until_mended(part, node); }});
  };
  for (std::size_t node = 0; node < rig.rig().nodes(); ++node) {
    const std::string name = fmt::format("publisher {}", node + 1);
    add("outbox of " + name, Part::publisher, node, {name, disk_of_outbox}, {"", "-wal", "-shm"});
    add("log of the outbox of " + name, Part::publisher, node, {name, disk_of_outbox}, {"-wal"});
  }
  const std::vector<std::string> store{name_of(Part::persistence), disk_of_store};
  add("store", Part::persistence, 0, store, {""});
  add("log of the store", Part::persistence, 0, store, {"-wal"});
}

/// They touch the broker: to be started it must be seen to listen.
void add_packet_losses(ChaosRig& rig, Catalogue& faults) {
  if (!PacketFilter::works()) return;
  for (const int percent : {5, 20, 100}) {
    faults.push_back({fmt::format("{} % of the broker's packets lost", percent),
                      {name_of(Part::broker)},
                      longest_network_fault,
                      [&rig, percent] { PacketFilter::lose(rig.rig().broker().port(), percent); },
                      [] { PacketFilter::clear(); }});
  }
}

void add_api_faults(ChaosRig& rig, Catalogue& faults) {
  const auto add = [&](const std::string& name, const std::string& fault) {
    faults.push_back({"API " + name,
                      {"api"},
                      longest_api_fault,
                      [&rig, fault] { rig.rig().api().set_fault(fault); },
                      [&rig] { rig.rig().api().set_fault(R"({"mode":"none"})"); }});
  };
  add("hangs", R"({"mode":"hang"})");
  add("hangs after storing", R"({"mode":"hang_after_store"})");
  add("slow", R"({"mode":"slow","delay_ms":300})");
  add("resets", R"({"mode":"reset"})");
  add("resets after storing", R"({"mode":"reset_after_store"})");
  add("answers HTML", R"({"mode":"wrong_content_type"})");
  add("answers 1 MiB", R"({"mode":"huge"})");
  add("redirects", R"({"mode":"302"})");
  add("answers 500", R"({"mode":"500"})");
  add("answers 503, Retry-After", R"({"mode":"503","retry_after":2})");
  add("answers 429, Retry-After", R"({"mode":"429","retry_after":1})");
}

/// Nothing of a batch with such a row is stored: the bridge must find the row, and deliver the others.
void add_refusals(ChaosRig& rig, Catalogue& faults) {
  const auto add = [&](const std::string& name, const std::string& rules) {
    faults.push_back({"API refuses " + name,
                      {"api"},
                      longest_api_fault,
                      [&rig, rules] { rig.rig().api().set_rules(rules); },
                      [&rig] { rig.rig().api().set_rules("{}"); }});
  };
  add("one sensor: 422", R"({"sensors":["load1"],"status":422})");
  add("one sensor: 400", R"({"sensors":["load1"],"status":400})");
  add("batches of more than 20: 413", R"({"max_rows":20})");
}

void add_disk_faults(ChaosRig& rig, Catalogue& faults) {
  struct Disk {
    std::string name;
    std::string part;  // of the paths of its files
    SmallDisk* small;
  };
  std::vector<Disk> disks{{"outbox", "outbox-", nullptr}, {"store", "store.db", nullptr}};
  if (rig.has_small_disks()) {
    disks[0].small = &rig.outbox_disk();
    disks[1].small = &rig.store_disk();
  }
  for (const Disk& disk : disks) {
    const auto add = [&](const std::string& what, const std::string& calls, const std::string& error) {
      faults.push_back({"disk of the " + disk.name + " " + what,
                        {"disk of the " + disk.name},
                        longest_disk_fault,
                        [&rig, calls, error, part = disk.part] { rig.disk_faults().add(calls, error, part); },
                        [&rig, part = disk.part] { rig.disk_faults().clear(part); }});
    };
    add("fails to sync: EIO", "sync", "EIO");
    add("fails to write: EIO", "write", "EIO");
    add("read-only", "all", "EROFS");
    add("hangs", "sync", "STALL");
    if (disk.small == nullptr) {
      add("full", "write", "ENOSPC");
      continue;
    }
    faults.push_back({"disk of the " + disk.name + " full",
                      {"disk of the " + disk.name},
                      longest_disk_fault,
                      [small = disk.small] { small->fill(); },
                      [small = disk.small] { small->remove_filling(); }});
  }
}

void add_clock_faults(ChaosRig& rig, Catalogue& faults) {
  for (const int days : {-3'650, -1, 1, 3'650}) {
    faults.push_back({fmt::format("clock {:+} days", days),
                      {"clock"},
                      longest_clock_fault,
                      [&rig, days] { rig.clock().set_offset(std::chrono::hours{24 * days}); },
                      [&rig] { rig.clock().set_offset(Millis{0}); }});
  }
}

void add_name_faults(ChaosRig& rig, Catalogue& faults) {
  if (!rig.has_name_server()) return;
  faults.push_back({"DNS never answers",
                    {"bridge-API"},
                    longest_network_fault,
                    [&rig] {
                      rig.name_server().be_silent(true);
                      rig.wire(Link::bridge_api).reset_connections();  // one that is open needs no name
                    },
                    [&rig] { rig.name_server().be_silent(false); }});
}

}  // namespace

std::vector<ChaosFault> fault_catalogue(ChaosRig& rig) {
  Catalogue faults;
  add_process_faults(rig, faults);
  add_second_copies(rig, faults);
  add_renames(rig, faults);
  add_replaced_stores(rig, faults);
  add_deleted_files(rig, faults);
  add_wire_faults(rig, faults);
  add_packet_losses(rig, faults);
  add_api_faults(rig, faults);
  add_refusals(rig, faults);
  add_disk_faults(rig, faults);
  add_clock_faults(rig, faults);
  add_name_faults(rig, faults);
  return faults;
}

}  // namespace sensors::rig
