// What of an HTTP answer's header is kept, line by line as it comes. Private to the client. Pure.
#pragma once

#include <string_view>

#include "common/adapters/http_client/http_client.hpp"

namespace sensors {

/// Takes one line of a header, its line end included, into `answer`. A new status line forgets what the interim answer
/// before it said.
void take_header_line(std::string_view line, HttpAnswer& answer);

}  // namespace sensors
