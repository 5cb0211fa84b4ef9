#include "common/runtime/event_loop.hpp"
