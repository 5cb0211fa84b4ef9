#include "common/runtime/mqtt_config.hpp"
