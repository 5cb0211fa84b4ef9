// The part of Logic that watches the wall clock: readings taken while nobody vouches for it carry their uptime, and get
// their time from it once the clock is right (ADR 4).
#include <cmath>

#include <fmt/format.h>

#include "common/codec/control_json.hpp"
#include "common/codec/topic.hpp"
#include "services/sensor-publisher/logic/logic.hpp"

namespace sensors::publisher {

void Logic::watch_clock(Now now, Effects& effects) {
  const bool is_first = !clock_.is_read();
  const BootClock::Change change = clock_.update(now);
  if (change == BootClock::Change::none) return;
  self_.report_again();
  if (change == BootClock::Change::synced) {
    const bool is_news_to_outbox = sender_.learn_boot_time(*clock_.boot_time());
    if (!is_first) report_correction(now, effects);
    if (is_news_to_outbox || !is_first) writer_.remember_boot_time(*clock_.boot_time());
    publish_boot_time(effects);
  } else {
    effects.push_back(LogLine{LogLevel::info,  // as at each start of a machine without a clock of its own
                              "the kernel does not say that the clock is synchronised; readings carry their uptime "
                              "until it does. Where the clock is right all the same, set [clock] trust = \"always\""});
    // Rows that are written from now on may outlive this boot.
    if (clock_.boot_time().has_value()) writer_.remember_boot_time(*clock_.boot_time());
  }
}

void Logic::report_correction(Now now, Effects& effects) {
  const double seconds = static_cast<double>(clock_.correction().count()) / 1e3;
  std::string text = fmt::format(
      "the clock is synchronised: it was {:.3f} s {}; {} readings taken since the start get their time "
      "from their uptime",
      std::abs(seconds), seconds < 0 ? "ahead" : "behind", unsynced_readings_);
  self_.announce("clock", {LogLevel::info, std::move(text)}, now, effects);
}

/// Retained, so that a store that was away hears it too.
void Logic::publish_boot_time(Effects& effects) {
  if (!self_.is_connected() || !clock_.boot_time().has_value() || clock_.boot_time()->boot.empty()) return;
  std::set<std::string> nodes = boot_nodes_;
  nodes.insert(options_.node);
  for (const std::string& node : nodes) {
    MqttPublish message;
    message.topic = topic_of(options_.root, node, "clock", service_name);
    message.payload = encode_boot_time(*clock_.boot_time());
    message.retain = true;
    effects.push_back(std::move(message));
  }
}

}  // namespace sensors::publisher
