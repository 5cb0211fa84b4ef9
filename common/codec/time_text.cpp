#include "common/codec/time_text.hpp"
