// How a picture that is shown again and again is written to a terminal: over the one before. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sensors::sensorctl {

struct WindowSize {
  std::size_t rows = 24;
  std::size_t columns = 80;
};

/// What to write so that `text`, lines of printable UTF-8, fills the window from its upper left corner: cut to fit,
/// since a line that wraps would push the others away. The first picture clears the window.
std::string over_the_last(std::string_view text, WindowSize window, bool is_first);

}  // namespace sensors::sensorctl
