#include "services/sensorctl/verbs/ask_store.hpp"

#include <utility>

#include "services/sensorctl/exit_code.hpp"

namespace sensors::sensorctl {

namespace {

constexpr const char* store_service = "sensor-persistence";

}  // namespace

AskStore::AskStore(Question question, Session session)
    : AskNode(store_service, "did not answer", std::move(session)),
      question_(std::move(question)),
      calls_(AskNode::session().calls<std::monostate>(1)) {}

std::vector<std::string> AskStore::filters(const Session& session) {
  return {session.filter("rpc-reply", session.client), session.all_status(store_service)};
}

void AskStore::take(const MqttMessage& message) {
  const std::optional<TopicView> topic = parse_topic(message.topic);
  if (!topic.has_value()) return;
  if (topic->kind == "status" && !message.payload.empty()) return heard(topic->node);
  if (!calls_.take_answer(message).has_value()) return;
  const Result<Told> told = question_.tell(message.payload);
  if (!told.has_value()) return fail_with(exit_trouble, told.error().message);
  print(told->text);
  if (!told->note.empty()) complain(told->note);
  end(told->exit_code);
}

void AskStore::take(const MqttPublished& published) {
  if (!calls_.take_refusal(published).has_value()) return;
  fail_with(exit_trouble, published.result.error().message);
}

void AskStore::ask() { publish(calls_.open(node(), question_.verb, question_.payload, {}, now_.monotonic)); }

}  // namespace sensors::sensorctl
