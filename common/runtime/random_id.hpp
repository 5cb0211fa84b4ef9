// random_id() makes the ids that nobody else has, and that nobody can guess.
#pragma once

#include <cstddef>
#include <string>

namespace sensors {

/// `length` characters of a-z and 2-7, five bits each, from the kernel's random source. Any thread.
std::string random_id(std::size_t length = 12);

}  // namespace sensors
