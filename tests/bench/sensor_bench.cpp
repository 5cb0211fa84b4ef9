// sensor_bench measures the pipeline from end to end on real input: real processes, a real broker, real files.
#include <fmt/format.h>

#include <cstring>
#include <exception>
#include <fstream>
#include <set>
#include <string>

#include "tests/bench/measurements.hpp"

namespace {

using namespace sensors::bench;

struct Arguments {
  bool quick = false;
  std::string json_file;
  std::set<std::string> only;  // empty: all
  bool runs(const std::string& name) const { return only.empty() || only.contains(name); }
};

constexpr const char* usage =
    "usage: sensor_bench [--quick] [--json FILE] [backlog] [live] [latency] [http] [idle]\n"
    "Without names all five run, in about five minutes; --quick takes a tenth of the readings.\n";

/// Nothing when the arguments are wrong.
std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--quick") {
      arguments.quick = true;
    } else if (argument == "--json" && i + 1 < argc) {
      arguments.json_file = argv[++i];
    } else if (argument == "backlog" || argument == "live" || argument == "latency" || argument == "http" ||
               argument == "idle") {
      arguments.only.insert(argument);
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

void write_json(const std::string& path, const Figures& figures) {
  std::ofstream file(path);
  file << "{";
  const char* separator = "\n";
  for (const auto& [name, value] : figures) {
    file << separator << fmt::format("  \"{}\": {:.6g}", name, value);
    separator = ",\n";
  }
  file << "\n}\n";
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

Figures measure(const Arguments& arguments) {
  Figures figures;
  const int rounds = arguments.quick ? 1 : 3;
  if (arguments.runs("backlog")) measure_backlog(figures, arguments.quick ? 100'000 : 1'000'000, rounds);
  if (arguments.runs("live")) measure_live(figures, arguments.quick ? 20'000 : 50'000, rounds);
  if (arguments.runs("latency")) measure_latency(figures, sensors::Millis{arguments.quick ? 10'000 : 60'000});
  if (arguments.runs("http")) measure_http(figures, sensors::Millis{arguments.quick ? 2'000 : 10'000});
  if (arguments.runs("idle")) measure_idle(figures, sensors::Millis{arguments.quick ? 10'000 : 60'000});
  return figures;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--emit") == 0) return emit_readings();
  const std::optional<Arguments> arguments = parse(argc, argv);
  if (!arguments.has_value()) {
    fmt::print(stderr, "{}", usage);
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    const Figures figures = measure(*arguments);
    for (const auto& [name, value] : figures) fmt::print("{:45} {:.6g}\n", name, value);
    if (!arguments->json_file.empty()) write_json(arguments->json_file, figures);
  } catch (const std::exception& error) {
    fmt::print(stderr, "sensor_bench: {}\n", error.what());
    return 1;
  }
  return 0;
}
