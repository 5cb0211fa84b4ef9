#include "common/runtime/proc_text.hpp"

#include <fstream>

namespace sensors {

std::string proc_text(const std::string& path) {
  std::string text;
  std::ifstream file(path);
  std::getline(file, text, '\0');
  return text;
}

}  // namespace sensors
