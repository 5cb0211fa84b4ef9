#include "common/core/circuit_breaker.hpp"
