#include "common/codec/topic.hpp"
