#include "services/sensorctl/doctor/kernel_text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace sensors::doctor {
namespace {

std::vector<std::string> words_of(std::string_view line) {
  std::istringstream in{std::string(line)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

template <class Number = std::uint64_t>
std::optional<Number> number(std::string_view text, int base = 10) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

tl::unexpected<Error> malformed(std::string_view what, std::string_view text) {
  return fail(ErrorCode::malformed,
              std::string(what) + ": not as expected: \"" + std::string(text.substr(0, 80)) + "\"");
}

bool has_option(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    const std::size_t end = std::min(options.find(','), options.size());
    if (options.substr(0, end) == wanted) return true;
    options.remove_prefix(std::min(end + 1, options.size()));
  }
  return false;
}

bool is_below(std::string_view path, std::string_view mount_point) {
  if (mount_point == "/") return true;
  return path.starts_with(mount_point) && (path.size() == mount_point.size() || path[mount_point.size()] == '/');
}

}  // namespace

Result<char> process_state(std::string_view stat) {
  // "4711 (name) S ...", where the name may hold anything.
  const std::size_t name_end = stat.rfind(") ");
  if (name_end == std::string_view::npos || name_end + 2 >= stat.size()) return malformed("stat", stat);
  return stat[name_end + 2];
}

Result<std::uint64_t> open_files_limit(std::string_view limits) {
  constexpr std::string_view name = "Max open files";
  for (const std::string_view line : lines_of(limits)) {
    if (!line.starts_with(name)) continue;
    const auto words = words_of(line.substr(name.size()));
    if (!words.empty()) {
      if (words[0] == "unlimited") return std::numeric_limits<std::uint64_t>::max();
      if (const auto soft = number(words[0])) return *soft;
    }
  }
  return malformed("limits", limits);
}

bool has_default_route(std::string_view route, std::string_view ipv6_route) {
  constexpr std::uint64_t up = 0x1;  // RTF_UP
  // Interface, destination, gateway, flags, ..., mask as the eighth.
  for (const std::string_view line : lines_of(route)) {
    const auto words = words_of(line);
    if (words.size() < 8 || words[1] != "00000000" || words[7] != "00000000") continue;
    if (const auto flags = number(words[3], 16); flags.has_value() && (*flags & up) != 0) return true;
  }
  // Destination, its prefix length, ..., flags, interface.
  for (const std::string_view line : lines_of(ipv6_route)) {
    const auto words = words_of(line);
    if (words.size() < 10 || words[1] != "00" || words[9] == "lo") continue;
    if (words[0].find_first_not_of('0') != std::string::npos) continue;
    if (const auto flags = number(words[8], 16); flags.has_value() && (*flags & up) != 0) return true;
  }
  return false;
}

Result<bool> is_mounted_read_only(std::string_view mountinfo, std::string_view path) {
  std::optional<bool> read_only;
  std::size_t longest = 0;
  // id, parent, device, root, mount point, options, optional fields, "-", type, source, options of the file system.
  for (const std::string_view line : lines_of(mountinfo)) {
    const auto words = words_of(line);
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 6 || words.end() - dash < 4 || !is_below(path, words[4])) continue;
    if (words[4].size() < longest) continue;  // a later mount at the same point hides the earlier one
    longest = words[4].size();
    read_only = has_option(words[5], "ro") || has_option(dash[3], "ro");
  }
  if (!read_only.has_value()) return malformed("mountinfo", mountinfo);
  return *read_only;
}

bool names_memory(std::string_view controllers) {
  const auto words = words_of(controllers);
  return std::find(words.begin(), words.end(), "memory") != words.end();
}

bool enables_memory(std::string_view cgroups) {
  for (const std::string_view line : lines_of(cgroups)) {
    const auto words = words_of(line);
    if (words.size() >= 4 && words[0] == "memory") return words[3] == "1";
  }
  return false;
}

Result<std::optional<std::uint64_t>> cgroup_limit(std::string_view text) {
  constexpr std::uint64_t practically_none = std::uint64_t{1} << 62;  // version 1 says so with a number near 2^63
  const auto words = words_of(text);
  if (words.size() != 1) return malformed("limit", text);
  if (words[0] == "max" || words[0] == "-1") return std::optional<std::uint64_t>{};
  const auto limit = number(words[0]);
  if (!limit.has_value()) return malformed("limit", text);
  return *limit >= practically_none ? std::optional<std::uint64_t>{} : limit;
}

Result<std::optional<std::uint64_t>> cgroup_cpu_limit(std::string_view text) {
  const auto words = words_of(text);
  if (words.size() != 2) return malformed("cpu.max", text);
  if (words[0] == "max" || words[0] == "-1") return std::optional<std::uint64_t>{};
  const auto quota = number(words[0]);
  const auto period = number(words[1]);
  if (!quota.has_value() || !period.has_value() || *period == 0 || *quota > 1'000'000'000'000) {
    return malformed("cpu.max", text);
  }
  return std::optional<std::uint64_t>{*quota * 1'000'000 / *period};
}

Result<std::uint64_t> cgroup_weight(std::string_view text) {
  auto words = words_of(text.substr(0, text.find('\n')));
  if (words.size() == 2 && words[0] == "default") words.erase(words.begin());
  const auto weight = words.size() == 1 ? number(words[0]) : std::nullopt;
  if (!weight.has_value()) return malformed("weight", text);
  return *weight;
}

Result<std::int64_t> oom_score_adjust(std::string_view text) {
  const auto words = words_of(text);
  const auto score = words.size() == 1 ? number<std::int64_t>(words[0]) : std::nullopt;
  if (!score.has_value()) return malformed("oom_score_adj", text);
  return *score;
}

Result<PowerFacts> power_of(std::string_view throttled) {
  auto words = words_of(throttled);
  if (words.size() != 1) return malformed("get_throttled", throttled);
  if (words[0].starts_with("0x")) words[0].erase(0, 2);
  const auto bits = number(words[0], 16);
  if (!bits.has_value()) return malformed("get_throttled", throttled);
  // raspberrypi.com, documentation, "vcgencmd get_throttled": 0 under-voltage, 1 frequency capped, 2 throttled, 3 soft
  // temperature limit; 16 to 19: they were since the start.
  constexpr std::uint64_t under_voltage = 0x1;
  constexpr std::uint64_t slowed_down = 0xe;
  const std::uint64_t since_start = *bits >> 16;
  return PowerFacts{(*bits & under_voltage) != 0, (*bits & slowed_down) != 0, (since_start & under_voltage) != 0,
                    (since_start & slowed_down) != 0};
}

}  // namespace sensors::doctor
