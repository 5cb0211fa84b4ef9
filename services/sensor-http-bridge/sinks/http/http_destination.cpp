#include "services/sensor-http-bridge/sinks/http/http_destination.hpp"

#include <optional>
#include <string>
#include <string_view>

#include "common/core/url_text.hpp"
#include "common/runtime/secret.hpp"

namespace sensors::bridge {

namespace {

/// A timestamp of ours is in nanoseconds, and an address that says otherwise would put it a thousand times off.
void check_precision(ConfigTable& table, std::string_view url) {
  const std::size_t at = url.find("precision=");
  if (at == std::string_view::npos) return;
  const std::string_view value = url.substr(at + std::string_view("precision=").size());
  const std::string_view unit = value.substr(0, value.find('&'));
  if (unit != "ns" && unit != "n")
    table.refuse("url", "must not say a precision other than ns: timestamps are in that");
}

/// User and password leave the address here, and are in nothing that is logged, shown or sent to the broker.
void read_api_address(ConfigTable& table, DestinationConfig& destination) {
  const std::string_view url = destination.url;
  if (shown_url(url).ends_with("//...")) {
    table.refuse("url", "has no host that can be read; in a user or password / ? # : @ are %2F %3F %23 %3A %40");
  } else if (may_have_cut_password(url)) {
    table.refuse("url",
                 "has an @ behind what reads as host and port: in a password / ? # @ must be %2F %3F %23 %40, and an @ "
                 "behind the host %40 as well");
  } else if (const std::string mistake = url_mistake(url); !mistake.empty()) {
    table.refuse("url", mistake);
  }
  if (const std::optional<UrlUser> user = take_user_part(destination.url); user.has_value()) {
    destination.user = user->user;
    destination.password = user->password;
  }
}

void check_credentials(ConfigTable& table, const DestinationConfig& destination) {
  const Result<std::string> token = read_token(destination);
  if (!token.has_value()) return table.refuse("token_file", token.error().message);
  if (!token->empty() && (!destination.user.empty() || !destination.password.empty()))
    table.refuse("url", "has a user or password, and there is an API token too: keep one of them");
}

AnswerTrust read_answers(ConfigTable& table) {
  std::string answers = "strict";
  table.read_choice("answers", answers, {"strict", "status"});
  return answers == "status" ? AnswerTrust::status : AnswerTrust::strict;
}

void read_format(ConfigTable& table, std::string_view url, HttpSinkOptions& http) {
  std::string format = name_of(http.format);
  table.read_choice("format", format, {"batch", "json", "influx"});
  http.format = upload_format_from(format).value_or(http.format);
  if (http.format == UploadFormat::influx) check_precision(table, url);
}

}  // namespace

void read_http_destination(ConfigTable& table, DestinationConfig& destination) {
  const std::string_view url = destination.url;
  const bool is_http = url.starts_with("https://") || url.starts_with("http://");
  if (is_http) read_api_address(table, destination);
  read_format(table, destination.url, destination.http);
  destination.http.answers = read_answers(table);
  table.read("token_file", destination.token_file);
  table.read("gzip", destination.gzip);
  table.read("ca_file", destination.ca_file);
  table.read("connect_timeout", destination.connect_timeout, Millis{1}, Millis{60'000});
  check_credentials(table, destination);
}

Result<std::string> read_token(const DestinationConfig& destination) {
  return read_secret_or_credential(destination.token_file, "api-token");
}

}  // namespace sensors::bridge
