// What a transfer of curl's failed of. Private to the client.
#pragma once

#include "common/core/result.hpp"

namespace sensors {

/// `easy`: curl's handle of the transfer, not used again since. `curl_code`: the CURLcode that it ended with.
ErrorCode class_of_failed(void* easy, int curl_code);

}  // namespace sensors
