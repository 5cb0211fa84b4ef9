#include "tests/simulation/operator.hpp"

#include <charconv>

#include "common/codec/topic.hpp"

namespace sensors::simulation {

namespace {

constexpr const char* root = "sensors";
constexpr const char* client = "operator";

}  // namespace

Operator::Operator(World& world, BrokerModel& broker, const std::string& node)
    : world_(world),
      node_(node),
      link_(world, broker, {client, {topic_of(root, "+", "rpc-reply", client)}, "", ""},
            {[] {}, [](std::string) {}, [](MqttPublished) {},
             [this](const MqttMessage& message) { take_answer(message); }, [] { return false; }}) {}

void Operator::act() {
  DeadLettersRequest request;
  request.limit = 1 + world_.random.below(100);
  if (world_.random.chance(0.5)) return ask(request);
  request.action = world_.random.chance(0.7) ? DeadLettersRequest::Action::requeue : DeadLettersRequest::Action::purge;
  request.all = world_.random.chance(0.3);
  if (!request.all) request.ids = some_ids();
  ask(request);
}

void Operator::requeue_all() {
  DeadLettersRequest request;
  request.action = DeadLettersRequest::Action::requeue;
  request.all = true;
  ask(request);
}

/// Some that there are, and one that there never was.
std::vector<std::uint64_t> Operator::some_ids() {
  std::vector<std::uint64_t> ids{1 + world_.random.below(1'000'000)};
  for (const std::uint64_t id : seen_) {
    if (world_.random.chance(0.5)) ids.push_back(id);
  }
  return ids;
}

void Operator::ask(const DeadLettersRequest& request) {
  MqttPublish message;
  message.id = ++requests_;
  message.topic = topic_of(root, node_, "rpc", "dead-letters");
  message.payload = encode_dead_letters_request(request);
  message.response_topic = topic_of(root, node_, "rpc-reply", client);
  message.correlation = std::to_string(requests_);
  world_.note(client, message.payload);
  link_.publish(std::move(message));
}

void Operator::take_answer(const MqttMessage& message) {
  const std::string& text = message.payload;
  world_.note(client, "is told " + text.substr(0, 160));
  if (!text.starts_with("{\"dead_letters\":[")) return;
  seen_.clear();
  constexpr std::string_view key = "{\"id\":";
  for (std::size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) {
    std::uint64_t id = 0;
    std::from_chars(text.data() + at + key.size(), text.data() + text.size(), id);
    seen_.push_back(id);
  }
}

}  // namespace sensors::simulation
