// A request to the HTTP side, behind the server: its target in the first line, its headers up to an empty one, its
// body.
#include <algorithm>
#include <variant>

#include "common/codec/posted_readings.hpp"
#include "services/sensor-http-bridge/web/web.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

namespace {

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

WebRequest request_of(std::string_view input, const char* method) {
  WebRequest request;
  request.id = 1;
  request.method = method;
  request.target = std::string(take_line(input));
  for (std::string_view line = take_line(input); !line.empty(); line = take_line(input)) {
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos)
      request.headers.emplace_back(std::string(line.substr(0, colon)), std::string(line.substr(colon + 2)));
  }
  request.body = std::string(input);
  return request;
}

}  // namespace

void run(std::string_view input) {
  bridge::WebOptions options;
  options.node = "kitchen";
  options.anonymous = {true, true};
  const Now now{Instant{} + std::chrono::hours{1}, WallTime{Millis{1'768'493'375'123}}};
  for (const char* method : {"GET", "POST"}) {
    bridge::Web web(options);
    web.handle(MqttConnected{}, now);
    std::size_t answers = 0;
    for (const bridge::BridgeEffect& effect : web.handle(request_of(input, method), now)) {
      if (const auto* response = std::get_if<WebResponse>(&effect)) {
        must(response->status >= 200 && response->status < 600, "a status is one");
        must(is_utf8(response->body), "an answer is UTF-8");
        ++answers;
      } else if (const auto* publish = std::get_if<MqttPublish>(&effect)) {
        must(publish->topic.starts_with("sensors/kitchen/"), "a message goes to the own node");
      }
    }
    must(answers <= 1, "a request has one answer");
    web.handle(StopRequested{}, now);
  }
  const Result<PostedReadings> posted = decode_posted_readings(input, now.wall, 1024 * 1024);
  if (!taken(posted)) return;
  must(posted->readings.size() + posted->bad_rows.size() <= max_posted_readings, "rows are bounded");
  for (const Reading& reading : posted->readings) must(validate(reading).has_value(), "a reading is valid");
}

}  // namespace sensors::fuzz
