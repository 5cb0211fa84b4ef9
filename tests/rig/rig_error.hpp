// RigError is how the test rig says that a test cannot go on: a program that is missing, a wait that took too long.
// The one place where exceptions are used on purpose: GoogleTest and the mains of the rig's programs catch them.
#pragma once

#include <stdexcept>

namespace sensors::rig {

class RigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sensors::rig
