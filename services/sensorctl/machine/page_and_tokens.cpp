#include "services/sensorctl/machine/page_and_tokens.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "common/core/ascii.hpp"
#include "common/runtime/file_error.hpp"
#include "services/sensorctl/bundle/run_program.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/machine/bridge_file.hpp"
#include "services/sensorctl/machine/installation.hpp"
#include "services/sensorctl/setup/page_text.hpp"
#include "services/sensorctl/shell/terminal.hpp"

namespace sensors::sensorctl {

namespace {

constexpr Millis ask_deadline{10'000};
constexpr Millis restart_deadline{100'000};
constexpr std::size_t most_output = 4'096;

/// Of each interface that is up, but for loopback and addresses of a link.
std::vector<std::string> own_addresses() {
  std::vector<std::string> all;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return all;
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    const bool is_up = (one->ifa_flags & IFF_UP) != 0 && (one->ifa_flags & IFF_LOOPBACK) == 0;
    if (one->ifa_addr == nullptr || !is_up) continue;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (one->ifa_addr->sa_family == AF_INET) {
      ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr, text.data(), text.size());
    } else if (one->ifa_addr->sa_family == AF_INET6) {
      const in6_addr& address = reinterpret_cast<const sockaddr_in6*>(one->ifa_addr)->sin6_addr;
      if (!IN6_IS_ADDR_LINKLOCAL(&address)) ::inet_ntop(AF_INET6, &address, text.data(), text.size());
    }
    if (text[0] != '\0') all.emplace_back(text.data());
  }
  ::freeifaddrs(first);
  return all;
}

Reach reach_here() {
  Reach reach;
  const char* sudo_user = std::getenv("SUDO_USER");
  const passwd* user = ::getpwuid(::getuid());
  reach.user = sudo_user != nullptr ? sudo_user : user != nullptr ? user->pw_name : "USER";
  std::array<char, 256> host{};
  reach.host = ::gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "HOST";
  reach.addresses = own_addresses();
  return reach;
}

int refuse(const Error& error) {
  for (std::string_view rest = error.message; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) complain(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const bool is_usage = error.code == ErrorCode::invalid || error.code == ErrorCode::not_found;
  return is_usage ? exit_usage : exit_trouble;
}

/// Whether the unit runs, or is to; so is one that a mistake ended. Not where there is no systemd,
/// or no such unit.
bool is_unit_in_use(const std::string& unit) {
  const Result<bundle::ProgramOutput> said =
      bundle::run_program({"systemctl", "is-active", unit}, {ask_deadline, most_output});
  if (!said.has_value()) return said.error().code != ErrorCode::not_found;
  const std::string state = said->text.substr(0, said->text.find('\n'));
  return state == "active" || state == "activating" || state == "deactivating" || state == "reloading" ||
         state == "refreshing" || state == "failed";
}

/// Restarts the bridge where it runs with this file; else says how. exit_trouble when the one that
/// runs does not know of the change.
int make_it_so(BridgeFile& file, const std::string& folder_of_unit) {
  file.lock.reset();  // others may change it while systemd takes its time
  std::error_code is_not_there;
  if (!std::filesystem::equivalent(file.folder, folder_of_unit, is_not_there) || !is_unit_in_use(file.unit)) {
    say(fmt::format("It counts from the next start of the bridge on: sudo systemctl restart {}\n", file.unit));
    return exit_ok;
  }
  const Result<bundle::ProgramOutput> done =
      bundle::run_program({"systemctl", "restart", file.unit}, {restart_deadline, most_output});
  if (done.has_value() && done->exit_code == 0) {
    say(fmt::format("{} was restarted.\n", file.unit));
    return exit_ok;
  }
  complain(
      fmt::format("{0} could not be restarted; if it runs, it does not know of the change: systemctl status {0}, "
                  "then sudo systemctl restart {0}",
                  file.unit));
  return exit_trouble;
}

/// The token's file first, as the bridge that checks the change looks for it.
Result<void> carry_out(const BridgeFile& file, const Change& change, const std::string& owner) {
  if (change.token.has_value()) TRY(make_token_file(file, *change.token, owner));
  Result<void> replaced = replace_bridge_file(file, change);
  if (!replaced.has_value() && change.token.has_value()) ::unlink(change.token->file.c_str());
  return replaced;
}

/// Unless a bridge reads it: another one, or this one for somebody who added a token of that name since the lock was
/// given back.
void delete_token_file(const TokenOptions& options, const std::string& path) {
  const Result<BridgeFile> file = lock_bridge_file(options.configuration, options.bridge);
  if (!file.has_value()) return complain(fmt::format("{} is not needed any more: delete it", path));
  if (is_named_in(file->folder, path)) {
    say(path + " is kept: a configuration of a bridge names it.\n");
  } else if (::unlink(path.c_str()) == 0) {
    say(path + " is deleted.\n");
  }
}

/// Where the bridge that runs still takes the token.
void keep_token_file(const TokenOptions& options, const BridgeFile& file, const std::string& path) {
  if (is_left_behind(file, path)) {
    complain(fmt::format("{} is kept until then: sudo sensorctl token remove {}{} once more deletes it", path,
                         options.name, option_of_bridge(file.setup)));
  } else if (!is_named_in(file.folder, path)) {
    complain(fmt::format("{} is kept: delete it then", path));
  }
}

void say_token(const Token& token, const std::string& owner) {
  say(fmt::format("{} holds a new token, which only root and {} may read.\n", token.file, owner));
}

}  // namespace

int show_or_move_page(const PageOptions& options) {
  const bool is_to_show = options.listen.empty() && !options.local;
  Result<BridgeFile> file = is_to_show ? read_bridge_file(options.configuration, options.bridge)
                                       : lock_bridge_file(options.configuration, options.bridge);
  if (!file.has_value()) return refuse(file.error());
  if (is_to_show) {
    say(page_text(file->setup, reach_here()) +
        other_bridges_text("page", doctor::named_bridges_in(file->folder), options.bridge));
    return exit_ok;
  }
  const Result<ListenAddress> listen = parse_listen(options.listen);
  if (!options.local && !listen.has_value()) return refuse(listen.error());
  const Result<Change> change = options.local
                                    ? close_page(file->text, file->setup)
                                    : open_page(file->text, file->setup, *listen, options.is_public, file->folder);
  if (!change.has_value()) return refuse(change.error());
  if (change->is_needed) {
    if (const Result<void> done = carry_out(*file, *change, options.owner); !done.has_value())
      return refuse(done.error());
    if (change->token.has_value()) say_token(*change->token, options.owner);
    say(fmt::format("{} is changed.\n{}", file->path, change->note));
  }
  // Also where the file was so already: an earlier run may have been cut off before the restart.
  const int made = make_it_so(*file, options.folder_of_unit);
  if (made != exit_ok) return made;
  say(page_text(change->setup, reach_here()));
  return exit_ok;
}

int add_token(const TokenOptions& options) {
  Result<BridgeFile> file = lock_bridge_file(options.configuration, options.bridge);
  if (!file.has_value()) return refuse(file.error());
  const Result<Change> change = add_token(file->text, file->setup, options.name, options.scopes, file->folder);
  if (!change.has_value()) return refuse(change.error());
  if (const Result<void> done = carry_out(*file, *change, options.owner); !done.has_value())
    return refuse(done.error());
  say_token(*change->token, options.owner);
  say(fmt::format("{} names it, in [http.tokens.{}].\n", file->path, options.name));
  const int made = make_it_so(*file, options.folder_of_unit);
  say("To use it:\n" + token_text(*change->token, change->setup));
  return made;
}

int remove_token(const TokenOptions& options) {
  Result<BridgeFile> file = lock_bridge_file(options.configuration, options.bridge);
  if (!file.has_value()) return refuse(file.error());
  const std::string made_here = token_file(file->folder, options.name, file->setup);
  const Result<Change> change = remove_token(file->text, file->setup, options.name);
  // Its file goes last: as long as it is there, whoever was cut off can be taken up where he was.
  if (!change.has_value() && !is_left_behind(*file, made_here)) {
    Error error = change.error();
    error.message += fmt::format(
        "; a bridge that was not restarted since one was removed takes it until then: "
        "sudo systemctl restart {}",
        file->unit);
    return refuse(error);
  }
  if (change.has_value()) {
    if (const Result<void> done = replace_bridge_file(*file, *change); !done.has_value()) return refuse(done.error());
  }
  say(fmt::format("{} no longer names the token '{}'.\n", file->path, options.name));
  const bool is_ours = !change.has_value() || change->token->file == made_here;
  const int made = make_it_so(*file, options.folder_of_unit);
  if (made == exit_ok && is_ours) delete_token_file(options, made_here);
  if (made != exit_ok && is_ours) keep_token_file(options, *file, made_here);
  return made;
}

int list_tokens(const TokenOptions& options) {
  const Result<BridgeFile> file = read_bridge_file(options.configuration, options.bridge);
  if (!file.has_value()) return refuse(file.error());
  say(tokens_text(file->setup) +
      other_bridges_text("token list", doctor::named_bridges_in(file->folder), options.bridge));
  return exit_ok;
}

}  // namespace sensors::sensorctl
