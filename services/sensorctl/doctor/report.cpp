#include "services/sensorctl/doctor/report.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/codec/reading_json.hpp"
#include "common/codec/time_text.hpp"
#include "common/core/printable.hpp"
#include "services/sensorctl/verbs/text.hpp"

namespace sensors::doctor {
namespace {

constexpr std::size_t most_text_bytes = 400;

std::vector<const Finding*> worst_first(const Findings& findings) {
  std::vector<const Finding*> sorted;
  for (const Finding& finding : findings) sorted.push_back(&finding);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Finding* a, const Finding* b) { return a->severity > b->severity; });
  return sorted;
}

void append_texts(std::string& out, std::string_view lead, const std::vector<std::string>& texts) {
  out += lead;
  const char* separator = "";
  for (const std::string& text : texts) {
    out += separator;
    append_json_string(out, text);
    separator = ",";
  }
  out += ']';
}

void append_field(std::string& out, std::string_view lead, std::string_view text) {
  out += lead;
  append_json_string(out, text);
}

void append_finding(std::string& out, const Finding& finding) {
  append_field(out, "{\"check\":", finding.check);
  append_field(out, ",\"severity\":", name_of(finding.severity));
  append_field(out, ",\"object\":", finding.object);
  append_field(out, ",\"what\":", finding.what);
  append_field(out, ",\"advice\":", finding.advice);
  if (finding.remedy.has_value()) {
    append_field(out, ",\"remedy\":{\"kind\":", name_of(finding.remedy->kind));
    append_field(out, ",\"object\":", finding.remedy->object);
    out += '}';
  }
  out += '}';
}

}  // namespace

std::string human_report(const Findings& findings, bool all) {
  std::string out;
  std::size_t fine = 0;
  for (const Finding* finding : worst_first(findings)) {
    if (finding->severity == Severity::ok) ++fine;
    if (finding->severity == Severity::ok && !all) continue;
    const auto append = [&](std::string line, std::size_t hanging) {
      out += sensorctl::folded(std::move(line), sensorctl::screen_columns, hanging) + "\n";
    };
    append(fmt::format("{:<8}  {:<12}  {}: {}", name_of(finding->severity), finding->check, finding->object,
                       printable_line(finding->what, most_text_bytes)),
           24);
    if (!finding->advice.empty()) append(fmt::format("{:24}-> {}", "", finding->advice), 27);
  }
  return out +
         fmt::format("{} of {} checks are ok{}\n", fine, findings.size(), all || fine == 0 ? "" : "; --all lists them");
}

std::string human_report(const Recovery& recovery) {
  std::string out;
  for (const std::string& text : recovery.done) out += "recovery: " + text + "\n";
  for (const std::string& text : recovery.failed) out += "recovery failed: " + text + "\n";
  for (const std::string& text : recovery.withheld) out += "recovery withheld: " + text + "\n";
  return out.empty() ? "recovery: nothing that a restart would mend\n" : out;
}

std::string json_report(const Findings& findings, const std::optional<Recovery>& recovery, WallTime now) {
  std::string out;
  append_field(out, "{\"severity\":", name_of(worst(findings)));
  append_field(out, ",\"time\":", time_text(now));
  out += ",\"findings\":[";
  const char* separator = "";
  for (const Finding* finding : worst_first(findings)) {
    out += separator;
    append_finding(out, *finding);
    separator = ",";
  }
  out += ']';
  if (recovery.has_value()) {
    append_texts(out, ",\"recovery\":{\"done\":[", recovery->done);
    append_texts(out, ",\"failed\":[", recovery->failed);
    append_texts(out, ",\"withheld\":[", recovery->withheld);
    out += '}';
  }
  return out + "}\n";
}

int exit_code_of(Severity severity) {
  switch (severity) {
    case Severity::ok: return 0;
    case Severity::unknown: return 10;
    case Severity::warning: return 11;
    case Severity::critical: break;
  }
  return 12;
}

}  // namespace sensors::doctor
