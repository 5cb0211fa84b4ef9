#include "services/sensor-publisher/logic/store_claims.hpp"

#include <algorithm>
#include <utility>

namespace sensors::publisher {

namespace {

constexpr Millis wait_first{5'000};
constexpr Millis wait_longest{60'000};

}  // namespace

void StoreClaims::restart(const std::vector<EndedStream>& ended) {
  ended_.assign(ended.begin(), ended.end());
  std::erase_if(ended_, [](const EndedStream& stream) { return stream.last == 0; });
  retry_at_.reset();
  begin();
}

void StoreClaims::ended(EndedStream stream) {
  if (stream.last == 0) return;
  const bool all_done = next_ == ended_.size();
  ended_.push_back(std::move(stream));
  if (all_done) next_ = ended_.size();
  if (ended_.size() <= max_ended_streams) return;
  ended_.pop_front();
  next_ = next_ > 0 ? next_ - 1 : 0;
}

/// A claim that has no answer yet has its time: two stores that both answer would have it sent without end.
void StoreClaims::begin() {
  next_ = 0;
  wait_ = wait_first;
}

const EndedStream* StoreClaims::due() const {
  if (next_ == ended_.size() || retry_at_.has_value()) return nullptr;
  return &ended_[next_];
}

void StoreClaims::wait(Instant now) {
  if (retry_at_.has_value() && now >= *retry_at_) retry_at_.reset();
}

void StoreClaims::sent(Instant now) {
  retry_at_ = now + wait_;
  wait_ = std::min(wait_ * 2, wait_longest);
}

void StoreClaims::committed(const std::string& stream, std::uint64_t through) {
  if (next_ < ended_.size() && ended_[next_].id == stream && through >= ended_[next_].last) advance();
}

bool StoreClaims::belongs_to(const std::string& stream, const std::string& node) {
  if (next_ == ended_.size() || ended_[next_].id != stream) return true;
  EndedStream& claimed = ended_[next_];
  if (!claimed.node.empty()) {
    advance();
    return false;
  }
  claimed.node = node;
  again();
  return true;
}

void StoreClaims::refused() {
  if (next_ == ended_.size()) return;
  std::rotate(ended_.begin() + static_cast<std::ptrdiff_t>(next_),
              ended_.begin() + static_cast<std::ptrdiff_t>(next_) + 1, ended_.end());
}

void StoreClaims::advance() {
  if (next_ < ended_.size()) ++next_;
  wait_ = wait_first;
  retry_at_.reset();
}

std::optional<Instant> StoreClaims::wake_at() const { return next_ == ended_.size() ? std::nullopt : retry_at_; }

void StoreClaims::add_nodes_to(std::set<std::string>& nodes) const {
  for (std::size_t i = next_; i < ended_.size(); ++i) nodes.insert(ended_[i].node);
}

}  // namespace sensors::publisher
