#include "common/codec/rpc_json.hpp"
