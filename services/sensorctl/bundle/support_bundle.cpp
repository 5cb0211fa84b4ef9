#include "services/sensorctl/bundle/support_bundle.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include <fmt/format.h>

#include "common/runtime/clocks.hpp"
#include "common/runtime/config_file.hpp"
#include "common/runtime/small_file.hpp"
#include "services/sensorctl/bundle/run_program.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/redaction/configuration_text.hpp"
#include "services/sensorctl/redaction/redact.hpp"
#include "services/sensorctl/shell/terminal.hpp"

namespace sensors::bundle {

namespace {

namespace fs = std::filesystem;
using sensorctl::complain;

constexpr std::size_t largest_file = 1024 * 1024;
constexpr mode_t owner_only = 077;

/// What the machine says: the name in the bundle, and the program that says it.
struct Part {
  const char* file;
  std::vector<std::string> command;
};

std::vector<Part> parts_of_the_machine() {
  return {
      {"versions.txt",
       {"dpkg-query", "-W", "sensor-project", "mosquitto", "systemd", "libsqlite3-0", "libcurl4", "libpaho-mqtt1.3"}},
      {"kernel.txt", {"uname", "-a"}},
      {"os-release.txt", {"cat", "/etc/os-release"}},
      {"units.txt", {"systemctl", "status", "--no-pager", "--full", "--lines=50", "sensor-*"}},
      {"limits.txt",
       {"systemctl", "show", "--no-pager",
        "--property=Id,ActiveState,NRestarts,Result,ExecMainStatus,MemoryCurrent,MemoryHigh,MemoryMax,"
        "CPUQuotaPerSecUSec,TasksCurrent,TasksMax,WatchdogUSec",
        "sensor-*.service"}},
      {"journal.txt", {"journalctl", "--no-pager", "--output=short-iso", "--lines=20000", "--unit=sensor-*"}},
      {"kernel-journal.txt", {"journalctl", "--no-pager", "--output=short-iso", "--lines=2000", "--dmesg"}},
      {"disk-space.txt", {"df", "-h"}},
      {"inodes.txt", {"df", "-i"}},
      {"mounts.txt", {"cat", "/proc/mounts"}},
      {"memory.txt", {"cat", "/proc/meminfo"}},
      {"processes.txt", {"ps", "axo", "pid,ppid,user,stat,etime,pcpu,rss,nlwp,comm"}},
      {"clock.txt", {"timedatectl", "--no-pager"}},
      {"data.txt", {"ls", "-lRn", "/var/lib/sensor-project"}},
  };
}

/// sensorctl itself, with the access to the broker that it was given.
std::vector<std::string> sensorctl_command(const sensorctl::BrokerAccess& access, const std::string& verb) {
  std::error_code ignored;
  std::vector<std::string> command{fs::read_symlink("/proc/self/exe", ignored).string(),
                                   verb,
                                   "--json",
                                   "--host",
                                   access.host,
                                   "--port",
                                   std::to_string(access.port),
                                   "--user",
                                   access.user,
                                   "--password-file",
                                   access.password_file,
                                   "--root",
                                   access.root};
  if (!access.node.empty()) command.insert(command.end(), {"--node", access.node});
  if (!access.ca_file.empty()) command.insert(command.end(), {"--ca-file", access.ca_file});
  return command;
}

void add_forms(const std::string& secret, std::vector<std::string>& secrets) {
  for (std::string& form : forms_of(secret)) secrets.push_back(std::move(form));
}

/// The first line of `text` without a byte order mark, and without blanks around it.
std::string bare_secret(std::string_view text) {
  constexpr std::string_view around = " \t\r\xEF\xBB\xBF";  // a mark, or half of a character that is none
  text = text.substr(0, text.find('\n'));
  const std::size_t begin = std::min(text.find_first_not_of(around), text.size());
  return std::string(text.substr(begin, text.find_last_not_of(around) + 1 - begin));
}

/// The secrets of `folder` that we may read, to be found wherever else they stand.
std::vector<std::string> secrets_in(const std::string& folder) {
  std::vector<std::string> secrets;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string extension = entry.path().extension();
    if (extension == ".toml") {
      const Result<SmallFile> content = read_small_file(entry.path(), largest_file);
      if (!content.has_value()) continue;
      for (const std::string& secret : secrets_of_toml(content->text)) add_forms(secret, secrets);
    }
    if (extension != ".password" && extension != ".token") continue;
    // A secret that the services refuse, for its mode or for a blank around it, is one all the same.
    const Result<SmallFile> content = read_small_file(entry.path(), largest_file);
    if (const std::string secret = content.has_value() ? bare_secret(content->text) : ""; !secret.empty())
      add_forms(secret, secrets);
  }
  return secrets;
}

/// Of a configuration file, what is known to be harmless.
std::string shown(const fs::path& path, const std::string& text) {
  if (path.extension() == ".toml") return shown_toml(text);
  return path.extension() == ".conf" ? shown_broker_configuration(text) : text;
}

/// Files of the bundle, below a folder of its own that goes with it.
class Bundle {
 public:
  Bundle(std::string name, std::vector<std::string> secrets) : name_(std::move(name)), secrets_(std::move(secrets)) {
    std::string pattern = fs::temp_directory_path() / "sensorctl-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) return;
    root_ = pattern;
    std::error_code failed;
    fs::create_directory(fs::path(root_) / name_, failed);
  }
  ~Bundle() {
    std::error_code ignored;
    if (!root_.empty()) fs::remove_all(root_, ignored);
  }
  Bundle(const Bundle&) = delete;
  Bundle& operator=(const Bundle&) = delete;

  void add(const std::string& file, const std::string& text) {
    const fs::path path = fs::path(root_) / name_ / file;
    std::error_code ignored;
    fs::create_directories(path.parent_path(), ignored);
    std::ofstream out(path, std::ios::binary);
    out << redact(text, secrets_) << std::flush;
    if (!out) missing_.push_back(file + ": cannot be written to " + path.string());
  }

  void add(const std::string& file, const std::vector<std::string>& command) {
    const Result<ProgramOutput> output = run_program(command);
    if (output.has_value()) return add(file, output->text);
    missing_.push_back(file + ": " + output.error().message);
  }

  void add_file(const std::string& file, const fs::path& source) {
    const Result<SmallFile> content = read_small_file(source, largest_file);
    if (content.has_value()) return add(file, shown(source, content->text));
    missing_.push_back(file + ": " + content.error().message);
  }

  /// What could not be collected, a line each.
  const std::vector<std::string>& missing() const { return missing_; }

  Result<void> pack_into(const std::string& archive) const {
    if (root_.empty())
      return fail(ErrorCode::io, "no folder for temporary files: " + fs::temp_directory_path().string());
    TRY_ASSIGN(const ProgramOutput tar, run_program({"tar", "-C", root_, "-czf", archive, name_}));
    if (tar.exit_code != 0) return fail(ErrorCode::io, tar.text);
    return {};
  }

 private:
  std::string name_;
  std::string root_;
  std::vector<std::string> secrets_;
  std::vector<std::string> missing_;
};

bool is_configuration(const fs::path& path) {
  return path.extension() == ".toml" || path.filename() == "mosquitto.conf" || path.filename() == "acl";
}

void collect(Bundle& bundle, const BundleOptions& options) {
  for (const Part& part : parts_of_the_machine()) bundle.add(part.file, part.command);
  bundle.add("status.json", sensorctl_command(options.access, "status"));
  bundle.add("doctor.json", sensorctl_command(options.access, "doctor"));
  bundle.add_file("recovery-actions.txt", "/var/lib/sensor-project/recover/actions.log");
  bundle.add("configuration/list.txt", std::vector<std::string>{"ls", "-ln", options.configuration});
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(options.configuration, ignored)) {
    const fs::path& path = entry.path();
    if (is_configuration(path)) bundle.add_file("configuration/" + path.filename().string(), path);
  }
  std::string missing;
  for (const std::string& line : bundle.missing()) missing += line + "\n";
  bundle.add("missing.txt", missing);
}

/// "sensor-support-kitchen-20260115T160935Z"
std::string bundle_name() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::time_t now = std::chrono::system_clock::to_time_t(read_clocks().wall);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> time{};
  std::strftime(time.data(), time.size(), "%Y%m%dT%H%M%SZ", &utc);
  return fmt::format("sensor-support-{}-{}", host.data(), time.data());
}

}  // namespace

int make_support_bundle(const BundleOptions& options) {
  ::umask(owner_only);
  const std::string name = bundle_name();
  const std::string archive = options.output.empty() ? name + ".tar.gz" : options.output;
  if (fs::exists(archive)) {
    complain(archive + ": is there already; name another file with --output");
    return sensorctl::exit_usage;
  }
  Bundle bundle(name, secrets_in(options.configuration));
  collect(bundle, options);
  const Result<void> packed = bundle.pack_into(archive);
  if (!packed.has_value()) {
    std::error_code ignored;
    fs::remove(archive, ignored);  // half of one would be taken for all
    complain(archive + ": " + packed.error().message);
    return sensorctl::exit_trouble;
  }
  for (const std::string& line : bundle.missing()) complain("left out: " + line);
  if (::geteuid() != 0) complain("made without root: parts of the journal and of the configuration may be missing");
  return sensorctl::say(archive + "\n") ? sensorctl::exit_ok : sensorctl::exit_trouble;
}

}  // namespace sensors::bundle
