#include "demo/demo_place.hpp"

#include <fmt/format.h>

namespace sensors::demo {

bool is_too_small_to_go_on(const Place& place) { return place.trouble.empty() && place.room_mib < least_room_mib / 2; }

Result<std::string> choose_place(const std::vector<Place>& places) {
  std::string obstacles;
  for (const Place& place : places) {
    if (place.trouble.empty() && place.room_mib >= least_room_mib) return place.folder;
    const std::string obstacle = place.trouble.empty() ? fmt::format("{} MiB are left", place.room_mib) : place.trouble;
    obstacles += fmt::format("{}{}: {}", obstacles.empty() ? "" : ", ", place.folder, obstacle);
  }
  return fail(ErrorCode::disk_full,
              fmt::format("it needs {} MiB for its files ({}); name a folder that has them: --keep FOLDER",
                          least_room_mib, obstacles));
}

}  // namespace sensors::demo
