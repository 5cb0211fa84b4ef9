// MqttLink: one service's client of the BrokerModel.
#include <algorithm>
#include <utility>

#include "tests/simulation/broker_model.hpp"

namespace sensors::simulation {

namespace {

constexpr Millis connect_timeout{5'000};
constexpr Millis reconnect_first{250};
constexpr Millis reconnect_longest{5'000};
constexpr std::size_t max_inflight = 20;
constexpr std::size_t max_queued = 10'000;

}  // namespace

MqttLink::MqttLink(World& world, BrokerModel& broker, MqttLinkOptions options, MqttLinkCallbacks callbacks)
    : world_(world), broker_(broker), options_(std::move(options)), callbacks_(std::move(callbacks)) {
  later(Millis{1}, [this] { try_to_connect(); });
}

MqttLink::~MqttLink() {
  *alive_ = false;
  if (connection_ != nullptr) broker_.client_left(connection_, false);
}

template <class Action>
void MqttLink::later(Millis delay, Action action) {
  world_.after(delay, [alive = alive_, action = std::move(action)] {
    if (*alive) action();
  });
}

void MqttLink::try_to_connect() {
  if (connection_ != nullptr) return;
  if (callbacks_.is_frozen()) return later(Millis{1'000}, [this] { try_to_connect(); });
  BrokerModel::ConnectionPtr made;
  switch (broker_.connect(*this, options_, made)) {
    case BrokerModel::Attempt::refused: return later(Millis{1}, [this] { connect_failed("connection refused"); });
    case BrokerModel::Attempt::no_answer:
      return later(connect_timeout, [this] { connect_failed("no CONNACK in time"); });
    case BrokerModel::Attempt::accepted: break;
  }
  connection_ = std::move(made);
  reconnect_wait_ = reconnect_first;
  later(broker_.latency(), [this, connection = connection_] {
    if (connection_ == connection) callbacks_.on_connected();
  });
}

void MqttLink::connect_failed(const std::string& why) {
  callbacks_.on_disconnected(why);
  const Millis wait = world_.random.between(reconnect_wait_ / 2, reconnect_wait_);
  reconnect_wait_ = std::min(reconnect_longest, reconnect_wait_ * 2);
  later(wait, [this] { try_to_connect(); });
}

void MqttLink::lost(const std::string& why) {
  if (connection_ == nullptr) return;
  if (callbacks_.is_frozen()) {
    lost_while_frozen_ = why;
    return;
  }
  if (connection_->open_at_broker) {
    broker_.client_left(connection_, false);
  } else {
    connection_->client = nullptr;
  }
  connection_.reset();
  callbacks_.on_disconnected(why);
  const auto answer = [this, &why](std::uint64_t id) {
    if (id != 0) callbacks_.on_published({id, fail(ErrorCode::disconnected, "publish: " + why)});
  };
  for (const std::uint64_t id : std::exchange(in_flight_, {})) answer(id);
  for (const MqttPublish& message : std::exchange(queue_, {})) answer(message.id);
  later(world_.random.between(Millis{1}, reconnect_wait_), [this] { try_to_connect(); });
}

void MqttLink::unfrozen() {
  if (!lost_while_frozen_.empty()) lost(std::exchange(lost_while_frozen_, {}));
  if (connection_ == nullptr) return;
  send_more();
  if (!connection_->down.packets.empty() && !std::exchange(connection_->down.armed, true)) {
    broker_.arm(connection_, false);
  }
}

void MqttLink::publish(MqttPublish message) {
  if (connection_ != nullptr && queue_.size() < max_queued) {
    queue_.push_back(std::move(message));
    return send_more();
  }
  if (message.id == 0) return;
  callbacks_.on_published({message.id, connection_ != nullptr
                                           ? fail(ErrorCode::overloaded, "publish: queue full")
                                           : fail(ErrorCode::disconnected, "publish: no connection")});
}

void MqttLink::send_more() {
  while (!queue_.empty() && in_flight_.size() < max_inflight) {
    MqttPublish publish = std::move(queue_.front());
    queue_.pop_front();
    in_flight_.push_back(publish.id);
    auto message = std::make_shared<MqttMessage>();
    message->topic = std::move(publish.topic);
    message->payload = std::move(publish.payload);
    message->response_topic = std::move(publish.response_topic);
    message->correlation = std::move(publish.correlation);
    BrokerModel::Packet packet;
    packet.kind = BrokerModel::Packet::Kind::publish;
    packet.message = std::move(message);
    packet.retain = publish.retain;
    broker_.send(connection_, true, std::move(packet));
  }
}

void MqttLink::arrive(BrokerModel::Packet packet) {
  if (packet.kind == BrokerModel::Packet::Kind::publish) {
    callbacks_.on_message(*packet.message);
    BrokerModel::Packet puback;
    puback.kind = BrokerModel::Packet::Kind::puback;
    broker_.send(connection_, true, std::move(puback));
    return;
  }
  if (in_flight_.empty()) return;
  const std::uint64_t id = in_flight_.front();
  in_flight_.pop_front();
  if (id != 0) callbacks_.on_published({id, std::move(packet.result)});
  send_more();
}

void MqttLink::leave() {
  if (connection_ == nullptr) return;
  // In good order everything that waits goes out: the window does not matter here.
  while (!queue_.empty()) {
    in_flight_.clear();
    send_more();
  }
  BrokerModel::Packet packet;
  packet.kind = BrokerModel::Packet::Kind::disconnect;
  broker_.send(connection_, true, std::move(packet));
  connection_->client = nullptr;
  connection_.reset();
}

void MqttLink::vanish() {
  if (connection_ == nullptr) return;
  if (connection_->open_at_broker) {
    broker_.client_left(connection_, true);
  } else {
    connection_->client = nullptr;
  }
  connection_.reset();
}

}  // namespace sensors::simulation
