// The part of Sender that knows what keeps readings from the store for good, or for long, and says what to do about it.
#include <fmt/format.h>

#include "services/sensor-publisher/logic/sender.hpp"

namespace sensors::publisher {

namespace {

// A store that runs confirms within seconds, and asks again by itself.
constexpr Millis silence{60'000};

}  // namespace

const std::string& Sender::node_of(const std::string& node) const { return node.empty() ? options_.node : node; }

std::set<std::string> Sender::nodes() const {
  std::set<std::string> nodes;
  for (const OutboxStream& stream : streams_) nodes.insert(stream.node);
  claims_.add_nodes_to(nodes);
  nodes.erase(std::string());
  return nodes;
}

/// The store has the stream under another name. Where the outbox did not keep one yet, that is the name its readings
/// were taken under; otherwise nothing that this publisher could do would help.
Sender::Confirmation Sender::refused(const Committed& committed, Now now, Effects& effects) {
  ++refusals_;
  if (!claims_.belongs_to(committed.stream, committed.refused_node)) {
    warn("stream refused",
         fmt::format("store {} has stream {}, which is ended, as one of {}; whether it has all of it is not known",
                     committed.store, committed.stream, committed.refused_node),
         now, effects);
  }
  OutboxStream& first = streams_.front();
  if (committed.stream != first.id || committed.refused_node == node_of(first.node)) return Confirmation::nothing;
  if (first.node.empty() && streams_.size() > 1) {
    first.node = committed.refused_node;
    effects.push_back(LogLine{LogLevel::info, fmt::format("readings of stream {} were taken under the name {}, and are "
                                                          "sent under it",
                                                          first.id, first.node)});
    go_back();
    return Confirmation::nothing;
  }
  refused_by_store_ = fmt::format(
      "store {} refuses the readings of stream {} from {}, since it has that stream as one of {}: they wait, and what "
      "is behind them; stop this service, move the outbox aside, keep it, and start the service again",
      committed.store, first.id, node_of(first.node), committed.refused_node);
  return Confirmation::nothing;
}

/// A broker with rules for each machine may not let this one write under the name that it had before.
void Sender::note_answer(const InFlight& message, bool is_refused) {
  if (message.former_node.empty()) return;
  // A late answer about a stream that the store has meanwhile keeps nothing back.
  if (is_refused && message.former_node == node_of(streams_.front().node)) {
    refused_by_broker_ = fmt::format(
        "the broker does not let this machine publish as {}, the name it had when it took the oldest readings that "
        "wait: they wait, and what is behind them; let it write {}/{}/backlog/{} until they are sent",
        message.former_node, options_.root, message.former_node, service_name);
  } else {
    refused_by_broker_.clear();
  }
}

void Sender::watch_silence(Instant now) {
  const bool waits = window_.is_connected() && window_.synced() > window_.confirmed();
  if (!waits) {
    waits_since_.reset();
  } else if (!waits_since_.has_value()) {
    waits_since_ = now;
  }
  is_silent_ = waits && now >= *waits_since_ + silence;
}

std::string Sender::trouble() const {
  if (!refused_by_broker_.empty()) return refused_by_broker_;
  if (!refused_by_store_.empty()) return refused_by_store_;
  if (!is_silent_ || breaker_.state() != CircuitBreaker::State::closed) return {};
  const std::string who = known_store_.empty() ? "no store" : "store " + known_store_ + " no longer";
  return fmt::format("{} confirms readings: none in the last minute; see the status and the log of sensor-persistence",
                     who);
}

std::optional<Instant> Sender::silent_at() const {
  return waits_since_.has_value() && !is_silent_ ? std::optional(*waits_since_ + silence) : std::nullopt;
}

}  // namespace sensors::publisher
