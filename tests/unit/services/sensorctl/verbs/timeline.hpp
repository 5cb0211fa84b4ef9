// Drives one Command on virtual time and keeps what it said. Copied by nobody: the command must outlive it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/sensorctl/verbs/command.hpp"

namespace sensors::sensorctl {

class Timeline {
 public:
  explicit Timeline(Command& command) : command_(command) {}

  void happens(Event event) {
    for (Effect& effect : command_.step(std::move(event), now_)) take(effect);
  }

  void hears(const std::string& topic, const std::string& payload, bool retained = false,
             const std::string& correlation = "") {
    happens(MqttMessage{topic, payload, "", correlation, retained});
  }

  /// Moves on to the next Tick that is asked for, if it is wanted within `time`.
  void passes(Millis time) {
    const Instant end = now_.monotonic + time;
    while (const std::optional<Instant> at = command_.wake_at()) {
      if (*at > end) break;
      if (*at > now_.monotonic) move_to(*at);
      happens(Tick{});
    }
    move_to(end);
  }

  std::string out;       // stdout, pictures included
  std::string pictures;  // the newest picture
  std::string complaints;
  std::vector<MqttPublish> published;
  std::optional<int> exit_code;

  /// 2026-01-15T16:09:35Z at the start.
  static constexpr WallTime start{Millis{1'768'493'375'000}};
  Now now() const { return now_; }

 private:
  void move_to(Instant at) {
    now_.wall += std::chrono::duration_cast<Millis>(at - now_.monotonic);
    now_.monotonic = at;
  }

  void take(Effect& effect) {
    if (auto* text = std::get_if<Print>(&effect)) out += text->text;
    if (auto* picture = std::get_if<Show>(&effect)) out += pictures = picture->text;
    if (auto* complaint = std::get_if<Complain>(&effect)) complaints += complaint->text + "\n";
    if (auto* message = std::get_if<MqttPublish>(&effect)) published.push_back(*message);
    if (auto* exit = std::get_if<Exit>(&effect)) exit_code = exit->code;
  }

  Command& command_;
  Now now_{Instant{std::chrono::seconds{1'000}}, start};
};

}  // namespace sensors::sensorctl
