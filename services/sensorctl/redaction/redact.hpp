// What must not leave the machine in a support bundle is taken out here: passwords, tokens, keys, and what of URLs may
// be one. It takes out too much rather than too little. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sensors::bundle {

/// `text` of a log or a report, without
/// - `secrets`, wherever they stand; those shorter than 6 bytes are not looked for, they would be found everywhere;
/// - the value of every key, option or header that by its name is secret: the rest of its line, or of a text or a list
///   of several lines. `password_file` and the like are names of files and stay;
/// - user, query and most of the path of a URL, and what stands behind `Bearer` and `Basic`, and `-P` and `-u`;
/// - blocks in PEM, and words that look like chance.
/// Doing it again changes nothing.
std::string redact(std::string_view text, const std::vector<std::string>& secrets);

}  // namespace sensors::bundle
