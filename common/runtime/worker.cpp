#include "common/runtime/worker.hpp"
