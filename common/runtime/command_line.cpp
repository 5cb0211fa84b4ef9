#include "common/runtime/command_line.hpp"
