#include "services/sensorctl/verbs/ask_node.hpp"

#include <utility>

#include <fmt/format.h>

#include "common/core/bridge_name.hpp"
#include "services/sensorctl/exit_code.hpp"

namespace sensors::sensorctl {

AskNode::AskNode(std::string service, std::string failing, Session session)
    : Command(Kind::asks),
      service_(std::move(service)),
      failing_(std::move(failing)),
      session_(std::move(session)),
      nodes_(session_) {}

std::optional<Instant> AskNode::next_tick() const {
  if (deadline_.has_value()) return deadline_;
  if (!connected_at_.has_value() || !session_.node.empty()) return std::nullopt;
  return *connected_at_ + (nodes_.all().empty() ? session_.timeout : KnownNodes::settle_time);
}

void AskNode::advance() {
  if (!deadline_.has_value()) return wait_for_node();
  look();
  if (has_ended() || now_.monotonic < *deadline_) return;
  if (nodes_.is_mistaken()) return fail_with(exit_no_answer, nodes_.mistake());
  fail_with(exit_no_answer, fmt::format("{} of node {} {} in {} s; systemctl status {}", service_, node_, failing_,
                                        patience().count() / 1'000, unit_name_of(service_)));
}

void AskNode::wait_for_node() {
  std::optional<Result<std::string>> node = decided_node();
  if (!node.has_value()) return;
  if (!node->has_value()) {
    const bool is_open = node->error().code == ErrorCode::invalid;
    return fail_with(is_open ? exit_usage : exit_no_answer, node->error().message);
  }
  node_ = std::move(**node);
  deadline_ = now_.monotonic + patience();
  ask();
}

/// The node, once it is clear. not_found when there is none in the session's timeout; invalid when there are several.
std::optional<Result<std::string>> AskNode::decided_node() const {
  if (!connected_at_.has_value()) return std::nullopt;
  if (!session_.node.empty()) return Result<std::string>(session_.node);
  if (now_.monotonic < *connected_at_ + KnownNodes::settle_time) return std::nullopt;
  if (nodes_.all().size() == 1) return Result<std::string>(*nodes_.all().begin());
  if (nodes_.all().size() > 1) {
    return Result<std::string>(
        fail(ErrorCode::invalid, "there are several nodes; name one with --node: " + nodes_.names()));
  }
  if (now_.monotonic < *connected_at_ + session_.timeout) return std::nullopt;
  return Result<std::string>(fail(
      ErrorCode::not_found,
      fmt::format("the broker knows no {}; is it running? systemctl status {}", service_, unit_name_of(service_))));
}

}  // namespace sensors::sensorctl
