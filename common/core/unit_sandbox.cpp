// Of the rules whose folder has the path the one with the longest folder counts, but nothing gets back what is sealed
// (ProtectHome=yes, InaccessiblePaths=): systemd drops each mount below such a folder.
#include "common/core/unit_sandbox.hpp"

#include <algorithm>
#include <utility>

#include "common/core/ascii.hpp"

namespace sensors {

namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view without_blanks(std::string_view text) {
  const std::size_t from = text.find_first_not_of(blanks);
  return from == std::string_view::npos ? std::string_view{}
                                        : text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

bool is_list(std::string_view key) {
  return key.ends_with("Paths") || key.ends_with("Directory") || key == "TemporaryFileSystem" ||
         key == "AmbientCapabilities" || key == "IPAddressDeny" || key == "IPAddressAllow";
}

std::vector<std::string> words_in(std::string_view text) {
  std::vector<std::string> words;
  while (!(text = without_blanks(text)).empty()) {
    const std::size_t end = std::min(text.find_first_of(blanks), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

bool lies_in(std::string_view path, std::string_view folder) {
  return folder == "/" || path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

bool is_this_machine(std::string_view host) {
  const std::string name = lower_ascii(host);
  return name == "localhost" || name == "ip6-localhost" || name.starts_with("127.") || name.starts_with("::1");
}

/// "-+/srv/x/" as "/srv/x".
std::string folder_of(std::string_view word) {
  word.remove_prefix(std::min(word.find_first_not_of("-+\""), word.size()));
  while (word.size() > 1 && (word.ends_with('/') || word.ends_with('"'))) word.remove_suffix(1);
  return std::string(word);
}

}  // namespace

UnitSandbox::UnitSandbox(std::string name, const std::vector<std::string>& texts) : name_(std::move(name)) {
  for (const std::string& text : texts) read(text);
  make_rules();
}

void UnitSandbox::read(std::string_view text) {
  std::string section;
  std::string whole;  // with the lines that a \ joins to it
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = without_blanks(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool is_comment = line.starts_with('#') || line.starts_with(';');
    if (is_comment || (line.empty() && whole.empty())) continue;
    const bool goes_on = line.ends_with('\\') && !text.empty();
    if (goes_on) line.remove_suffix(1);
    whole.append(line).append(goes_on ? " " : "");
    if (goes_on) continue;
    const std::size_t equals = whole.find('=');
    if (whole.starts_with('[')) {
      section = whole;
    } else if (section == "[Service]" && equals != std::string::npos) {
      assign(std::string(without_blanks(whole.substr(0, equals))),
             std::string(without_blanks(whole.substr(equals + 1))));
    }
    whole.clear();
  }
}

void UnitSandbox::assign(const std::string& key, std::string value) {
  const std::string instance = name_.substr(std::min(name_.find('@'), name_.size() - 1) + 1);
  for (std::size_t at = value.find("%i"); at != std::string::npos; at = value.find("%i", at + instance.size()))
    value.replace(at, 2, instance);
  std::string& known = values_[key];
  if (is_list(key) && !value.empty() && !known.empty()) {
    known += " " + value;
  } else {
    known = std::move(value);
  }
}

bool UnitSandbox::is_on(const std::string& key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return false;
  const std::string value = lower_ascii(found->second);
  return value == "yes" || value == "true" || value == "on" || value == "1" || value == "y" || value == "t";
}

void UnitSandbox::add_folders(const std::string& key, std::string_view below, Access access) {
  const auto found = values_.find(key);
  if (found == values_.end()) return;
  for (const std::string& word : words_in(found->second)) {
    const std::size_t colon = word.find(':');  // BindPaths=FROM:TO:OPTIONS, TemporaryFileSystem=FOLDER:OPTIONS
    const bool has_other = key.starts_with("Bind") && colon != std::string::npos;
    const std::string_view part = has_other ? std::string_view(word).substr(colon + 1) : std::string_view(word);
    const std::string folder = folder_of(part.substr(0, part.find(':')));
    if (folder.empty()) continue;
    rules_.push_back({std::string(below) + folder, access, key + "=" + folder});
  }
}

void UnitSandbox::make_rules() {
  const auto value_of = [&](const std::string& key) {
    return values_.count(key) == 0 ? "" : lower_ascii(values_.at(key));
  };
  const std::string home = value_of("ProtectHome");
  if (is_on("ProtectHome") || home == "tmpfs" || home == "read-only") {
    const Access access = home == "tmpfs" ? Access::empty : home == "read-only" ? Access::read_only : Access::sealed;
    for (const char* folder : {"/home", "/root", "/run/user"})
      rules_.push_back({folder, access, "ProtectHome=" + home});
  }
  if (is_on("PrivateTmp") || value_of("PrivateTmp") == "disconnected") {
    for (const char* folder : {"/tmp", "/var/tmp"})
      rules_.push_back({folder, Access::empty, "PrivateTmp=" + value_of("PrivateTmp")});
  }
  const std::string system = value_of("ProtectSystem");
  if (system == "strict") {
    rules_.push_back({"/", Access::read_only, "ProtectSystem=strict"});
    for (const char* folder : {"/dev", "/proc", "/sys"}) rules_.push_back({folder, Access::writable, ""});
  } else if (is_on("ProtectSystem") || system == "full") {
    for (const char* folder : {"/usr", "/boot", "/efi"})
      rules_.push_back({folder, Access::read_only, "ProtectSystem=" + system});
    if (system == "full") rules_.push_back({"/etc", Access::read_only, "ProtectSystem=full"});
  }
  add_folders("ReadOnlyPaths", "", Access::read_only);
  add_folders("ReadWritePaths", "", Access::writable);
  add_folders("InaccessiblePaths", "", Access::sealed);
  add_folders("TemporaryFileSystem", "", Access::empty);
  add_folders("BindPaths", "", Access::shown);
  add_folders("BindReadOnlyPaths", "", Access::read_only);
  add_folders("BindReadOnlyPaths", "", Access::shown);
  add_folders("StateDirectory", "/var/lib/", Access::writable);
  add_folders("RuntimeDirectory", "/run/", Access::writable);
  add_folders("CacheDirectory", "/var/cache/", Access::writable);
  add_folders("LogsDirectory", "/var/log/", Access::writable);
}

/// The rule of these accesses with the longest folder that has `path`; of two equal ones the first in the list.
const UnitSandbox::Rule* UnitSandbox::nearest(std::string_view path, std::initializer_list<Access> accesses) const {
  const Rule* found = nullptr;
  for (const Rule& rule : rules_) {
    const bool counts = std::find(accesses.begin(), accesses.end(), rule.access) != accesses.end();
    if (counts && lies_in(path, rule.folder) && (found == nullptr || rule.folder.size() > found->folder.size()))
      found = &rule;
  }
  return found;
}

std::string UnitSandbox::hidden_by(std::string_view path) const {
  if (const Rule* sealed = nearest(path, {Access::sealed}); sealed != nullptr) return sealed->setting;
  const Rule* rule = nearest(path, {Access::empty, Access::shown});
  return rule != nullptr && rule->access == Access::empty ? rule->setting : "";
}

std::string UnitSandbox::unwritable_by(std::string_view path) const {
  if (std::string hidden = hidden_by(path); !hidden.empty()) return hidden;
  const Rule* rule = nearest(path, {Access::read_only, Access::writable, Access::shown});
  return rule != nullptr && rule->access == Access::read_only ? rule->setting : "";
}

/// In a user namespace of its own, which PrivateUsers= is, a capability is none of this machine's ports.
bool UnitSandbox::gives_low_ports() const {
  const auto names_it = [this](const char* key, bool otherwise) {
    const auto found = values_.find(key);
    return found == values_.end() ? otherwise : found->second.find("CAP_NET_BIND_SERVICE") != std::string::npos;
  };
  return names_it("AmbientCapabilities", false) && names_it("CapabilityBoundingSet", true) && !is_on("PrivateUsers");
}

bool UnitSandbox::reaches(std::string_view host) const {
  const auto denied = values_.find("IPAddressDeny");
  if (is_this_machine(host) || denied == values_.end() || denied->second.find("any") == std::string::npos) return true;
  const auto allowed = values_.find("IPAddressAllow");
  const std::vector<std::string> words = words_in(allowed == values_.end() ? "" : allowed->second);
  return !std::all_of(words.begin(), words.end(), [](const std::string& word) { return is_this_machine(word); });
}

std::string UnitSandbox::config_file() const {
  const auto command = values_.find("ExecStart");
  if (command == values_.end()) return "";
  const std::vector<std::string> words = words_in(command->second);
  const auto option = std::find(words.begin(), words.end(), "--config");
  return option == words.end() || option + 1 == words.end() ? "" : *(option + 1);
}

std::string UnitSandbox::allowed_by(std::string_view setting) const {
  return "sudo systemctl edit " + name_ + ", [Service], " + std::string(setting);
}

}  // namespace sensors
