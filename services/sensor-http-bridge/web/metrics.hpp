// The page /metrics: what every service says of itself in numbers, and the HTTP side's own, for Prometheus and its kin.
// Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/codec/json_object.hpp"
#include "common/core/time.hpp"

namespace sensors::bridge {

/// Prometheus's text format 0.0.4, or OpenMetrics 1.0, which every scraper that asks for it takes.
enum class MetricsFormat { text, open_metrics };
MetricsFormat metrics_format_of(std::string_view accept);
const char* content_type_of(MetricsFormat format);

/// Families of samples, written out each with its samples together, as both formats want it.
class MetricsPage {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  void gauge(const std::string& name, const char* help, const Labels& labels, double value);

  /// `name` without "_total".
  void counter(const std::string& name, const char* help, const Labels& labels, double value);

  /// A histogram: how many observations were at most each of `bounds`, in seconds, and their sum and number.
  void histogram(const std::string& name, const char* help, const std::vector<double>& bounds,
                 const std::vector<std::uint64_t>& counts, double sum, std::uint64_t count);

  std::string text(MetricsFormat format) const;

 private:
  enum class Type { gauge, counter, histogram };
  struct Sample {
    std::string suffix;
    std::string labels;  // "{a="b"}" or empty
    double value = 0;
  };
  struct Family {
    Type type = Type::gauge;
    std::string help;
    std::vector<Sample> samples;
  };
  Family& family(const std::string& name, const char* help, Type type);

  std::map<std::string, Family> families_;
};

/// Counts durations by how long they are.
class LatencyHistogram {
 public:
  void observe(Millis took);
  void add_to(MetricsPage& page, const std::string& name, const char* help) const;

 private:
  static constexpr std::array<double, 10> bounds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30};
  std::array<std::uint64_t, bounds.size()> counts_{};
  double sum_s_ = 0;
  std::uint64_t count_ = 0;
};

/// What the numbers of one service's status and queue payloads mean.
void add_service(MetricsPage& page, const std::string& node, const std::string& service,
                 const std::vector<JsonNumber>& status, const std::vector<JsonNumber>& queue);

}  // namespace sensors::bridge
