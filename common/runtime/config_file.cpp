#include "common/runtime/config_file.hpp"
