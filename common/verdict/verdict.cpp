#include "common/verdict/verdict.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/codec/reading_json.hpp"
#include "common/codec/time_text.hpp"

namespace sensors::verdict {

namespace {

void append_member(std::string& out, std::string_view key, std::string_view text) {
  out += fmt::format(",\"{}\":", key);
  append_json_string(out, text);
}

void append_problem(std::string& out, const Problem& problem) {
  out += fmt::format(R"({{"kind":"{}","severity":"{}")", problem.kind, name_of(problem.severity));
  append_member(out, "node", problem.node);
  append_member(out, "object", problem.object);
  append_member(out, "what", problem.what);
  append_member(out, "advice", problem.advice);
  append_member(out, "since", time_text(problem.since));
  out += '}';
}

}  // namespace

std::string_view name_of(Severity severity) { return severity == Severity::critical ? "critical" : "warning"; }

bool Verdict::leaves_open(std::string_view kind, std::string_view node, std::string_view object) const {
  const auto is_it = [](const std::string& said, std::string_view name) { return said.empty() || said == name; };
  return std::any_of(left_out.begin(), left_out.end(), [&](const LeftOut& one) {
    return is_it(one.kind, kind) && is_it(one.node, node) && is_it(one.object, object);
  });
}

bool says_the_same(const Verdict& a, const Verdict& b) {
  if (a.ok() && b.ok()) return a.sensors == b.sensors && a.waiting == b.waiting;
  return a.headline == b.headline && a.problems == b.problems && a.more == b.more;
}

std::string verdict_json(const Verdict& verdict, WallTime time) {
  std::string out = fmt::format(R"({{"ok":{})", verdict.ok());
  append_member(out, "headline", verdict.headline);
  if (verdict.sensors.has_value()) out += fmt::format(R"(,"sensors":{})", *verdict.sensors);
  if (verdict.newest.has_value()) append_member(out, "newest", time_text(*verdict.newest));
  out += fmt::format(R"(,"waiting":{},"problems":[)", verdict.waiting);
  const char* separator = "";
  for (const Problem& problem : verdict.problems) {
    out += std::exchange(separator, ",");
    append_problem(out, problem);
  }
  return out + fmt::format(R"(],"more":{},"time":"{}"}})", verdict.more, time_text(time));
}

}  // namespace sensors::verdict
