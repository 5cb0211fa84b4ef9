// Command is one verb of sensorctl: it hears from the broker, prints, and ends. This base deals with what is the same
// for all: a broker that is not there, and Ctrl-C. On the loop thread. Pure.
#pragma once

#include <optional>
#include <string>

#include "common/core/liveness.hpp"
#include "services/sensorctl/events.hpp"

namespace sensors::sensorctl {

class Command {
 public:
  enum class Kind {
    asks,     // ends with its answer; Ctrl-C or a lost connection is an end without one
    watches,  // goes on until Ctrl-C, also when the connection was lost for a while
  };

  explicit Command(Kind kind) : kind_(kind) {}
  virtual ~Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  Effects step(Event event, Now now);

  /// When a Tick is wanted; never again after the end.
  std::optional<Instant> wake_at() const { return ended_ ? std::nullopt : next_tick(); }

  /// Always empty: nothing watches over a command but the person who started it.
  const Liveness& liveness() const { return liveness_; }

 protected:
  virtual void connected() {}
  virtual void disconnected() {}
  virtual void take(const MqttMessage& message) = 0;
  virtual void take(const MqttPublished&) {}

  virtual std::optional<Instant> next_tick() const { return std::nullopt; }

  /// After each event, once connected.
  virtual void advance() {}

  bool has_ended() const { return ended_; }

  /// Whether what is published now can reach the broker.
  bool is_connected() const { return is_connected_; }

  void print(std::string text) { effects_.emplace_back(Print{std::move(text)}); }
  void show(std::string text) { effects_.emplace_back(Show{std::move(text)}); }
  void complain(std::string text) { effects_.emplace_back(Complain{std::move(text)}); }
  void publish(MqttPublish message) { effects_.emplace_back(std::move(message)); }
  void end(int exit_code);
  void fail_with(int exit_code, std::string complaint);

  Now now_{};  // of the step under way

 private:
  void handle(const Tick&) {}
  void handle(const StopRequested&);
  void handle(const MqttConnected&);
  void handle(const MqttDisconnected& event);
  void handle(const MqttPublished& event) { take(event); }
  void handle(const MqttMessage& event) { take(event); }

  const Kind kind_;
  Liveness liveness_;
  Effects effects_;  // of the step under way
  bool is_connected_ = false;
  bool was_connected_ = false;
  bool ended_ = false;
};

}  // namespace sensors::sensorctl
