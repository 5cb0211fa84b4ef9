#include "services/sensor-http-bridge/sinks/sinks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/core/ascii.hpp"
#include "services/sensor-http-bridge/sinks/file/file_sink.hpp"
#include "services/sensor-http-bridge/sinks/http/http_sink.hpp"

namespace sensors::bridge {

namespace {

const std::vector<SinkKind>& kinds() {
  static const std::vector<SinkKind> all{
      http_sink_kind(),
      file_sink_kind(),
  };
  return all;
}

bool has_scheme(const SinkKind& kind, std::string_view url) {
  return std::any_of(kind.schemes.begin(), kind.schemes.end(), [url](std::string_view scheme) {
    return url.starts_with(scheme) && url.substr(scheme.size()).starts_with("://");
  });
}

std::string known_schemes() {
  std::string text;
  for (const SinkKind& kind : kinds()) {
    for (const std::string_view scheme : kind.schemes)
      text.append(text.empty() ? "" : ", ").append(scheme).append("://");
  }
  return text;
}

}  // namespace

void read_sink(ConfigTable& table, DestinationConfig& destination) {
  std::string& url = destination.url;
  table.read("url", url);
  if (const std::size_t scheme_end = url.find("://"); scheme_end != std::string::npos)  // RFC 3986, 3.1
    url.replace(0, scheme_end, lower_ascii(std::string_view(url).substr(0, scheme_end)));
  const SinkKind& kind = sink_of(url);
  if (!url.empty() && !has_scheme(kind, url)) table.refuse("url", "must start with one of " + known_schemes());
  kind.read(table, destination);
  for (const SinkKind& other : kinds()) {
    if (&other == &kind) continue;
    for (const std::string& key : other.keys)
      table.refuse_where_there(key, fmt::format("is of {}:// destinations; take it out", other.schemes.front()));
  }
}

const SinkKind& sink_of(std::string_view url) {
  const auto known =
      std::find_if(kinds().begin(), kinds().end(), [url](const SinkKind& kind) { return has_scheme(kind, url); });
  return known == kinds().end() ? kinds().front() : *known;
}

}  // namespace sensors::bridge
