#include "services/sensor-alerts/logic/episodes.hpp"

#include <algorithm>
#include <utility>

namespace sensors::alerts {

Episodes::Episodes(EpisodeOptions options, std::vector<Episode> known, std::uint64_t next_number)
    : options_(options), next_number_(next_number) {
  for (Episode& episode : known) {
    if (episode.is_open()) ++open_;
    next_number_ = std::max(next_number_, episode.number + 1);
    std::string name = episode.alert.name;
    episodes_.insert_or_assign(std::move(name), std::move(episode));
  }
}

void Episodes::observe(const std::vector<Trouble>& wrong, const std::function<bool(const Alert&)>& is_unknown,
                       Now now) {
  wake_at_.reset();
  pressing_.clear();
  const auto wake = [this](Instant at) { wake_at_ = std::min(wake_at_.value_or(at), at); };
  std::map<std::string, Instant, std::less<>> still_pending;
  std::set<std::string, std::less<>> present;
  for (const Trouble& trouble : wrong) {
    const std::string& name = trouble.alert.name;
    if (!present.insert(name).second) continue;
    const auto known = episodes_.find(name);
    if (known != episodes_.end() && known->second.is_open()) {
      follow(known->second, trouble, now);
      continue;
    }
    const auto before = pending_.find(name);
    const Instant first = before == pending_.end() ? now.monotonic : before->second;
    // The end of the one before is told first.
    const bool must_wait = known != episodes_.end() && !known->second.end_told;
    const bool is_long = now.monotonic - first >= trouble.lasts;
    if (is_long && must_wait && trouble.alert.severity == "critical") press(known->second, trouble, now);
    if (is_long && !must_wait) {
      begin(trouble, now);
    } else if (known == episodes_.end() || !known->second.is_open()) {
      still_pending.emplace(name, first);
      if (!must_wait) wake(first + trouble.lasts);
    }
  }
  pending_ = std::move(still_pending);
  std::erase_if(refused_, [&present](const std::string& name) { return !present.contains(name); });
  for (auto& [name, episode] : episodes_) {
    if (!episode.is_open()) continue;
    if (present.contains(name) || is_unknown(episode.alert)) {
      gone_.erase(name);
      continue;
    }
    const Instant gone = gone_.try_emplace(name, now.monotonic).first->second;
    if (now.monotonic - gone >= options_.ends_after) {
      end(episode, wall_at(gone, now), now);
    } else {
      wake(gone + options_.ends_after);
    }
  }
  forget_oldest();
}

/// What is critical does not wait for the morning: the end of the one before is told now, or it was told to nobody and
/// goes on.
void Episodes::press(Episode& ended, const Trouble& trouble, Now now) {
  if (ended.begin_told || open_ >= options_.max_open) {
    pressing_.insert(ended.alert.name);
    return;
  }
  ended.alert.ended.reset();
  ++open_;
  follow(ended, trouble, now);
  change(ended, now);
}

void Episodes::begin(const Trouble& trouble, Now now) {
  const std::string& name = trouble.alert.name;
  if (open_ >= options_.max_open) {
    if (refused_.insert(name).second) ++dropped_;
    return;
  }
  if (const auto old = episodes_.find(name); old != episodes_.end()) forgotten_.push_back(old->second.number);
  Episode episode;
  episode.number = next_number_++;
  episode.alert = trouble.alert;
  renewed_[name] = now.monotonic;
  change(episode, now);
  episodes_.insert_or_assign(name, std::move(episode));
  ++open_;
}

/// Its words are those of the trouble as it is now; at once where it becomes critical. That it never falls: who was
/// told of something critical hears of its end.
void Episodes::follow(Episode& episode, const Trouble& trouble, Now now) {
  Alert& alert = episode.alert;
  const bool is_raised = !episode.is_critical() && trouble.alert.severity == "critical";
  const bool is_same = alert.text == trouble.alert.text && alert.advice == trouble.alert.advice;
  if (!is_raised && is_same) return;
  const auto renewed = renewed_.find(alert.name);
  const bool is_fresh = renewed != renewed_.end() && now.monotonic - renewed->second < options_.renew_every;
  if (!is_raised && is_fresh) return;
  if (is_raised) alert.severity = trouble.alert.severity;
  alert.text = trouble.alert.text;
  alert.advice = trouble.alert.advice;
  renewed_[alert.name] = now.monotonic;
  change(episode, now);
}

void Episodes::end(Episode& episode, WallTime at, Now now) {
  episode.alert.ended = std::max(at, episode.alert.since);
  gone_.erase(episode.alert.name);
  renewed_.erase(episode.alert.name);
  change(episode, now);
  --open_;
}

/// What is shown of it is another thing from now on.
void Episodes::change(Episode& episode, Now now) {
  episode.alert.time = now.wall;
  changed_.insert(episode.alert.name);
}

bool Episodes::acknowledge(const std::string& name, Now now) {
  const auto found = episodes_.find(name);
  if (found == episodes_.end() || !found->second.is_open()) return false;
  if (found->second.alert.acknowledged.has_value()) return true;
  found->second.alert.acknowledged = now.wall;
  change(found->second, now);
  return true;
}

void Episodes::update(Episode episode) {
  std::string name = episode.alert.name;
  changed_.insert(name);
  episodes_.insert_or_assign(std::move(name), std::move(episode));
}

/// Only those whose end is told.
void Episodes::forget_oldest() {
  if (episodes_.size() - open_ <= options_.max_ended) return;
  std::vector<std::pair<WallTime, std::string>> ended;
  for (const auto& [name, episode] : episodes_) {
    if (!episode.is_open() && episode.end_told) ended.emplace_back(*episode.alert.ended, name);
  }
  std::sort(ended.begin(), ended.end());
  std::size_t too_many = episodes_.size() - open_ - options_.max_ended;
  for (const auto& [at, name] : ended) {
    if (too_many-- == 0) return;
    forgotten_.push_back(episodes_.find(name)->second.number);
    episodes_.erase(name);
    changed_.insert(name);  // what is retained for it goes
  }
}

std::vector<Episode> Episodes::take_changed() {
  std::vector<Episode> changed;
  for (const std::string& name : changed_) {
    if (const auto found = episodes_.find(name); found != episodes_.end()) {
      changed.push_back(found->second);
    } else {
      Episode gone;  // number 0: only its name is left
      gone.alert.name = name;
      changed.push_back(std::move(gone));
    }
  }
  changed_.clear();
  return changed;
}

std::vector<std::uint64_t> Episodes::take_forgotten() { return std::exchange(forgotten_, {}); }

std::optional<Instant> Episodes::wake_at() const { return wake_at_; }

}  // namespace sensors::alerts
