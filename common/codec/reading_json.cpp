#include "common/codec/reading_json.hpp"
