#include "services/sensor-http-bridge/state_file.hpp"

#include "common/runtime/small_file.hpp"

namespace sensors::bridge {

namespace {

constexpr std::size_t largest_bytes = 4'096;  // far more than it ever holds

/// Nothing when there is no such file.
Result<std::optional<std::string>> read_state(const std::string& path) {
  Result<SmallFile> file = read_small_file(path, largest_bytes);
  if (file.has_value()) return std::optional(std::move(file->text));
  if (file.error().code == ErrorCode::not_found) return std::optional<std::string>{};
  return tl::unexpected<Error>(file.error());
}

}  // namespace

Result<std::optional<SavedBreaker>> load_saved_breaker(const std::string& path) {
  TRY_ASSIGN(const std::optional<std::string> text, read_state(path));
  if (!text.has_value()) return std::optional<SavedBreaker>{};
  const Result<SavedBreaker> saved = decode_saved_breaker(*text);
  if (!saved.has_value()) return fail(saved.error().code, path + ": " + saved.error().message);
  return std::optional<SavedBreaker>{*saved};
}

Result<std::vector<WriteHome>> load_write_homes(const std::string& path) {
  TRY_ASSIGN(const std::optional<std::string> text, read_state(path));
  if (!text.has_value()) return std::vector<WriteHome>{};
  Result<std::vector<WriteHome>> homes = decode_write_homes(*text);
  if (!homes.has_value()) return fail(homes.error().code, path + ": " + homes.error().message);
  return homes;
}

}  // namespace sensors::bridge
