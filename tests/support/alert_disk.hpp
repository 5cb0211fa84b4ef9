// What the database of sensor-alerts holds after a write, for tests that have none.
#pragma once

#include <algorithm>

#include "services/sensor-alerts/events.hpp"

namespace sensors {

inline void put_on_disk(const alerts::AlertWrite& write, alerts::KnownAlerts& disk) {
  const auto put = [](auto& rows, const auto& row, auto id) {
    std::erase_if(rows, [&](const auto& other) { return other.*id == row.*id; });
    rows.push_back(row);
  };
  if (write.all) {
    disk.episodes.clear();
    disk.messages.clear();
  }
  disk.store = write.store;
  disk.next_episode = write.next_episode;
  disk.next_message = write.next_message;
  for (const std::uint64_t number : write.forgotten)
    std::erase_if(disk.episodes, [number](const alerts::Episode& one) { return one.number == number; });
  for (const alerts::Episode& episode : write.episodes) put(disk.episodes, episode, &alerts::Episode::number);
  for (const alerts::Message& message : write.messages) put(disk.messages, message, &alerts::Message::id);
  for (const std::uint64_t id : write.done)
    std::erase_if(disk.messages, [id](const alerts::Message& one) { return one.id == id; });
}

}  // namespace sensors
