// Everything that can happen to the publisher, and everything it can do about it. Read this first: Logic is a
// function from one Event and the time to Effects, and shell.cpp connects both to the world.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/core/disk_figures.hpp"
#include "common/core/disk_reserve.hpp"
#include "common/core/reading.hpp"
#include "common/core/service_events.hpp"
#include "common/core/silence_watch.hpp"
#include "services/sensor-publisher/drivers/driver.hpp"
#include "services/sensor-publisher/logic/outbox_entry.hpp"
#include "services/sensor-publisher/logic/send_window.hpp"

namespace sensors::publisher {

// ---- events ----

/// A driver finished the round that StartRead asked for.
struct DriverRead {
  std::size_t driver;  // index into the configuration's drivers
  DriverReport report;
};

/// A range of the outbox in which only some readings stay. That the others were thinned out is not written row by row:
/// it is what a hole before OutboxWrite's last thinned position means.
struct ThinnedRange {
  Position first;
  Position last;
  std::vector<OutboxEntry> keep;  // readings, in order
  WallTime time;
};

/// One transaction on the outbox. As an effect, at most one is outstanding.
struct OutboxWrite {
  std::vector<OutboxEntry> append;  // in order, behind everything that is there; what is there already is replaced
  Position delete_through = 0;      // confirmed: these rows may go
  std::optional<OutboxEntry> drop;  // the outbox is full: these rows go, and this gap record takes their place
  std::string known_store;          // not empty: remember this store's id
  std::optional<std::string> calibrations{};  // remember these, as calibrations_of() has them
  std::optional<BootTime> boot{};             // remember when this boot began, for the streams that are of it
  std::optional<ThinnedRange> thin{};
  KnownSensorChanges sensors{};                             // what is to be kept of them
  DiskReserve::Action reserve = DiskReserve::Action::none;  // released before the transaction, restored after it
};

/// The outbox finished an OutboxWrite, which comes back: all of it is on the disk, or none of it.
struct OutboxWritten {
  Result<void> result;
  OutboxWrite write;
  std::int64_t used_bytes = 0;  // of the file's pages, free ones excluded; 0: not known
  bool reserve_held = false;
  DiskFigures disk = {};
};

/// The outbox finished an OutboxOpen. Errors: invalid and newer_schema do not go away by themselves, others may.
struct OutboxOpened {
  Result<OutboxContents> contents;
};

/// The outbox finished an OutboxScan: as OutboxReadDone.
struct OutboxScanned {
  Position first;
  Result<std::vector<OutboxEntry>> entries;
};

/// The outbox finished an OutboxRead: entries in order, without holes, from `first`; fewer than there are at most.
struct OutboxReadDone {
  Position first;
  Result<std::vector<OutboxEntry>> entries;
};

using Event = std::variant<Tick, StopRequested, MqttConnected, MqttDisconnected, MqttPublished, MqttMessage, DriverRead,
                           OutboxWritten, OutboxReadDone, OutboxScanned, OutboxOpened>;

// ---- effects ----

/// Read a driver: at most `room` samples, where what is left can wait where it comes from (Driver::allow).
struct StartRead {
  std::size_t driver;
  std::size_t room;
};

/// The service ends: no more is wanted of this driver than what is there already (Driver::finish).
struct FinishDriver {
  std::size_t driver;
};

/// At most one is outstanding.
struct OutboxRead {
  Position first;
  std::size_t max_entries;
};

/// Entries to choose from when the outbox must become smaller. At most one is outstanding.
struct OutboxScan {
  Position first;
  std::size_t max_entries;
};

/// Close the outbox and open it again, because it could not be opened before or cannot be trusted any more: what was
/// not written for certain is written again behind it. `known` is what the Logic knows better than a damaged file: this
/// run's stream, at least. Until it is done there is no other effect on the outbox.
struct OutboxOpen {
  OutboxContents known;
  bool is_settled = true;  // the positions in `known` are those of the file; if not, this run's stream is put behind it
  std::string damage;      // not empty: a statement found this damage; it is salvaged without another look
  bool release_reserve = false;
};

using Effect = std::variant<LogLine, Exit, ServiceStatus, MqttPublish, MqttSubscribe, MqttReconnect, StartRead,
                            FinishDriver, OutboxWrite, OutboxRead, OutboxScan, OutboxOpen>;
using Effects = std::vector<Effect>;

}  // namespace sensors::publisher
