// What services say of themselves, one "NODE KIND NAME PAYLOAD" a line: whatever it is, a verdict keeps its rules.
#include <algorithm>
#include <set>
#include <tuple>

#include "common/verdict/pipeline_watch.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

namespace {

constexpr WallTime start{std::chrono::hours{490'000}};

std::string_view cut_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

void must_keep_the_rules(const verdict::Verdict& verdict) {
  must(!verdict.headline.empty() && verdict.headline.find('\n') == std::string::npos, "a headline is one line");
  must(verdict.ok() == verdict.headline.starts_with("All is well"), "all is well where there is no problem");
  must(verdict.problems.size() <= verdict::PipelineWatch::max_problems, "problems are bounded");
  std::set<std::tuple<std::string, std::string, std::string>> names;
  for (const verdict::Problem& problem : verdict.problems) {
    must(!problem.what.empty() && !problem.advice.empty(), "a problem has words");
    must(names.emplace(problem.kind, problem.node, problem.object).second, "a problem is named once");
  }
}

}  // namespace

void run(std::string_view input) {
  verdict::PipelineWatch watch({.node = "kitchen"});
  Now now{Instant{std::chrono::hours{1}}, start};
  watch.connected(now);
  while (!input.empty()) {
    std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(line.size() + 1, input.size()));
    const std::string_view node = cut_word(line);
    const std::string_view kind = cut_word(line);
    const std::string_view name = cut_word(line);
    if (is_name(node) && is_name(name)) watch.take({"sensors", node, kind, name}, line, now, line.size() % 2 == 0);
  }
  for (const Millis later : {Millis{0}, Millis{4'000}, Millis{60'000}}) {
    now.monotonic += later;
    now.wall += later;
    const verdict::Verdict verdict = watch.judge(now);
    must_keep_the_rules(verdict);
    must(verdict::verdict_json(verdict, now.wall).ends_with('}'), "a verdict becomes JSON");
  }
}

}  // namespace sensors::fuzz
