// What each part of the tree may include and say, as docs/architecture.md has it, and how an error is passed on, as
// docs/style.md has it. Debian puts every header in /usr/include, so link rules alone cannot stop an include. The rules
// take text, so that tests can plant bad text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sensors::layering {

struct SourceFile {
  std::string path;  // from the top of the tree: "common/core/reading.hpp"
  std::string text;
};

/// What `file` breaks, each as "PATH:LINE: what"; empty when nothing. `is_logic`: it belongs to a service's Logic.
std::vector<std::string> violations(const SourceFile& file, bool is_logic);

/// What `file` includes, in its order: "common/core/time.hpp", "vector".
std::vector<std::string> includes_of(const SourceFile& file);

/// The text with comments and the contents of string literals blanked, line by line the same.
std::string without_comments(std::string_view text);

/// The pattern of the folders that have this layer, in the text of cmake/layers.cmake; empty when none has.
std::string folders_of_layer(const std::string& layer, const std::string& text);

}  // namespace sensors::layering
