// Episodes decides when something wrong becomes an episode and when that is over: it begins when the trouble has lasted
// for as long as its kind is to last, and ends when the trouble is gone for a while and nobody is blind to it. There
// is one episode of a name at most.
// Owned by Logic, on the loop thread. Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "services/sensor-alerts/logic/episode.hpp"

namespace sensors::alerts {

struct EpisodeOptions {
  /// A trouble that comes back within this is still the same episode.
  Millis ends_after{60'000};

  /// The words of an open one follow those of its trouble, such as a count, at most so often: each change is written
  /// and published, and sent to nobody.
  Millis renew_every{5 * 60'000};

  /// Open ones; what is beyond is not told, and counted.
  std::size_t max_open = 1'000;

  /// Ended ones that are shown; the oldest give way.
  std::size_t max_ended = 200;
};

class Episodes {
 public:
  Episodes(EpisodeOptions options, std::vector<Episode> known, std::uint64_t next_number);

  /// What is wrong now. `is_unknown`: whether it cannot be said now that this alert is over.
  void observe(const std::vector<Trouble>& wrong, const std::function<bool(const Alert&)>& is_unknown, Now now);

  /// Of an open one that is not acknowledged; false when there is none of this name.
  bool acknowledge(const std::string& name, Now now);

  /// Whether the end of this one must not wait: what it was comes back, and is critical.
  bool is_pressing(const std::string& name) const { return pressing_.contains(name); }

  /// By name.
  const std::map<std::string, Episode, std::less<>>& all() const { return episodes_; }

  /// Replaces the one of its name.
  void update(Episode episode);

  /// Those that changed since the last call, and numbers of those that are not kept any more.
  std::vector<Episode> take_changed();
  std::vector<std::uint64_t> take_forgotten();

  std::uint64_t next_number() const { return next_number_; }
  std::size_t open() const { return open_; }

  /// Troubles that had no room as episodes, counted when each would have begun.
  std::uint64_t dropped() const { return dropped_; }

  std::optional<Instant> wake_at() const;

 private:
  void begin(const Trouble& trouble, Now now);
  void press(Episode& ended, const Trouble& trouble, Now now);
  void follow(Episode& episode, const Trouble& trouble, Now now);
  void end(Episode& episode, WallTime at, Now now);
  void change(Episode& episode, Now now);
  void forget_oldest();

  EpisodeOptions options_;
  std::map<std::string, Episode, std::less<>> episodes_;
  std::map<std::string, Instant, std::less<>> pending_;  // troubles that have not lasted long enough: since when
  std::map<std::string, Instant, std::less<>> gone_;     // open ones whose trouble is gone: since when
  std::map<std::string, Instant, std::less<>> renewed_;  // open ones: when their words were taken; none since a start
  std::set<std::string, std::less<>> pressing_;
  std::set<std::string, std::less<>> changed_;
  std::set<std::string, std::less<>> refused_;  // counted, for as long as they last
  std::vector<std::uint64_t> forgotten_;
  std::uint64_t next_number_;
  std::size_t open_ = 0;
  std::uint64_t dropped_ = 0;
  std::optional<Instant> wake_at_;
};

}  // namespace sensors::alerts
