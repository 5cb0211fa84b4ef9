// judge() says what an API's reply to a POST means. Pure.
#pragma once

#include "common/core/result.hpp"
#include "common/core/time.hpp"
#include "services/sensor-http-bridge/delivery/attempt.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/http_exchange.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/http_options.hpp"

namespace sensors::bridge {

/// 400 and 422 are refused, 413 is too large, 401 and 403 are unauthorized, and 429 or 503 with Retry-After asks to
/// wait; anything else but a 2xx has failed. A 2xx with a page of HTML is not the API but something in front of it, a
/// captive portal or a login page: taking it for the API would lose the batch. With AnswerTrust::status any other 2xx
/// is a delivery. With AnswerTrust::strict it is one only if it is the answer to this request and says nothing else;
/// what of it speaks against data is `refused`, as 422 is, so the batch is cut until it is clear which row is meant;
/// what cannot be read, or says that the same may be taken later, is `failed`. The rules stand in
/// docs/destination-api.md.
Verdict judge(const Result<HttpReply>& reply, const HttpSinkOptions& options, Sent sent, WallTime now,
              Credentials credentials = Credentials::token);

}  // namespace sensors::bridge
