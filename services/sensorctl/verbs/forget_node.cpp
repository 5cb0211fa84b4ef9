#include "services/sensorctl/verbs/forget_node.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/codec/status_json.hpp"
#include "services/sensorctl/exit_code.hpp"

namespace sensors::sensorctl {

namespace {

constexpr Millis usual_interval{10'000};

Session about(Session session, const std::string& node) {
  session.node = node;
  return session;
}

}  // namespace

ForgetNode::ForgetNode(std::string node, Session session)
    : Command(Kind::asks), node_(std::move(node)), session_(about(std::move(session), node_)), nodes_(session_) {}

std::vector<std::string> ForgetNode::filters(const std::string& node, const Session& session) {
  std::vector<std::string> filters{session.all_status("+")};
  for (const char* kind : {"queue", "silent", "alert"}) filters.push_back(topic_of(session.root, node, kind, "+"));
  return filters;
}

void ForgetNode::connected() { settled_at_ = now_.monotonic + KnownNodes::settle_time; }

void ForgetNode::take(const MqttMessage& message) {
  const std::optional<TopicView> topic = parse_topic(message.topic);
  if (!topic.has_value() || message.payload.empty() || deadline_.has_value()) return;
  if (topic->kind == "status") nodes_.heard(topic->node);
  if (topic->node != node_ || topics_.size() >= most_topics) return;
  topics_.insert(message.topic);
  if (topic->kind == "status" && is_alive(message)) alive_ = topic->name;
}

/// One that is retained may be of a machine that was switched off, where its age is known.
bool ForgetNode::is_alive(const MqttMessage& status) const {
  const Result<ServiceReport> report = decode_status(status.payload);
  if (!report.has_value() || report->state == ServiceState::down) return false;
  if (!status.retained || !report->time.has_value() || !now_.clock_synced) return true;
  return now_.wall - *report->time <= 3 * report->interval.value_or(usual_interval);
}

std::optional<Instant> ForgetNode::next_tick() const { return deadline_.has_value() ? deadline_ : settled_at_; }

void ForgetNode::advance() {
  if (deadline_.has_value()) {
    if (now_.monotonic >= *deadline_) fail_with(exit_trouble, "the broker does not confirm that it was cleared");
    return;
  }
  if (now_.monotonic < *settled_at_) return;
  if (topics_.empty()) {
    return fail_with(exit_trouble,
                     nodes_.is_mistaken() ? nodes_.mistake() : fmt::format("the broker knows nothing of '{}'", node_));
  }
  if (!alive_.empty()) {
    return fail_with(exit_trouble,
                     fmt::format("{} of {} runs, and would say again how it is: stop it first", alive_, node_));
  }
  clear();
}

void ForgetNode::clear() {
  deadline_ = now_.monotonic + session_.timeout;
  std::uint64_t id = 0;
  for (const std::string& topic : topics_) {
    MqttPublish empty;
    empty.id = ++id;
    empty.topic = topic;
    empty.retain = true;
    publish(std::move(empty));
  }
}

void ForgetNode::take(const MqttPublished& published) {
  if (!published.result.has_value()) {
    return fail_with(exit_trouble, published.result.error().message +
                                       "; may this user write status, queue, silent and alert? "
                                       "/usr/share/sensor-project/acl has the rules");
  }
  if (++answers_ < topics_.size()) return;
  print(fmt::format("{} is forgotten; its readings stay in the store\n", node_));
  end(exit_ok);
}

}  // namespace sensors::sensorctl
