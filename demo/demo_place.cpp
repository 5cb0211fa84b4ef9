#include "demo/demo_place.hpp"

#include <string_view>

#include <fmt/format.h>

namespace sensors::demo {

bool is_too_small_to_go_on(const Place& place) { return place.trouble.empty() && place.room_mib < least_room_mib / 2; }

std::string path_trouble(const std::string& folder) {
  constexpr std::size_t longest = 107 - std::string_view("/sensor-demo.XXXXXX/broker/watch.sock").size();
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@,:=%";
  if (folder.find_first_of(" \t") != std::string::npos) return "its path has a blank";
  if (folder.find_first_not_of(plain) != std::string::npos) return "its path has other characters than a-z 0-9 / . _ -";
  return folder.size() > longest ? fmt::format("its path is longer than {} bytes", longest) : "";
}

Result<std::string> choose_place(const std::vector<Place>& places) {
  std::string obstacles;
  for (const Place& place : places) {
    std::string obstacle = place.trouble.empty() ? path_trouble(place.folder) : place.trouble;
    if (obstacle.empty() && place.room_mib >= least_room_mib) return place.folder;
    if (obstacle.empty()) obstacle = fmt::format("{} MiB are left", place.room_mib);
    obstacles += fmt::format("{}{}: {}", obstacles.empty() ? "" : ", ", place.folder, obstacle);
  }
  return fail(ErrorCode::disk_full,
              fmt::format("it needs {} MiB for its files ({}); name a folder that has them: --keep FOLDER",
                          least_room_mib, obstacles));
}

}  // namespace sensors::demo
