// Where the demo's folder is made. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/core/result.hpp"

namespace sensors::demo {

/// The year of weather takes some 15 MiB in outbox, store and the API's database.
inline constexpr std::uintmax_t least_room_mib = 64;

struct Place {
  std::string folder;
  std::string trouble;  // why nothing can be written there; empty: something can
  std::uintmax_t room_mib = 0;
};

/// What keeps a demo out of a folder of this path, whatever is in it: "its path has a blank"; empty: nothing. The
/// broker has a socket in it, whose path has at most 107 bytes (unix(7)), and programs and a person's shell are told of
/// it.
std::string path_trouble(const std::string& folder);

/// Whether a demo that runs there must end: others may need what is left.
bool is_too_small_to_go_on(const Place& place);

/// The first with room; disk_full, with what is wrong with each and what to do, when there is none.
Result<std::string> choose_place(const std::vector<Place>& places);

}  // namespace sensors::demo
