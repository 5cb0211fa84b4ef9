// The demo's table: fmt lays it out, ANSI's "cursor up" and "clear to the end" draw it in place.
#include "tests/rig/demo_table.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

namespace sensors::rig {
namespace {

using Json = nlohmann::json;

ServiceView view_of(const MqttProbe& probe, const std::string& node, const std::string& service) {
  const std::optional<MqttMessage> status = probe.last("sensors/" + node + "/status/" + service);
  return status.has_value() ? view_of_status(status->payload) : ServiceView{};
}

}  // namespace

ServiceView view_of_status(const std::string& payload) {
  ServiceView view;
  const Json status = Json::parse(payload, nullptr, false);
  if (!status.is_object()) return view;
  view.state = status.value("state", view.state);
  if (const auto breaker = status.find("breaker"); breaker != status.end() && breaker->is_object()) {
    view.breaker = breaker->value("state", view.breaker);
  }
  if (const auto pace = status.find("pace_ms"); pace != status.end() && pace->is_number()) {
    view.pace = fmt::format("{} s", pace->get<double>() / 1e3);
  }
  return view;
}

std::vector<DemoTable::Row> DemoTable::rows(const Rig& rig, const MqttProbe& probe) const {
  std::vector<Row> rows;
  for (std::size_t node = 0; node < rig.nodes(); ++node) {
    const Publisher& publisher = rig.publisher(node);
    const OutboxReader outbox = publisher.outbox();
    const ServiceView view = view_of(probe, publisher.node(), "sensor-publisher");
    const bool exists = outbox.exists();
    rows.push_back({publisher.name(), fmt::format("{} taken", exists ? outbox.taken() : 0),
                    fmt::format("{} in outbox", exists ? outbox.waiting() : 0), view.state, view.breaker, view.pace});
  }
  const Rig::Progress progress = rig.progress();
  const ServiceView store = view_of(probe, rig.store_node(), "sensor-persistence");
  const std::uint64_t waiting = progress.stored - std::min(progress.stored, progress.delivered);
  rows.push_back({"sensor-persistence", fmt::format("{} stored", progress.stored),
                  fmt::format("{} to deliver", waiting), store.state, store.breaker, store.pace});
  const ServiceView bridge = view_of(probe, rig.store_node(), "sensor-http-bridge");
  rows.push_back({"sensor-http-bridge", fmt::format("{} delivered", progress.delivered), "", bridge.state,
                  bridge.breaker, bridge.pace});
  return rows;
}

void DemoTable::show(const Rig& rig, const MqttProbe& probe, Millis since_start, const std::string& note) {
  std::string text;
  const std::vector<Row> all = rows(rig, probe);
  if (terminal_) {
    if (drawn_lines_ > 0) text += fmt::format("\x1b[{}A\x1b[J", drawn_lines_);
    text += fmt::format("{:<32}{:>18}{:>20}  {:<10}{:<11}{}\n", fmt::format("{} s", since_start.count() / 1'000),
                        "readings", "waiting", "state", "breaker", "pace");
    for (const Row& row : all) {
      text += fmt::format("{:<32}{:>18}{:>20}  {:<10}{:<11}{}\n", row.part, row.readings, row.waiting, row.state,
                          row.breaker, row.pace);
    }
    text += note + "\n";
    drawn_lines_ = all.size() + 2;
  } else {
    text += fmt::format("{:>4} s", since_start.count() / 1'000);
    for (const Row& row : all) text += fmt::format(" | {} {} breaker {}", row.readings, row.waiting, row.breaker);
    text += (note.empty() ? "" : " | " + note) + "\n";
  }
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace sensors::rig
