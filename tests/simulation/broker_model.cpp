#include "tests/simulation/broker_model.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace sensors::simulation {

namespace {

constexpr Millis keepalive{5'000};
constexpr Millis broker_notices{7'500};  // keepalive * 1.5
constexpr Millis client_notices_least{5'000};
constexpr Millis client_notices_most{13'000};

/// MQTT 5 section 4.7; the filters here have "+" only.
bool matches(std::string_view filter, std::string_view topic) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < filter.size(); ++i) {
    if (filter[i] == '+') {
      while (at < topic.size() && topic[at] != '/') ++at;
    } else if (at >= topic.size() || topic[at++] != filter[i]) {
      return false;
    }
  }
  return at == topic.size();
}

bool is_worth_a_note(const std::string& topic) {
  return topic.find("/status/") == std::string::npos && topic.find("/queue/") == std::string::npos;
}

std::string brief(const MqttMessage& message) { return message.topic + " " + message.payload.substr(0, 160); }

}  // namespace

bool BrokerModel::is_data(const std::string& topic) {
  return topic.find("/reading/") != std::string::npos || topic.find("/backlog/") != std::string::npos;
}

// ---- faults ----

void BrokerModel::end(bool by_power_cut, Millis restart_after) {
  if (!up_) return;
  world_.note("broker", by_power_cut ? "power cut" : "killed");
  up_ = false;
  answers_when_down_ = !by_power_cut;
  retained_.clear();
  for (const ConnectionPtr& connection : std::exchange(sessions_, {})) {
    connection->open_at_broker = false;
    const Millis noticed =
        by_power_cut ? world_.random.between(client_notices_least, client_notices_most) : Millis{1} + latency();
    world_.after(noticed, [connection] {
      if (connection->client != nullptr) connection->client->lost("the broker went away");
    });
  }
  world_.after(restart_after, [this, run = run_] {
    if (up_ || run != run_) return;
    up_ = true;
    ++run_;
    world_.note("broker", "starts");
  });
}

void BrokerModel::refuse_data(double share, Millis time) {
  world_.note("broker", fmt::format("refuses {:.0f} % of the readings for {} s", share * 100, time.count() / 1'000));
  refused_share_ = share;
  refuses_until_ = world_.scheduler.now() + time;
}

void BrokerModel::cut_new_links(Millis time) {
  world_.note("broker", fmt::format("cuts new connections for {} s", time.count() / 1'000));
  cuts_until_ = world_.scheduler.now() + time;
}

Instant BrokerModel::held_until(const std::string& client_id) const {
  const auto found = held_until_.find(client_id);
  return found == held_until_.end() ? Instant{} : found->second;
}

void BrokerModel::hold_link(const std::string& client_id, Millis time) {
  world_.note(client_id, fmt::format("nothing passes to or from the broker for {} ms", time.count()));
  const Instant until = std::max(held_until(client_id), world_.scheduler.now() + time);
  held_until_[client_id] = until;
  for (const ConnectionPtr& connection : sessions_) {
    if (connection->options.client_id != client_id) continue;
    // A side that noticed has closed; the other learns of it when something passes again.
    world_.after(broker_notices, [this, connection, client_id] {
      if (held_until(client_id) > world_.scheduler.now()) close_session(connection, true, "keepalive");
    });
    world_.after(world_.random.between(client_notices_least, client_notices_most), [this, connection, client_id] {
      const bool held = held_until(client_id) > world_.scheduler.now();
      if (held && connection->client != nullptr) connection->client->lost("no answer to a ping");
    });
    world_.scheduler.at(until, [connection] {
      if (connection->client != nullptr && !connection->open_at_broker) connection->client->lost("reset by the broker");
    });
  }
}

void BrokerModel::reset_link(const std::string& client_id) {
  world_.note(client_id, "connection reset");
  const std::vector<ConnectionPtr> sessions = sessions_;
  for (const ConnectionPtr& connection : sessions) {
    if (connection->options.client_id != client_id) continue;
    close_session(connection, true, "reset");
  }
}

void BrokerModel::heal() {
  refuses_until_ = cuts_until_ = Instant{};
  held_until_.clear();
  if (!std::exchange(up_, true)) ++run_;
}

// ---- connections ----

BrokerModel::Attempt BrokerModel::connect(MqttLink& client, const MqttLinkOptions& options, ConnectionPtr& made) {
  if (held_until(options.client_id) > world_.scheduler.now()) return Attempt::no_answer;
  if (!up_) return answers_when_down_ ? Attempt::refused : Attempt::no_answer;
  const std::vector<ConnectionPtr> sessions = sessions_;
  for (const ConnectionPtr& other : sessions) {
    if (other->options.client_id == options.client_id) close_session(other, true, "taken over");
  }
  made = std::make_shared<Connection>();
  made->client = &client;
  made->options = options;
  sessions_.push_back(made);
  for (const auto& [topic, message] : retained_) {
    const bool wanted = std::any_of(options.subscriptions.begin(), options.subscriptions.end(),
                                    [&topic = topic](const std::string& filter) { return matches(filter, topic); });
    if (!wanted) continue;
    auto copy = std::make_shared<MqttMessage>(*message);
    copy->retained = true;
    deliver(made, copy);
  }
  if (world_.scheduler.now() < cuts_until_) {
    const Millis soon = world_.random.between(Millis{1}, Millis{10} + options_.latency_most * 4);
    world_.after(soon, [this, made] { close_session(made, true, "cut"); });
  }
  return Attempt::accepted;
}

void BrokerModel::close_session(const ConnectionPtr& connection, bool with_will, const std::string& why) {
  if (!std::exchange(connection->open_at_broker, false)) return;
  std::erase(sessions_, connection);
  connection->queue.clear();
  if (world_.timeline.is_on()) world_.note("broker", "session of " + connection->options.client_id + " ends: " + why);
  if (with_will && !connection->options.will_topic.empty()) {
    auto will = std::make_shared<MqttMessage>();
    will->topic = connection->options.will_topic;
    will->payload = connection->options.will_payload;
    route(will, true);
  }
  world_.scheduler.at(std::max(world_.scheduler.now() + latency(), held_until(connection->options.client_id)),
                      [connection] {
                        if (connection->client != nullptr) connection->client->lost("closed by the broker");
                      });
}

void BrokerModel::client_left(const ConnectionPtr& connection, bool silently) {
  connection->client = nullptr;
  const Instant now = world_.scheduler.now();
  const Instant noticed =
      silently ? now + broker_notices : std::max(now + latency(), held_until(connection->options.client_id));
  world_.scheduler.at(noticed, [this, connection] { close_session(connection, true, "client gone"); });
}

// ---- packets ----

void BrokerModel::send(const ConnectionPtr& connection, bool up, Packet packet) {
  Pipe& pipe = up ? connection->up : connection->down;
  packet.due = world_.scheduler.now() + latency();
  if (!pipe.packets.empty()) packet.due = std::max(packet.due, pipe.packets.back().due);
  pipe.packets.push_back(std::move(packet));
  if (!std::exchange(pipe.armed, true)) arm(connection, up);
}

void BrokerModel::arm(const ConnectionPtr& connection, bool up) {
  const Pipe& pipe = up ? connection->up : connection->down;
  const Instant due = std::max(pipe.packets.front().due, held_until(connection->options.client_id));
  world_.scheduler.at(due, [this, connection, up] { pump(connection, up); });
}

void BrokerModel::pump(const ConnectionPtr& connection, bool up) {
  Pipe& pipe = up ? connection->up : connection->down;
  const auto open = [&] { return up ? connection->open_at_broker : connection->client != nullptr; };
  const Instant now = world_.scheduler.now();
  while (open() && !pipe.packets.empty() && pipe.packets.front().due <= now &&
         held_until(connection->options.client_id) <= now) {
    if (!up && connection->client->callbacks_.is_frozen()) {
      pipe.armed = false;  // unfrozen() arms it again
      return;
    }
    Packet packet = std::move(pipe.packets.front());
    pipe.packets.pop_front();
    if (up) {
      arrive(connection, std::move(packet));
    } else {
      connection->client->arrive(std::move(packet));
    }
  }
  if (!open()) pipe.packets.clear();
  pipe.armed = !pipe.packets.empty();
  if (pipe.armed) arm(connection, up);
}

void BrokerModel::arrive(const ConnectionPtr& connection, Packet packet) {
  switch (packet.kind) {
    case Packet::Kind::publish: {
      Packet puback;
      puback.kind = Packet::Kind::puback;
      puback.id = packet.id;
      const bool refused = is_data(packet.message->topic) && world_.scheduler.now() < refuses_until_ &&
                           world_.random.chance(refused_share_);
      if (refused) {
        puback.result = fail(ErrorCode::rejected, "broker refused the message, MQTT 5 reason code 151");
      } else {
        route(packet.message, packet.retain);
      }
      send(connection, false, std::move(puback));
      break;
    }
    case Packet::Kind::puback:
      connection->in_flight -= std::min<std::size_t>(connection->in_flight, 1);
      while (!connection->queue.empty() && connection->in_flight < options_.max_inflight) {
        transmit(connection, std::move(connection->queue.front()));
        connection->queue.pop_front();
      }
      break;
    case Packet::Kind::disconnect: close_session(connection, false, "disconnected"); break;
  }
}

void BrokerModel::route(const Shared& message, bool retain) {
  if (world_.timeline.is_on() && is_worth_a_note(message->topic)) world_.note("broker", brief(*message));
  if (retain) retained_[message->topic] = message;
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    const ConnectionPtr& session = sessions_[i];
    const std::vector<std::string>& filters = session->options.subscriptions;
    const bool wanted = std::any_of(filters.begin(), filters.end(),
                                    [&](const std::string& filter) { return matches(filter, message->topic); });
    if (wanted) deliver(session, message);
  }
}

void BrokerModel::deliver(const ConnectionPtr& connection, const Shared& message) {
  if (connection->in_flight >= options_.max_inflight || !connection->queue.empty()) {
    if (connection->queue.size() < options_.max_queued) {
      connection->queue.push_back(message);
    } else {
      ++dropped_;  // its publisher gets PUBACK 0 all the same
    }
    return;
  }
  transmit(connection, message);
}

void BrokerModel::transmit(const ConnectionPtr& connection, Shared message) {
  ++connection->in_flight;
  Packet packet;
  packet.kind = Packet::Kind::publish;
  packet.message = std::move(message);
  send(connection, false, std::move(packet));
}

}  // namespace sensors::simulation
