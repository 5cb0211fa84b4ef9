// Snapshot is all that the pipeline has said so far: what a PipelineWatch has of its services, watermarks, the newest
// reading of each sensor. Bounded, whoever speaks on the broker. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/codec/control_json.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/rpc_json.hpp"
#include "common/codec/topic.hpp"
#include "common/verdict/pipeline_watch.hpp"

namespace sensors::sensorctl {

/// A service of a node, a publisher of a node, a sensor of a node: by (node, name).
using Named = std::pair<std::string, std::string>;

class Snapshot {
 public:
  static constexpr std::size_t most_services = 300;

  /// `node`: the only one that is asked for; empty: all of them.
  explicit Snapshot(std::string node = {}) : watch_({.node = std::move(node), .max_services = most_services}) {}

  static constexpr std::size_t most_sensors = 5'000;

  /// Takes a message of one of the topics of filters(). False when it could not be read, and changes nothing then.
  bool take(const TopicView& topic, const std::string& payload, Now now, bool retained = false);

  void connected(Now now) { watch_.connected(now); }
  void disconnected(Now now) { watch_.disconnected(now); }

  /// Rows of the store's `query` with `latest`.
  void take(std::vector<StoredReading> readings);

  /// The nodes whose stores were asked for their newest readings and have not answered.
  void stores_are_silent(std::set<std::string> nodes);

  /// Whether all is well, in the words of all who say so.
  verdict::Verdict judge(Now now) const { return watch_.judge(now); }

  const std::map<Named, verdict::WatchedService>& services() const { return watch_.services(); }
  const std::map<Named, Committed>& watermarks() const { return watermarks_; }
  const std::map<Named, StoredReading>& readings() const { return readings_; }
  const std::set<std::string>& silent_stores() const { return silent_stores_; }

  /// Whether a store has answered.
  bool has_answer() const { return has_answer_; }

  /// Which of the pipeline's three services no node has said anything of.
  std::vector<std::string> missing_services() const;

 private:
  bool take_reading(const Named& name, const std::string& payload);

  verdict::PipelineWatch watch_;
  std::map<Named, Committed> watermarks_;
  std::map<Named, StoredReading> readings_;
  std::set<std::string> silent_stores_;
  bool has_answer_ = false;
  ReadingDecoder decoder_;
};

}  // namespace sensors::sensorctl
