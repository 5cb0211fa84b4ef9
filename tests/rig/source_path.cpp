// The path of the source tree is compiled in here and nowhere else.
#include "tests/rig/programs.hpp"

namespace sensors::rig {

std::string source_path(const std::string& relative) { return std::string(RIG_SOURCE_DIR) + "/" + relative; }

}  // namespace sensors::rig
