// Everything that can happen to the publisher, and everything it can do about it. Read this first: Logic is a
// function from one Event and the time to Effects, and main.cpp connects both to the world.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/core/reading.hpp"
#include "common/core/send_window.hpp"
#include "common/core/service_events.hpp"
#include "services/sensor-publisher/drivers/driver.hpp"
#include "services/sensor-publisher/outbox_entry.hpp"

namespace sensors::publisher {

// ---- events ----

/// A driver finished the round that StartRead asked for.
struct DriverRead {
  std::size_t driver;  // index into the configuration's drivers
  DriverReport report;
};

/// One transaction on the outbox. As an effect, at most one is outstanding.
struct OutboxWrite {
  std::vector<OutboxEntry> append;  // in order, behind everything that is there
  Position delete_through = 0;      // confirmed: these rows may go
  std::optional<OutboxEntry> drop;  // the outbox is full: these rows go, and this gap record takes their place
  std::string known_store;          // not empty: remember this store's id
  std::optional<BootTime> boot{};   // remember when this boot began, for the streams that are of it
};

/// The outbox finished an OutboxWrite, which comes back: all of it is on the disk, or none of it.
struct OutboxWritten {
  Result<void> result;
  OutboxWrite write;
};

/// The outbox finished an OutboxRead: entries in order, without holes, from `first`; fewer than there are at most.
struct OutboxReadDone {
  Position first;
  Result<std::vector<OutboxEntry>> entries;
};

using Event = std::variant<Tick, StopRequested, MqttConnected, MqttDisconnected, MqttPublished, MqttMessage, DriverRead,
                           OutboxWritten, OutboxReadDone>;

// ---- effects ----

struct StartRead {
  std::size_t driver;
};

/// At most one is outstanding.
struct OutboxRead {
  Position first;
  std::size_t max_entries;
};

using Effect =
    std::variant<LogLine, Exit, ServiceStatus, MqttPublish, MqttReconnect, StartRead, OutboxWrite, OutboxRead>;
using Effects = std::vector<Effect>;

}  // namespace sensors::publisher
