// As systemd.unit(5) has it: of files with one name that in the first folder counts; drop-ins are read in the order of
// their names, whichever folder they are in.
#include "common/runtime/unit_files.hpp"

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <vector>

#include "common/runtime/small_file.hpp"

namespace sensors {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_unit_bytes = 256 * 1024;
constexpr std::size_t most_drop_ins = 200;
constexpr std::array unit_folders{
    "/etc/systemd/system.control",   "/run/systemd/system.control", "/etc/systemd/system", "/run/systemd/system",
    "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",     "/lib/systemd/system"};

/// "a@b" and "a@"; just the name where it is no instance.
std::vector<std::string> names_of_unit(const std::string& unit) {
  const std::size_t at = unit.find('@');
  return at == std::string::npos || at + 1 == unit.size() ? std::vector{unit}
                                                          : std::vector{unit, unit.substr(0, at + 1)};
}

std::optional<std::string> text_of_unit(const std::string& root, const std::string& unit) {
  for (const std::string& name : names_of_unit(unit)) {
    for (const char* folder : unit_folders) {
      Result<SmallFile> file = read_small_file(root + folder + "/" + name + ".service", largest_unit_bytes);
      if (file.has_value()) return std::move(file->text);
    }
  }
  return std::nullopt;
}

/// "a-b@c.service.d", "a-b@.service.d", "a-.service.d" and "service.d".
std::vector<std::string> drop_in_folders(const std::string& unit) {
  std::vector<std::string> folders = names_of_unit(unit);
  const std::string last = folders.back();
  for (std::size_t dash = last.rfind('-'); dash != std::string::npos && dash > 0; dash = last.rfind('-', dash - 1))
    folders.push_back(last.substr(0, dash + 1));
  for (std::string& folder : folders) folder += ".service.d";
  folders.emplace_back("service.d");
  return folders;
}

void collect_drop_ins(const fs::path& folder, std::map<std::string, std::string>& by_name) {
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (!name.ends_with(".conf") || by_name.size() >= most_drop_ins) continue;
    Result<SmallFile> file = read_small_file(entry->path().string(), largest_unit_bytes);
    if (file.has_value()) by_name.try_emplace(name, std::move(file->text));
  }
}

/// "sensor-http-bridge@weather" for "/x/sensor-http-bridge@weather.toml", and for one beside it that is to take its
/// place; else `service`.
std::string unit_with(const std::string& config_file, const std::string& service) {
  const std::string file = fs::path(config_file).filename().string();
  const std::string unit = file.substr(0, file.find(".toml"));
  return unit.starts_with(service + '@') && unit.size() > service.size() + 1 ? unit : service;
}

}  // namespace

UnitSandbox sandbox_of_unit(const std::string& unit, const std::string& root) {
  std::optional<std::string> text = text_of_unit(root, unit);
  if (!text.has_value()) return {};
  std::vector<std::string> texts{std::move(*text)};
  std::map<std::string, std::string> drop_ins;
  for (const char* folder : unit_folders) {
    for (const std::string& name : drop_in_folders(unit)) collect_drop_ins(root + folder + "/" + name, drop_ins);
  }
  for (auto& [name, drop_in] : drop_ins) texts.push_back(std::move(drop_in));
  return {unit, texts};
}

UnitSandbox sandbox_for(const std::string& config_file, const std::string& service, const std::string& root) {
  UnitSandbox sandbox = sandbox_of_unit(unit_with(config_file, service), root);
  std::error_code failed;
  const fs::path own = root + fs::path(sandbox.config_file()).parent_path().string();
  const fs::path given = fs::absolute(config_file, failed).parent_path();
  return fs::equivalent(own, given, failed) ? sandbox : UnitSandbox{};
}

}  // namespace sensors
