// Changes one line of a TOML file that a person keeps, and leaves every other as it is, comments included. It knows
// tables with a line of their own and values on one line; whoever uses it reads the result back. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/core/result.hpp"

namespace sensors::sensorctl {

/// `text` with `key` = `value` in [table]: in the line of the key, else in the first that has it as a comment, else in
/// a new one below the table's head, which is added at the end where it is not there. What stands behind the value
/// stays. invalid when the value that is there goes over several lines.
Result<std::string> with_key(std::string_view text, std::string_view table, std::string_view key,
                             std::string_view value);

/// `text` with the line of `key` in [table], if there is one, as a comment. Errors of with_key().
Result<std::string> without_key(std::string_view text, std::string_view table, std::string_view key);

/// `text` with the lines of a table at its end, after an empty line.
std::string with_table(std::string_view text, std::string_view lines);

/// `text` without [table]: its head and its keys. What stands behind the last of them stays.
std::string without_table(std::string_view text, std::string_view table);

}  // namespace sensors::sensorctl
