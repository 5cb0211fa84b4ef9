// The text of a file of the kernel's, in /proc or /sys. Any thread.
#pragma once

#include <string>

namespace sensors {

/// All of it up to the first NUL; what could be read where its process ends meanwhile; "" where it is not there. Throws
/// nothing, which an iterator over the file does when a read fails.
std::string proc_text(const std::string& path);

}  // namespace sensors
