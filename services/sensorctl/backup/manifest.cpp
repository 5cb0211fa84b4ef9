#include "services/sensorctl/backup/manifest.hpp"

#include <sys/stat.h>

#include <limits>

#include <fmt/format.h>

#include "common/adapters/sqlite/backup_file.hpp"
#include "common/runtime/config_file.hpp"
#include "services/sensorctl/backup/files.hpp"
#include "services/sensorctl/machine/installation.hpp"

namespace sensors::backup {
namespace {

// PRAGMA application_id, as in schema.hpp of sensor-publisher ("SPob") and of sensor-persistence ("SPst").
constexpr std::int32_t outbox_id = 0x53506f62;
constexpr std::int32_t store_id = 0x53507374;

constexpr std::int64_t any = std::numeric_limits<std::int64_t>::max();

/// Ids of stores and names of nodes have no character that TOML would take for another; anything else is left out.
std::string toml_string(const std::string& text) {
  std::string plain;
  for (const char c : text) {
    if (c >= ' ' && c != '"' && c != '\\' && c != 0x7f) plain += c;
  }
  return '"' + plain + '"';
}

std::string text_of(const CopiedFile& file) {
  return fmt::format("\n[{}]\nbytes = {}\nschema = {}\nstore = {}\nreadings = {}\ngaps = {}\nlast = {}\n", file.kind,
                     file.bytes, file.schema, toml_string(file.store), file.readings, file.gaps, file.last);
}

CopiedFile read_file(const std::string& kind, ConfigTable table) {
  CopiedFile file;
  file.kind = kind;
  table.require("bytes");
  table.read("bytes", file.bytes, 0, any);
  table.read("schema", file.schema, 0, any);
  table.read("store", file.store);
  table.read("readings", file.readings, 0, any);
  table.read("gaps", file.gaps, 0, any);
  table.read("last", file.last, 0, any);
  return file;
}

}  // namespace

std::vector<Source> sources_of(const std::string& configuration) {
  const doctor::Installation installation = doctor::read_installation(configuration);
  return {{"outbox", installation.outbox, outbox_id, "sensor-publisher"},
          {"store", installation.store, store_id, "sensor-persistence"}};
}

Result<CopiedFile> describe(const Source& source, const std::string& path) {
  const bool is_store = source.application_id == store_id;
  const Result<std::vector<std::int64_t>> counts =
      integers_of(path, {"PRAGMA user_version", "SELECT count(*) FROM reading", "SELECT count(*) FROM gap",
                         is_store ? "SELECT last_id FROM store"
                                  : "SELECT max(coalesce((SELECT max(position) FROM reading), 0), "
                                    "coalesce((SELECT max(last) FROM gap), 0))"});
  TRY(counts);
  TRY_ASSIGN(const std::string store,
             sensors::text_of(path, is_store ? "SELECT id FROM store" : "SELECT value FROM meta WHERE key = 'store'"));
  CopiedFile file{source.kind, 0, (*counts)[0], store, (*counts)[1], (*counts)[2], (*counts)[3]};
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) file.bytes = static_cast<std::int64_t>(status.st_size);
  return file;
}

std::string text_of(const Manifest& manifest) {
  std::string text =
      fmt::format("# A backup of sensorctl; `sensorctl restore` reads it.\nmade = {}\nversion = {}\nnode = {}\n",
                  toml_string(manifest.made), toml_string(manifest.version), toml_string(manifest.node));
  for (const CopiedFile& file : manifest.files) text += text_of(file);
  return text;
}

Result<void> write_manifest(const Manifest& manifest, const std::string& folder) {
  Result<void> written = write_new_file(folder + "/" + manifest_name, text_of(manifest));
  return written.has_value() ? sync_file(folder) : written;
}

Result<Manifest> read_manifest(const std::string& folder) {
  const std::string path = folder + "/" + manifest_name;
  TRY_ASSIGN(ConfigFile file, ConfigFile::load(path));
  ConfigTable root = file.root();
  Manifest manifest;
  root.read("made", manifest.made);
  root.read("version", manifest.version);
  root.read("node", manifest.node);
  for (const char* kind : {"outbox", "store"}) {
    if (root.has(kind)) manifest.files.push_back(read_file(kind, root.table(kind)));
  }
  if (manifest.files.empty()) return fail(ErrorCode::malformed, path + ": names neither an outbox nor a store");
  return manifest;
}

}  // namespace sensors::backup
