// `sensorctl demo` is a program of its own, which is installed beside sensorctl.
#pragma once

#include <string>
#include <vector>

namespace sensors::sensorctl {

/// Becomes the demo, with `arguments`. Returns only when there is none, after a complaint; the exit code then.
int become_demo(const std::vector<std::string>& arguments);

}  // namespace sensors::sensorctl
