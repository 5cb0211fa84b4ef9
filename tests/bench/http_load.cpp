#include "tests/bench/http_load.hpp"

#include <fmt/format.h>

#include <sstream>

#include "tests/rig/process.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_error.hpp"

namespace sensors::bench {

namespace {

constexpr Millis patience{10'000};

}  // namespace

LoadResult load_http(const rig::TempDir& folder, std::uint16_t port, const HttpLoad& load, Millis time) {
  rig::Process::Options options;
  options.name = "wrk";
  options.command = {rig::program_path("wrk"),
                     "--threads=1",
                     fmt::format("--connections={}", load.connections),
                     fmt::format("--duration={}s", std::chrono::floor<std::chrono::seconds>(time).count()),
                     "--script=" + rig::source_path("tests/bench/http_load.lua"),
                     fmt::format("http://127.0.0.1:{}{}", port, load.target),
                     "--",
                     load.rows == 0 ? "200" : "201",
                     std::to_string(load.rows)};
  options.log_file = folder.file("wrk.log");
  options.output_file = folder.file("wrk.out");
  rig::Process wrk(options);
  wrk.start();
  const std::optional<int> code = wrk.wait_exit(time + patience);
  const std::string output = rig::read_file(options.output_file);
  const std::size_t begin = output.rfind("figures ");
  LoadResult result;
  std::uint64_t others = 0;
  std::string other;
  std::istringstream figures(begin == std::string::npos ? "" : output.substr(begin + 8));
  figures >> result.per_second >> result.p50_ms >> result.p99_ms >> others;
  if (code != 0 || !figures)
    throw rig::RigError("wrk " + load.target + ": " + output + rig::read_file(options.log_file));
  std::getline(figures, other);
  if (others > 0)
    throw rig::RigError(
        fmt::format("wrk {}: {} requests were not answered as they should:{}", load.target, others, other));
  return result;
}

}  // namespace sensors::bench
