#include "services/sensorctl/verbs/node_choice.hpp"

#include <utility>

#include <fmt/format.h>

namespace sensors::sensorctl {

NodeChoice::NodeChoice(const Session& session, std::string service)
    : named_(session.node), service_(std::move(service)), timeout_(session.timeout), nodes_(session) {}

void NodeChoice::connected(Instant now) { connected_at_ = now; }

void NodeChoice::heard(std::string_view node) { nodes_.heard(node); }

std::optional<Result<std::string>> NodeChoice::decided(Instant now) const {
  if (!connected_at_.has_value()) return std::nullopt;
  if (!named_.empty()) return Result<std::string>(named_);
  if (now < *connected_at_ + settle_time) return std::nullopt;
  if (nodes_.all().size() == 1) return Result<std::string>(*nodes_.all().begin());
  if (nodes_.all().size() > 1) {
    return Result<std::string>(
        fail(ErrorCode::invalid, "there are several nodes; name one with --node: " + nodes_.names()));
  }
  if (now < *connected_at_ + timeout_) return std::nullopt;
  return Result<std::string>(fail(
      ErrorCode::not_found, fmt::format("the broker knows no {0}; is it running? systemctl status {0}", service_)));
}

std::optional<Instant> NodeChoice::wake_at() const {
  if (!connected_at_.has_value() || !named_.empty()) return std::nullopt;
  return *connected_at_ + (nodes_.all().empty() ? timeout_ : settle_time);
}

}  // namespace sensors::sensorctl
