#include "services/sensor-alerts/logic/telling.hpp"

#include <algorithm>
#include <utility>

namespace sensors::alerts {

namespace {

void add_group(Group group, Episodes& episodes, std::vector<Group>& groups) {
  if (group.episodes.empty()) return;
  std::sort(group.episodes.begin(), group.episodes.end(),
            [](const Episode& a, const Episode& b) { return a.number < b.number; });
  for (const Episode& episode : group.episodes) episodes.update(episode);
  groups.push_back(std::move(group));
}

Episode told(Episode episode, bool end, Now now) {
  episode.begin_told = true;
  episode.critical_told = episode.is_critical();
  episode.end_told = end;
  episode.told = now.wall;
  return episode;
}

}  // namespace

bool Telling::is_quiet(Now now) const {
  if (!options_.quiet.has_value()) return false;
  const auto local = now.wall + options_.local_offset(now.wall);
  return options_.quiet->has(std::chrono::duration_cast<Millis>(local - std::chrono::floor<std::chrono::days>(local)));
}

std::vector<Group> Telling::due(Episodes& episodes, Now now) {
  const bool quiet = is_quiet(now);
  Group begun{Message::Kind::firing};
  Group raised{Message::Kind::firing, true};
  Group ended{Message::Kind::resolved};
  for (const auto& [name, episode] : episodes.all()) {
    if (quiet && !episode.is_critical() && !episodes.is_pressing(name)) continue;
    const bool is_over = !episode.is_open();
    if (!episode.begin_told) begun.episodes.push_back(told(episode, is_over, now));
    if (episode.begin_told && episode.is_critical() && !episode.critical_told)
      raised.episodes.push_back(told(episode, is_over, now));
    if (is_over && !episode.end_told) ended.episodes.push_back(told(episode, is_over, now));
  }
  std::vector<Group> groups;
  if (begun.episodes.empty() && raised.episodes.empty() && ended.episodes.empty()) {
    tell_at_.reset();
  } else if (!tell_at_.has_value()) {
    tell_at_ = now.monotonic + options_.group_wait;
  }
  if (tell_at_.has_value() && now.monotonic >= *tell_at_) {
    tell_at_.reset();
    for (Group* group : {&begun, &raised, &ended}) add_group(std::move(*group), episodes, groups);
  }
  if (options_.remind_every > Millis{0}) add_reminders(episodes, quiet, now, groups);
  return groups;
}

/// The wall clock says only how much of the wait was over when this run began.
void Telling::add_reminders(Episodes& episodes, bool is_quiet, Now now, std::vector<Group>& groups) {
  std::map<std::uint64_t, Instant> remind_at;
  Group reminder{Message::Kind::reminder};
  for (const auto& [name, episode] : episodes.all()) {
    const bool is_wanted = episode.is_open() && episode.begin_told && !episode.alert.acknowledged.has_value();
    if (!is_wanted) continue;
    const auto known = remind_at_.find(episode.number);
    const Millis over = episode.told.has_value() ? now.wall - *episode.told : Millis{0};
    Instant at = known != remind_at_.end()
                     ? known->second
                     : now.monotonic + options_.remind_every - std::clamp(over, Millis{0}, options_.remind_every);
    const bool may_tell = !is_quiet || episode.is_critical();
    if (now.monotonic >= at && may_tell) {
      reminder.episodes.push_back(episode);
      ++reminder.episodes.back().reminders;
      reminder.episodes.back().told = now.wall;
      at = now.monotonic + options_.remind_every;
    }
    remind_at.emplace(episode.number, at);
  }
  remind_at_ = std::move(remind_at);
  add_group(std::move(reminder), episodes, groups);
}

std::optional<Instant> Telling::wake_at() const { return tell_at_; }

}  // namespace sensors::alerts
