// What sensorctl ends with. sensorctl(1) promises these numbers to scripts.
#pragma once

namespace sensors::sensorctl {

inline constexpr int exit_ok = 0;
inline constexpr int exit_trouble = 1;        // the answer is that something is wrong, or what was asked was refused
inline constexpr int exit_usage = 2;          // the command line is wrong, or a file that it names cannot be read
inline constexpr int exit_no_broker = 3;      // no connection to the broker, or it ended
inline constexpr int exit_no_answer = 4;      // a service did not answer in time
inline constexpr int exit_interrupted = 130;  // Ctrl-C before the answer

}  // namespace sensors::sensorctl
