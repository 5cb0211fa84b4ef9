// UnitSandbox is what a unit of systemd takes from its service: which files it does not see or cannot write, and what
// its programs may not do. Made of the texts of the unit and its drop-ins, as systemd.exec(5) reads them. Pure.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sensors {

class UnitSandbox {
 public:
  /// Takes nothing: there is no unit.
  UnitSandbox() = default;

  /// Of `name`, "sensor-http-bridge@weather" without ".service". The later of `texts` count, as with drop-ins.
  UnitSandbox(std::string name, const std::vector<std::string>& texts);

  /// The setting that hides `path`, absolute and without links, "ProtectHome=yes"; empty: none does.
  std::string hidden_by(std::string_view path) const;

  /// The setting that keeps the service from writing `path`, or hides it; empty: none does.
  std::string unwritable_by(std::string_view path) const;

  /// Whether no program gets another user's rights (sudo), and whether none may write code while it runs (Node.js).
  bool denies_new_rights() const { return is_on("NoNewPrivileges"); }
  bool denies_new_code() const { return is_on("MemoryDenyWriteExecute"); }

  /// Whether its service may listen on the ports below 1024.
  bool gives_low_ports() const;

  /// Whether its service may talk to `host`, a name or an address: it may not where IPAddressDeny= has all of them, and
  /// IPAddressAllow= this machine alone.
  bool reaches(std::string_view host) const;

  /// What stands behind --config in the unit's command; empty: nothing.
  std::string config_file() const;

  /// "sudo systemctl edit NAME, [Service], SETTING": how an owner allows something that an upgrade keeps.
  std::string allowed_by(std::string_view setting) const;

 private:
  enum class Access { sealed, empty, read_only, writable, shown };  // shown: bound from outside
  struct Rule {
    std::string folder;
    Access access;
    std::string setting;
  };

  void read(std::string_view text);
  void assign(const std::string& key, std::string value);
  bool is_on(const std::string& key) const;
  void make_rules();
  void add_folders(const std::string& key, std::string_view below, Access access);
  const Rule* nearest(std::string_view path, std::initializer_list<Access> accesses) const;

  std::string name_;
  std::map<std::string, std::string> values_;  // of [Service]; those of lists joined by blanks
  std::vector<Rule> rules_;
};

}  // namespace sensors
