// WatchBench is a PipelineWatch on virtual time that hears what services say, and a machine on which all is well.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/codec/control_json.hpp"
#include "common/codec/silent_json.hpp"
#include "common/codec/status_json.hpp"
#include "common/codec/time_text.hpp"
#include "common/verdict/pipeline_watch.hpp"

namespace sensors::verdict {

using namespace std::chrono_literals;

struct Say {
  std::string node = "kitchen";
  std::string service;
  ServiceState state = ServiceState::up;
  std::string reason = {};
  std::string details = {};  // further members
};

class WatchBench : public testing::Test {
 protected:
  WatchBench() { watch.connected(now); }

  void pass(Millis time) {
    now.monotonic += time;
    now.wall += time;
  }

  bool hear(std::string_view node, std::string_view kind, std::string_view name, std::string_view payload,
            bool retained = false) {
    return watch.take(TopicView{"sensors", node, kind, name}, payload, now, retained);
  }

  void say(const Say& say, bool retained = false) {
    StatusReport report;
    report.service = say.service;
    report.state = say.state;
    report.reason = say.reason;
    report.since = now.wall;
    report.version = "1";
    report.details = say.details;
    ASSERT_TRUE(hear(say.node, "status", say.service, encode_status(report), retained));
  }

  void queue(std::string_view service, QueueDepth depth, std::string_view node = "kitchen") {
    ASSERT_TRUE(hear(node, "queue", service, encode_queue_depth(depth)));
  }

  void silent(const SilentReport& report, std::string_view service = "sensor-publisher",
              std::string_view node = "kitchen") {
    ASSERT_TRUE(hear(node, "silent", service, encode_silent(report)));
  }

  /// All three services of a machine, up.
  void all_up(const std::string& node = "kitchen") {
    for (const char* service : {"sensor-publisher", "sensor-persistence", "sensor-http-bridge"})
      say({.node = node, .service = service});
  }

  Verdict judge() const { return watch.judge(now); }

  /// "severity kind node/object: what | advice", the worst first.
  std::vector<std::string> problems() const {
    std::vector<std::string> lines;
    for (const Problem& each : judge().problems) {
      lines.push_back(fmt::format("{} {} {}/{}: {} | {}", name_of(each.severity), each.kind, each.node, each.object,
                                  each.what, each.advice));
    }
    return lines;
  }

  std::vector<std::string> kinds_of_problems() const {
    std::vector<std::string> of_kinds;
    for (const Problem& each : judge().problems) of_kinds.push_back(each.kind + " " + each.node + "/" + each.object);
    return of_kinds;
  }

  static inline const WallTime start{std::chrono::hours{490'000}};
  Now now{Instant{1h}, start};
  PipelineWatch watch{{.node = "kitchen", .service = "sensor-http-bridge"}};
};

using Lines = std::vector<std::string>;

}  // namespace sensors::verdict
