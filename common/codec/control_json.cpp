#include "common/codec/control_json.hpp"
