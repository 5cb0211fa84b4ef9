#include "common/verdict/pipeline_watch.hpp"

#include <algorithm>
#include <array>

#include "common/core/bridge_name.hpp"
#include "common/verdict/judge.hpp"

namespace sensors::verdict {

namespace {

bool is_watched(std::string_view kind) { return kind == "status" || kind == "queue" || kind == "silent"; }

/// How long ago a retained status was said, where both clocks can be believed; a live one is new whatever it says.
Millis age_of(const std::optional<ServiceReport>& report, Now now, bool retained) {
  if (!retained || !now.clock_synced || !report.has_value() || !report->time.has_value()) return Millis{0};
  return std::max(Millis{0}, now.wall - *report->time);
}

template <class Value>
std::optional<Value> optional_of(Result<Value> result) {
  return result.has_value() ? std::optional<Value>(std::move(*result)) : std::nullopt;
}

}  // namespace

/// By name: whoever may write below this node could make up others. Of several bridges it is this one and the one
/// without a name.
bool PipelineWatch::is_own(const Name& name) const {
  static constexpr std::array<std::string_view, 3> ours{publisher_service, store_service, bridge_service};
  return name.first == options_.node && !name.first.empty() &&
         (name.second == options_.service || std::find(ours.begin(), ours.end(), name.second) != ours.end());
}

bool PipelineWatch::make_room(const Name& name, Instant now) {
  if (services_.size() < options_.max_services || is_own(name)) return true;
  const auto silent = std::min_element(services_.begin(), services_.end(), [this](const auto& a, const auto& b) {
    return std::pair(is_own(a.first), a.second.heard_at()) < std::pair(is_own(b.first), b.second.heard_at());
  });
  if (silent == services_.end() || is_own(silent->first) || now - silent->second.heard_at() < long_silence)
    return false;
  services_.erase(silent);
  return true;
}

bool PipelineWatch::take(const TopicView& topic, std::string_view payload, Now now, bool retained) {
  if (topic.kind == "reading") {
    if (!retained) newest_ = now.wall;
    return true;
  }
  if (!is_watched(topic.kind)) return true;
  const Name name{std::string(topic.node), std::string(topic.name)};
  if (payload.empty()) {
    take_off(name, topic.kind, now.wall);
    return true;
  }
  if (topic.kind == "silent") return take_silent(name, payload, now);
  return take_report(name, topic.kind, payload, now, retained);
}

/// A status that is gone takes its service off: somebody has cleared it on purpose.
void PipelineWatch::take_off(const Name& name, std::string_view kind, WallTime now) {
  const auto found = services_.find(name);
  if (found == services_.end()) return;
  if (kind == "status") {
    services_.erase(found);
    return;
  }
  if (kind == "queue") found->second.queue.reset();
  if (kind == "silent") found->second.silent.reset();
  found->second.note(now);
}

bool PipelineWatch::take_report(const Name& name, std::string_view kind, std::string_view payload, Now now,
                                bool retained) {
  if (payload.size() > max_payload_bytes) return false;
  Result<std::string> line = reader_.one_line(payload, topic_keys);
  if (!line.has_value()) return false;
  if (services_.find(name) == services_.end() && !make_room(name, now.monotonic)) return false;
  WatchedService& service = services_[name];
  if (kind == "status") {
    std::optional<ServiceReport> report = optional_of(decode_status(*line));
    const Millis age = age_of(report, now, retained);
    service.status = WatchedService::Status{std::move(report),   std::move(*line), now.monotonic,
                                            now.monotonic - age, now.wall - age,   retained};
  } else {
    std::optional<QueueDepth> depth = optional_of(decode_queue_depth(*line));
    service.queue = WatchedService::Queue{depth, std::move(*line), now.monotonic};
  }
  service.note(now.wall);
  return true;
}

bool PipelineWatch::take_silent(const Name& name, std::string_view payload, Now now) {
  Result<SilentReport> report = decode_silent(payload);
  if (!report.has_value()) return false;
  if (services_.find(name) == services_.end() && !make_room(name, now.monotonic)) return false;
  if (report->silent.size() > max_silent) {
    report->more += report->silent.size() - max_silent;
    report->silent.resize(max_silent);
    report->silent.shrink_to_fit();
  }
  WatchedService& service = services_[name];
  service.silent = std::move(*report);
  service.silent_heard_at = now.monotonic;
  return true;
}

void PipelineWatch::connected(Now now) {
  connected_at_ = now.monotonic;
  connected_since_ = now.wall;
  away_since_.reset();
}

void PipelineWatch::disconnected(Now now) {
  connected_at_.reset();
  lost_at_ = now.monotonic;
  if (!away_since_.has_value()) away_since_ = now.wall;
}

Verdict PipelineWatch::judge(Now now) const { return Judge(*this, now).verdict(); }

}  // namespace sensors::verdict
