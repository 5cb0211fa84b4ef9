#include "services/sensorctl/verbs/ask_store.hpp"

#include <utility>

#include <fmt/format.h>

#include "services/sensorctl/exit_code.hpp"

namespace sensors::sensorctl {

namespace {

constexpr const char* store_service = "sensor-persistence";
constexpr std::uint64_t request_id = 1;

}  // namespace

AskStore::AskStore(Question question, Session session)
    : Command(Kind::asks),
      question_(std::move(question)),
      session_(std::move(session)),
      choice_(session_, store_service) {}

std::vector<std::string> AskStore::filters(const Session& session) {
  return {session.filter("rpc-reply", session.client), session.all_status(store_service)};
}

std::optional<Instant> AskStore::next_tick() const { return deadline_.has_value() ? deadline_ : choice_.wake_at(); }

void AskStore::connected() { choice_.connected(now_.monotonic); }

void AskStore::take(const MqttMessage& message) {
  const std::optional<TopicView> topic = parse_topic(message.topic);
  if (!topic.has_value()) return;
  if (topic->kind == "status" && !message.payload.empty()) return choice_.heard(topic->node);
  if (!deadline_.has_value() || message.topic != session_.reply_topic(node_) || message.correlation != session_.client)
    return;
  const Result<Told> told = question_.tell(message.payload);
  if (!told.has_value()) return fail_with(exit_trouble, told.error().message);
  print(told->text);
  if (!told->note.empty()) complain(told->note);
  end(told->exit_code);
}

void AskStore::take(const MqttPublished& published) {
  if (published.id != request_id || published.result.has_value()) return;
  fail_with(exit_trouble, published.result.error().message);
}

void AskStore::advance() {
  if (deadline_.has_value()) {
    if (now_.monotonic < *deadline_) return;
    if (choice_.nodes().is_mistaken()) return fail_with(exit_no_answer, choice_.nodes().mistake());
    return fail_with(exit_no_answer, fmt::format("{0} of node {1} did not answer in {2} s; systemctl status {0}",
                                                 store_service, node_, session_.timeout.count() / 1'000));
  }
  const std::optional<Result<std::string>> node = choice_.decided(now_.monotonic);
  if (!node.has_value()) return;
  if (node->has_value()) return ask(**node);
  fail_with(node->error().code == ErrorCode::invalid ? exit_usage : exit_no_answer, node->error().message);
}

void AskStore::ask(const std::string& node) {
  node_ = node;
  deadline_ = now_.monotonic + session_.timeout;
  MqttPublish request;
  request.id = request_id;
  request.topic = topic_of(session_.root, node_, "rpc", question_.verb);
  request.payload = question_.payload;
  request.response_topic = session_.reply_topic(node_);
  request.correlation = session_.client;
  publish(std::move(request));
}

}  // namespace sensors::sensorctl
