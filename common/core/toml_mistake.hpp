// What a person got wrong in a TOML file that the library cannot read, in words that say what to
// write instead. It knows the slips that people make, and nothing of a text that is right. It
// quotes no value that may be a secret: what it says is logged. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sensors {

struct TomlMistake {
  std::size_t line;    // from 1
  std::size_t column;  // in bytes, from 1
  std::string text;    // "log_level: a text stands in quotes: log_level = \"info\""
};

/// The first slip in `text`, which the library refused in `line`. Nothing when it is none of those
/// known here.
std::optional<TomlMistake> explain_toml(std::string_view text, std::size_t line);

/// What the library `said` of `line`, from 1; only that it cannot be read where the line may hold a
/// secret, which the library may have quoted.
std::string quotable_slip(std::string_view text, std::size_t line, std::string_view said);

}  // namespace sensors
