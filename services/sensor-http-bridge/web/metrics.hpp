// The page /metrics: what every service says of itself in numbers, and the HTTP side's own, for Prometheus and its kin.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/codec/json_object.hpp"
#include "common/codec/status_json.hpp"

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

  /// In seconds, whatever `latency` counts in.
  void histogram(const std::string& name, const char* help, const Labels& labels, const LatencyReport& latency);

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

/// What a service's status says of its state, its breaker and how long its peers took to answer.
void add_report(MetricsPage& page, const std::string& node, const std::string& service, const ServiceReport& report);

/// What the numbers of one service's status and queue payloads mean.
void add_service(MetricsPage& page, const std::string& node, const std::string& service,
                 const std::vector<JsonNumber>& status, const std::vector<JsonNumber>& queue);

}  // namespace sensors::bridge
