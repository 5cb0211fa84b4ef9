#include "common/runtime/log.hpp"
