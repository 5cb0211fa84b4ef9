// The lines of an answer before its body (RFC 9112 section 4). Private to the adapter.
#pragma once

#include <string>
#include <string_view>

#include "common/core/web_events.hpp"

namespace sensors {

/// Status, date and `headers`; the empty line is for the caller.
std::string answer_head(int status, const WebHeaders& headers);

/// A problem document (RFC 9457) of the server's own. `detail` needs no escapes.
WebResponse own_answer(int status, std::string_view detail);

}  // namespace sensors
