// BridgeFile is sensor-http-bridge.toml, read to be changed, and how a changed one takes its place: beside it first,
// with its owner and mode, checked by the bridge itself, and then in one step. Blocks; one thread.
#pragma once

#include <string>

#include "common/core/result.hpp"
#include "services/sensorctl/web/http_setup.hpp"

namespace sensors::sensorctl {

struct BridgeFile {
  std::string folder;  // where it was looked for, as a path that tokens can be named by: absolute, without / at its end
  std::string path;    // of the file itself, where it was a link
  std::string text;
  HttpSetup setup;
};

/// Of `folder`. Errors of ConfigFile::load(); invalid when [http] cannot be read, with its mistakes.
Result<BridgeFile> read_bridge_file(const std::string& folder);

/// Puts the text of `change` in place of `file`. invalid when the bridge would not take it, with what it says, or when
/// it is read otherwise than it was meant; permission, which says that root may; in_use, not_found, io, disk_full. The
/// file is as it was then.
Result<void> replace_bridge_file(const BridgeFile& file, const Change& change);

/// Makes the file of `token`, with a new secret in it, for `user` alone. in_use when there is such a file; not_found
/// without such a user; permission, io, disk_full.
Result<void> make_token_file(const Token& token, const std::string& user);

}  // namespace sensors::sensorctl
