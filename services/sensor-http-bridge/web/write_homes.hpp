// WriteHomes knows which node and which store the names of writes with a key are made of, now and before: two machines
// never name two writes alike, and a write that comes again after a rename, or to another store, is found under the
// name that it had. Owned by Writes. Pure; the file is the shell's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/result.hpp"

namespace sensors::bridge {

/// Where a write with a key was first handed in.
struct WriteHome {
  std::string node;
  std::string store;
  bool operator==(const WriteHome&) const = default;
};

/// The name of the stream of a write. `digest`: of client, key and request.
std::string stream_name(const WriteHome& home, std::string_view digest);

class WriteHomes {
 public:
  /// The newest ones; what was handed in under an older one and comes again is another write.
  static constexpr std::size_t max_kept = 8;

  /// `kept`: of earlier runs, oldest first.
  WriteHomes(std::string node, std::vector<WriteHome> kept);

  /// The store of this node has said who it is. True: text() has changed and is to be saved.
  bool learn(const std::string& store);

  /// Nothing until the store has said who it is.
  const std::optional<WriteHome>& present() const { return present_; }

  /// All but the present one, newest first.
  std::vector<WriteHome> former() const;

  /// What the next run is to be given.
  std::string text() const;

 private:
  const std::string node_;
  std::vector<WriteHome> kept_;  // oldest first
  std::optional<WriteHome> present_;
};

/// ErrorCode::corrupt for anything that WriteHomes::text() cannot have written.
Result<std::vector<WriteHome>> decode_write_homes(std::string_view text);

}  // namespace sensors::bridge
