// What keeps a file from being run as a program by a service that is told its name, beside who may run it. Start-up,
// one thread; reads files.
#pragma once

#include <string>

#include "common/core/unit_sandbox.hpp"

namespace sensors {

/// What systemd gives a service that names none.
inline constexpr const char* path_of_units = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Where a program without a '/' is found in `folders`, with ':' between them; empty: nowhere.
std::string found_in(const std::string& folders, const std::string& program);

/// For people: what is wrong with the first line of the file, which says what runs it; empty: nothing, or the file is
/// no text. Without "#!" the kernel runs no text (ENOEXEC): only a shell does.
std::string first_line_mistake(const std::string& path);

/// For people: what the unit forbids that the program at `path`, or the one that its first line names, cannot do
/// without; empty: nothing.
std::string forbidden_mistake(const std::string& path, const UnitSandbox& unit);

}  // namespace sensors
