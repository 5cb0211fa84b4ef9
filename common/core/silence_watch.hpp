// SilenceWatch knows the sensors of a service and judges which of them are silent: nothing came of one for some of its
// intervals. It keeps what must survive a restart, and says seldom that this is to be written. Loop thread. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/core/time.hpp"
#include "common/core/usual_interval.hpp"

namespace sensors {

struct SilenceOptions {
  /// A sensor is silent when nothing came of it for so many of its intervals. 2 .. 100.
  int intervals = 3;

  /// And for so long at least. 0: no sensor is ever silent. Up to 24 h.
  Millis floor{60'000};

  /// Sensors that are known at most; what comes of others is not watched, and counted.
  std::size_t max_known = 10'000;
};

/// A sensor as it is kept through a restart. `source` is what gives it: a driver, or a publisher.
struct KnownSensor {
  std::string node;
  std::string sensor;
  std::string source;
  Millis interval{0};  // 0: not known yet
  WallTime last;       // the time of its last reading; of an hour ago perhaps
  bool silent = false;
  bool operator==(const KnownSensor&) const = default;
};

/// What is to be written of known sensors; the order does not matter.
struct KnownSensorChanges {
  std::vector<KnownSensor> kept;
  std::vector<KnownSensor> forgotten;  // by node and sensor
  bool empty() const { return kept.empty() && forgotten.empty(); }
};

class SilenceWatch {
 public:
  using Source = std::size_t;

  /// Whether silence of a source's sensors is judged: as it should be, not for a while, or by another service.
  enum class Judged { here, paused, elsewhere };

  /// How a sensor is expected.
  struct Rhythm {
    Millis planned{0};            // its interval, or the one at which its driver is asked; 0: there is none
    bool learns = false;          // it comes of itself: at what is learned, and no sooner than planned
    bool is_stretched = false;    // by stretch()
    Millis patience{0};           // that a planned reading may take besides
    std::optional<Millis> own{};  // how long it may be silent, whatever its interval; 0: for ever
  };

  /// Which sensors began to be silent, and of which something came again.
  struct Change {
    std::vector<KnownSensor> began;
    std::vector<KnownSensor> ended;
    bool empty() const { return began.empty() && ended.empty(); }
  };

  explicit SilenceWatch(SilenceOptions options) : options_(options) {}

  /// The source `name` on `node`, new where it is not known. There are few; they stay.
  Source source(std::string_view node, std::string_view name);

  /// What was kept: none of it is silent that was not, for as long as it may be from `now` on. Sensors that are known
  /// already stay as they are. `rhythm` tells how one is expected.
  void restore(const std::vector<KnownSensor>& kept, const std::function<Rhythm(const KnownSensor&)>& rhythm, Now now);

  /// A reading of `time` came, whether it is kept or not.
  void heard(Source source, std::string_view sensor, WallTime time, const Rhythm& rhythm, Now now);

  /// A sign of life of one that is known, without a reading.
  void alive(Source source, std::string_view sensor, const Rhythm& rhythm, Now now);

  /// From now on sensors of `source` that are stretched come at `interval`. Those that were expected at a longer one
  /// are so until they come.
  void stretch(Source source, Millis interval);

  /// The time of a pause does not count as silence. What is judged elsewhere is not silent here, and counts anew.
  void judge(Source source, Judged judged, Now now);
  Judged judged(Source source) const { return sources_[source].judged; }

  /// What has changed since it was asked last. To be called in each step.
  Change take_change(Now now);

  /// When take_change() has something to look at.
  std::optional<Instant> wake_at() const;

  /// False: no such sensor is known.
  bool forget(std::string_view node, std::string_view sensor);

  /// All sensors of it; how many there were.
  std::size_t forget(Source source);

  // ---- what is known ----
  std::size_t known() const { return known_; }

  /// Those that are judged here.
  std::size_t watched() const;
  std::uint64_t not_watched() const { return not_watched_; }

  /// The longest silent first; none of what is judged elsewhere.
  std::vector<KnownSensor> silent() const;
  std::size_t silent_count() const;

  /// Changes whenever known() or silent() does.
  std::uint64_t revision() const { return revision_; }
  std::optional<KnownSensor> find(std::string_view node, std::string_view sensor) const;

  // ---- what is kept ----

  /// At most `most` of what has changed, and all that was forgotten. It counts as written, until not_saved().
  KnownSensorChanges take_unsaved(std::size_t most);
  bool has_unsaved() const { return !unsaved_.empty() || !forgotten_.empty(); }

  /// What take_unsaved() gave was not written: it will be given again.
  void not_saved(const KnownSensorChanges& changes);

  /// A sensor became silent, or was forgotten, and a crash would forget that: it is worth a write of its own. Changes
  /// that are not go with one that comes anyway.
  bool has_urgent() const { return urgent_ > 0 || !forgotten_.empty(); }

  /// What is written to from now on may have nothing of it.
  void all_unsaved();

  /// The service ends: the time of each sensor's last reading is to be written too.
  void save_times();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Sensor {
    Source source = 0;
    Millis planned{0};
    bool learns = false;
    bool is_stretched = false;
    bool silent = false;
    bool is_unsaved = false;
    bool is_urgent = false;
    Millis patience{0};
    std::optional<Millis> own;
    Instant counted_from{};  // its silence
    WallTime last;
    UsualInterval learned;
    Millis saved_interval{0};
    WallTime saved_last;
    Source saved_source = 0;
  };
  using Sensors = std::unordered_map<std::string, Sensor, Hash, std::equal_to<>>;
  struct SourceState {
    std::string node;
    std::string name;
    Sensors* sensors = nullptr;  // of its node; stays where it is
    Judged judged = Judged::here;
    Instant paused_at{};
  };

  KnownSensor kept_as(const Sensors::value_type& known) const;
  Millis interval_of(const Sensor& sensor) const;
  Millis limit_of(const Sensor& sensor) const;
  std::optional<Instant> silent_at(const Sensor& sensor) const;
  static void expect(Sensor& sensor, const Rhythm& rhythm);
  void came(Sensors::value_type& known, Source source, const Rhythm& rhythm, Now now);
  void look_by(const Sensor& sensor);
  void look(Now now);
  void count_anew(Instant from);
  void unsaved(Sensors::value_type& known);
  void urgent(Sensors::value_type& known);
  void note_what_to_keep(Sensors::value_type& known);
  template <class Visit>
  void each_of(Source source, const Visit& visit);

  SilenceOptions options_;
  std::map<std::string, Sensors, std::less<>> nodes_;
  std::vector<SourceState> sources_;
  std::map<std::string, Source, std::less<>> source_ids_;  // by node and name
  std::size_t known_ = 0;
  std::uint64_t not_watched_ = 0;
  std::uint64_t revision_ = 0;
  std::optional<Instant> look_at_;
  Change change_;
  std::vector<Sensors::value_type*> unsaved_;  // each stays where it is until it is forgotten
  std::size_t urgent_ = 0;                     // of them
  std::vector<KnownSensor> forgotten_;         // not written yet
};

}  // namespace sensors
