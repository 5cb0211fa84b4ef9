// fold() adds one effect to the hash of a run. An effect that is new in an events.hpp needs its own here: the compiler
// says so.
#pragma once

#include "services/sensor-http-bridge/events.hpp"
#include "services/sensor-persistence/events.hpp"
#include "services/sensor-publisher/events.hpp"
#include "tests/simulation/effect_hash.hpp"

namespace sensors::simulation {

inline void fold(EffectHash& hash, const LogLine& line) { hash.add(line.text); }
inline void fold(EffectHash& hash, const Exit& exit) { hash.add(static_cast<std::uint64_t>(exit.code)); }
inline void fold(EffectHash& hash, const ServiceStatus& status) { hash.add(status.text); }

inline void fold(EffectHash& hash, const MqttReconnect&) { hash.add(std::uint64_t{1}); }
inline void fold(EffectHash& hash, const MqttSubscribe& more) { hash.add(more.filter); }
inline void fold(EffectHash& hash, const MqttPublish& message) {
  hash.add(message.id);
  hash.add(message.topic);
  hash.add(message.payload);
  hash.add(message.correlation);
}

inline void fold(EffectHash& hash, const publisher::StartRead& read) {
  hash.add(read.driver);
  hash.add(read.room);
}
inline void fold(EffectHash& hash, const publisher::FinishDriver& finish) { hash.add(finish.driver); }
inline void fold(EffectHash& hash, const publisher::OutboxRead& read) { hash.add(read.first); }
inline void fold(EffectHash& hash, const publisher::OutboxScan& scan) { hash.add(scan.first); }
inline void fold(EffectHash& hash, const publisher::OutboxOpen& open) { hash.add(open.known.last); }
inline void fold(EffectHash& hash, const publisher::OutboxWrite& write) {
  hash.add(write.append.empty() ? 0 : write.append.back().last);
  hash.add(write.thin.has_value() ? write.thin->last : 0);
  hash.add(write.delete_through);
  hash.add(write.known_store);
}

inline void fold(EffectHash& hash, const persistence::CommitTransaction& transaction) {
  for (const persistence::StreamRows& rows : transaction.streams) hash.add(rows.through);
  for (const persistence::Confirmation& confirmation : transaction.confirmations) hash.add(confirmation.last);
  hash.add(transaction.hand_outs.size());
}
inline void fold(EffectHash& hash, const persistence::OpenStore& open) { hash.add(open.salvage.has_value() ? 2 : 1); }
inline void fold(EffectHash& hash, const persistence::LoadStream& load) { hash.add(load.stream); }
inline void fold(EffectHash&, const persistence::MeasureStore&) {}
inline void fold(EffectHash& hash, const persistence::RunQuery& query) { hash.add(query.call); }
inline void fold(EffectHash& hash, const persistence::ListDeadLetters& list) { hash.add(list.call); }

inline void fold(EffectHash& hash, const bridge::Attempt& attempt) {
  hash.add(attempt.key);
  hash.add(attempt.batch);
}
inline void fold(EffectHash& hash, const bridge::SaveBreaker& save) { hash.add(save.text); }
inline void fold(EffectHash& hash, const bridge::SaveWriteHomes& save) { hash.add(save.text); }

inline void fold(EffectHash& hash, const WebResponse& response) {
  hash.add(response.id);
  hash.add(static_cast<std::uint64_t>(response.status));
  hash.add(response.body);
}
inline void fold(EffectHash& hash, const WebStreamBegin& stream) { hash.add(stream.id); }
inline void fold(EffectHash& hash, const WebStreamData& data) { hash.add(data.text); }
inline void fold(EffectHash& hash, const WebStreamEnd& stream) { hash.add(stream.id); }

}  // namespace sensors::simulation
