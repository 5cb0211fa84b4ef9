// Status shows how the pipeline is, once or again and again. It asks each store that it hears of for the newest
// readings, whenever it hears of it: before the word of the connection or after it. A store that was silent is asked
// again once it speaks. What the services say of themselves is retained at the broker and comes by itself. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/codec/store_calls.hpp"
#include "services/sensorctl/verbs/command.hpp"
#include "services/sensorctl/verbs/known_nodes.hpp"
#include "services/sensorctl/verbs/session.hpp"
#include "services/sensorctl/verbs/snapshot.hpp"

namespace sensors::sensorctl {

struct StatusOptions {
  bool watch = false;
  bool json = false;
  Millis interval{2'000};  // between two pictures of --watch
};

class Status : public Command {
 public:
  Status(StatusOptions options, Session session);

  static std::vector<std::string> filters(const Session& session);

 protected:
  void connected() override;
  void disconnected() override { snapshot_.disconnected(now_); }
  void take(const MqttMessage& message) override;
  void take(const MqttPublished& published) override;
  std::optional<Instant> next_tick() const override;
  void advance() override;

 private:
  enum class Asked { waits, silent, answered };

  void ask_store_of(const Named& name);
  void ask_store(const std::string& node);
  void take_answer(const MqttMessage& message);
  bool is_complete() const;
  bool is_watching() const { return next_picture_.has_value(); }
  void tell();

  const StatusOptions options_;
  const Session session_;
  Snapshot snapshot_;
  KnownNodes nodes_;
  StoreCalls<std::string> calls_;        // of the stores, by node
  std::map<std::string, Asked> stores_;  // asked on this connection, by node
  std::optional<Instant> settled_at_;    // retained messages have come by then
  std::optional<Instant> deadline_;      // for what is missing
  std::optional<Instant> next_picture_;
};

}  // namespace sensors::sensorctl
