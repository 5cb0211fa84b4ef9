// PublishIds gives the messages of several askers ids of one sequence: each numbers its messages as it likes, and hears
// of the broker's answer under its own number again. Bridge has one for its sides, Web one for its parts. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "common/core/service_events.hpp"

namespace sensors::bridge {

/// `Asker` says who is to hear of an answer. There is one answer for each id (common/adapters/mqtt_paho), so no more
/// are kept than the MQTT client has messages.
template <class Asker>
class PublishIds {
 public:
  /// Gives `message` an id in place of the asker's own. 0 stays 0: nobody wants to hear of it.
  MqttPublish give(Asker asker, MqttPublish message) {
    if (message.id == 0) return message;
    asked_.emplace(++last_, Asked{asker, message.id});
    message.id = last_;
    return message;
  }

  struct Answered {
    Asker asker;
    MqttPublished published;  // with the asker's own id
  };

  /// Whose answer it is; nothing when nobody has asked, or has heard of it already.
  std::optional<Answered> take(const MqttPublished& published) {
    const auto asked = asked_.find(published.id);
    if (asked == asked_.end()) return std::nullopt;
    Answered answered{asked->second.asker, {asked->second.own_id, published.result}};
    asked_.erase(asked);
    return answered;
  }

  /// Messages without an answer.
  std::size_t size() const { return asked_.size(); }

 private:
  struct Asked {
    Asker asker;
    std::uint64_t own_id;
  };

  std::map<std::uint64_t, Asked> asked_;
  std::uint64_t last_ = 0;
};

}  // namespace sensors::bridge
