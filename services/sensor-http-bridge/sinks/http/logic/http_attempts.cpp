#include "services/sensor-http-bridge/sinks/http/logic/http_attempts.hpp"

#include <utility>

#include "services/sensor-http-bridge/sinks/http/logic/verdict.hpp"

namespace sensors::bridge {

Result<HttpPost> HttpAttempts::begin(Attempt attempt, Credentials credentials) {
  TRY_ASSIGN(std::string body, upload_body(options_.format, std::move(attempt.batch)));
  UploadBatchHeader& header = attempt.header;
  under_way_[attempt.id] = {header.rows(), header.readings, std::move(header.names), body.size(), credentials};
  return HttpPost{attempt.id, std::move(attempt.key), content_type_of(options_.format), std::move(body),
                  attempt.deadline};
}

Attempted HttpAttempts::finish(const HttpFinished& finished, WallTime now) {
  const auto node = under_way_.extract(finished.id);
  const UnderWay sent = node.empty() ? UnderWay{} : std::move(node.mapped());
  return {finished.id, judge(finished.reply, options_, {sent.rows, sent.readings, sent.names}, now, sent.credentials),
          finished.took, sent.bytes};
}

}  // namespace sensors::bridge
