// How deep a TOML file nests: the library goes down by recursion, and ends the program where the stack does. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "common/core/toml_mistake.hpp"

namespace sensors {

/// A configuration has names of up to so many parts with dots between them, and brackets in one another up to so often.
inline constexpr std::size_t most_toml_depth = 32;

/// Where `text` first goes deeper; nothing where it does not. What is no TOML counts by its dots and brackets.
std::optional<TomlMistake> too_deep_toml(std::string_view text);

}  // namespace sensors
