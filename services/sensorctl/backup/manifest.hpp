// The manifest of a backup, manifest.toml: what is in it and of when, for people and for restore. See
// docs/guides/backup-and-moving.md. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/core/result.hpp"

namespace sensors::backup {

inline constexpr const char* manifest_name = "manifest.toml";

/// A database that can be backed up.
struct Source {
  std::string kind;  // "outbox" or "store"; its file in a backup is KIND.db
  std::string path;  // where its service has it
  std::int32_t application_id = 0;
  std::string service;

  std::string file() const { return kind + ".db"; }
};

/// As the services' files in the folder `configuration` say. The outbox comes first: what the store confirms between
/// the two copies is then in both, and never in neither.
std::vector<Source> sources_of(const std::string& configuration);

struct CopiedFile {
  std::string kind;
  std::int64_t bytes = 0;
  std::int64_t schema = 0;    // version
  std::string store;          // the store's id, or that of the store which the outbox knows
  std::int64_t readings = 0;  // rows
  std::int64_t gaps = 0;      // gap records
  std::int64_t last = 0;      // the store's last id, or the outbox's last position
};

struct Manifest {
  std::string made;     // RFC 3339, UTC
  std::string version;  // of the software
  std::string node;     // empty: not known
  std::vector<CopiedFile> files;
};

/// What the copy `path` says about itself.
Result<CopiedFile> describe(const Source& source, const std::string& path);

std::string text_of(const Manifest& manifest);

/// Into `folder`, which has none yet; synced, and the folder with it.
Result<void> write_manifest(const Manifest& manifest, const std::string& folder);

/// Of the backup in `folder`. Keys of later versions are ignored. Errors of ConfigFile; malformed when it names no
/// database.
Result<Manifest> read_manifest(const std::string& folder);

}  // namespace sensors::backup
