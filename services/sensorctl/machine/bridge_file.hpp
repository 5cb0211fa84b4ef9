// BridgeFile is sensor-http-bridge.toml, read to be changed, and how a changed one takes its place:
// beside it first, with its owner and mode, checked by the bridge itself, and then in one step.
// Blocks; one thread.
#pragma once

#include <memory>
#include <string>

#include "common/core/result.hpp"
#include "common/core/time.hpp"
#include "common/runtime/file_descriptor.hpp"
#include "services/sensorctl/setup/http_setup.hpp"

namespace sensors::sensorctl {

struct BridgeFile {
  std::string folder;  // where it was looked for, as a path that tokens can be named by: absolute, without / at its end
  std::string path;    // of the file itself, where it was a link
  std::string text;
  HttpSetup setup;
  std::string unit;                      // of systemd, without ".service"
  std::unique_ptr<FileDescriptor> lock;  // its folder, open and locked; nothing: it is read only to be shown
};

/// Of the bridge `name`, empty for the one without, in `folder`. Errors of ConfigFile::load(), which name the bridges
/// that there are; invalid when [http] cannot be read, with its mistakes.
Result<BridgeFile> read_bridge_file(const std::string& folder, const std::string& name = "");

/// The same to change it: nobody else does until `lock` is gone. in_use when somebody did for
/// `patience`.
Result<BridgeFile> lock_bridge_file(const std::string& folder, const std::string& name = "",
                                    Millis patience = Millis{120'000});

/// Puts the text of `change` in place of `file`, which is locked. invalid when the bridge would not
/// take it, with what it says, or when it is read otherwise than it was meant; permission, which
/// says that root may; in_use, not_found, io, disk_full. The file is as it was then. Where the
/// folder cannot be synced afterwards, the change is there, and a complaint says that a power cut
/// may take it back.
Result<void> replace_bridge_file(const BridgeFile& file, const Change& change);

/// Makes the file of `token`, with a new secret in it, for `user` alone, in one step. It takes the place of one that
/// was left behind. in_use when there is another; not_found without such a user; permission, io, disk_full. `file` is
/// locked.
Result<void> make_token_file(const BridgeFile& file, const Token& token, const std::string& user);

/// Whether a bridge that is configured in `folder` reads the token at `path`, for its own API or for its destination.
/// Also true when a configuration there cannot be read.
bool is_named_in(const std::string& folder, const std::string& path);

/// Whether `path` is a token as make_token_file() makes them, and no configuration of a bridge in the folder of `file`
/// names it: whoever added or removed it was killed before its end.
bool is_left_behind(const BridgeFile& file, const std::string& path);

}  // namespace sensors::sensorctl
