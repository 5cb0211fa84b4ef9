// stdin, stdout and stderr as a program finds them, which may be closed or on a full disk. One thread.
#pragma once

#include <string>

namespace sensors {

/// Takes the numbers 0, 1 and 2 where whoever started the program closed them: else the first files that it opens get
/// them, and what is said to people is written into a database. Reading gives nothing then, and writing to stdout
/// fails. First in main().
void hold_standard_streams();

/// The exit code of a program that ends with `code`: 1 instead of 0, after a word on stderr as `program`, where
/// something that the libraries of C and C++ wrote to stdout, such as a help text, got nowhere.
int with_stdout_written(int code, const std::string& program);

}  // namespace sensors
