#include "tests/support/documented_options.hpp"

#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>

#include "common/runtime/duration_text.hpp"

namespace sensors {
namespace {

struct DocumentedLine {
  std::string value;
  std::string range;
};

std::string text_of(const std::string& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Without the quotes and the numbers of lists: [driver.host.sensor."cpu.temperature"], [[destination]].
std::string plain(const std::string& name) { return std::regex_replace(name, std::regex("\"|\\[[0-9]+\\]"), ""); }

/// Each key of the file by its whole name. One that stands twice is told to `differences`.
std::map<std::string, DocumentedLine> documented_lines(const std::string& toml, std::string& differences) {
  static const std::regex table(R"(\[+([^\]]+)\]+)");
  static const std::regex key(R"(([a-z0-9_]+) = (.*?)(?:  # (.*))?)");
  std::map<std::string, DocumentedLine> lines;
  std::istringstream text(with_examples_taken(toml));
  std::string place;
  std::smatch found;
  for (std::string line; std::getline(text, line);) {
    if (std::regex_match(line, found, table)) {
      place = plain(found[1]) + ".";
    } else if (std::regex_match(line, found, key)) {
      const std::string name = place + found[1].str();
      if (!lines.try_emplace(name, DocumentedLine{found[2], found[3]}).second) differences += name + " stands twice\n";
    } else if (line.find(" .. ") != std::string::npos) {
      differences += "a range stands behind its key, and only there: " + line + "\n";
    }
  }
  return lines;
}

/// "60s" and "1min" are one duration, 1.0 and 1 one number.
std::string normal(const std::string& value) {
  static const std::regex duration("\"([0-9]+[a-z]+)\"");
  std::string out;
  std::string rest = value;
  for (std::smatch found; std::regex_search(rest, found, duration); rest = found.suffix()) {
    const std::optional<Millis> parsed = parse_duration(found[1].str());
    out += found.prefix().str() + (parsed.has_value() ? '"' + duration_text(*parsed) + '"' : found[0].str());
  }
  return std::regex_replace(out + rest, std::regex("^([0-9]+)\\.0$"), "$1");
}

/// Whether `shown`, a bound in the file, is `bound`, or the key beside it that has this default.
bool is_bound(const std::string& shown, const std::string& bound, const std::string& place,
              const std::map<std::string, ConfigOption>& options) {
  const auto key = options.find(place + shown);
  return shown == bound || (key != options.end() &&
                            (key->second.shown_default == bound || key->second.shown_default == '"' + bound + '"'));
}

bool is_range(const std::string& shown, const ConfigOption& option,
              const std::map<std::string, ConfigOption>& options) {
  static const std::string to = " .. ";
  const std::size_t shown_to = shown.find(to);
  const std::size_t to_at = option.range.find(to);
  if (shown_to == std::string::npos || to_at == std::string::npos) return shown == option.range;
  const std::string key = plain(option.key);
  const std::string place = key.substr(0, key.rfind('.') + 1);
  return is_bound(shown.substr(0, shown_to), option.range.substr(0, to_at), place, options) &&
         is_bound(shown.substr(shown_to + to.size()), option.range.substr(to_at + to.size()), place, options);
}

}  // namespace

std::string with_examples_taken(const std::string& toml) {
  return std::regex_replace(text_of(toml), std::regex("(^|\n)#(?! |\n)"), "$1");
}

std::string undocumented(const std::string& toml, const std::vector<ConfigOption>& options,
                         const std::set<std::string>& examples) {
  std::string differences;
  std::map<std::string, DocumentedLine> lines = documented_lines(toml, differences);
  std::map<std::string, ConfigOption> by_name;
  for (const ConfigOption& option : options) by_name.emplace(plain(option.key), option);
  for (const auto& [name, option] : by_name) {
    const auto line = lines.find(name);
    const bool has_default = !option.shown_default.empty() && examples.count(name) == 0;
    const bool is_right = line != lines.end() && is_range(line->second.range, option, by_name) &&
                          (!has_default || normal(line->second.value) == normal(option.shown_default));
    if (!is_right) {
      const std::string value = has_default ? option.shown_default : line != lines.end() ? line->second.value : "...";
      differences += name + " = " + value + (option.range.empty() ? "" : "  # " + option.range) + "\n";
    }
    if (line != lines.end()) lines.erase(line);
  }
  for (const auto& [name, line] : lines) differences += name + " is read by nobody\n";
  return differences;
}

}  // namespace sensors
