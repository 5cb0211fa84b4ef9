#include "services/sensor-http-bridge/http_config.hpp"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "common/core/listen_address.hpp"
#include "common/runtime/local_time.hpp"
#include "common/runtime/secret.hpp"
#include "services/sensor-http-bridge/descriptors.hpp"

namespace sensors::bridge {

namespace {

constexpr std::size_t least_connections = 8;

/// An address that stands for all of the machine's is none that a browser takes.
std::string served_at(const HttpServerOptions& server) {
  const ListenAddress address{server.address, server.port};
  return fmt::format("{}://{}/{}", server.certificate_file.empty() ? "http" : "https", address.from_here().text(),
                     address.is_any() ? " and at each address of this machine" : "");
}

/// `address` stays where `text` is empty; `table` refuses what is none.
void read_address(ConfigTable& table, const std::string& text, HttpServerOptions& server) {
  const std::optional<ListenAddress> address = parse_listen_address(text);
  if (address.has_value()) {
    server.address = address->host;
    server.port = address->port;
  } else if (!text.empty()) {
    table.refuse("listen", "must be an IP address and a port, such as \"127.0.0.1:8080\" or \"[::1]:8080\"");
  }
}

void read_scopes(ConfigTable& table, const std::string& key, Scopes& scopes) {
  std::vector<std::string> names;
  if (scopes.read) names.emplace_back("read");
  if (scopes.write) names.emplace_back("write");
  if (scopes.operate) names.emplace_back("operate");
  table.read(key, names);
  scopes = {};
  for (const std::string& name : names) {
    scopes.read = scopes.read || name == "read";
    scopes.write = scopes.write || name == "write";
    scopes.operate = scopes.operate || name == "operate";
    if (name != "read" && name != "write" && name != "operate")
      table.refuse(key, R"(there are the scopes "read", "write" and "operate")");
  }
}

void read_token_table(const std::string& name, ConfigTable table, WebOptions& web) {
  AccessToken token;
  token.name = name;
  token.scopes.read = true;
  std::string file;
  table.read("file", file);
  read_scopes(table, "scopes", token.scopes);
  const Result<std::string> secret = read_secret_or_credential(file, "http-token-" + name);
  if (!secret.has_value()) {
    table.refuse("file", secret.error().message);
  } else if (secret->empty()) {
    table.refuse("file", "is missing: name the file with the token, or load systemd's credential http-token-" + name);
  } else {
    token.secret = *secret;
  }
  web.tokens.push_back(std::move(token));
}

void read_tls(ConfigTable& table, HttpServerOptions& server) {
  table.read("certificate_file", server.certificate_file);
  table.read("key_file", server.key_file);
  if (server.certificate_file.empty() != server.key_file.empty())
    table.refuse("certificate_file", "and key_file go together: name both for TLS, or none");
  for (const auto& [key, file] :
       {std::pair("certificate_file", server.certificate_file), {"key_file", server.key_file}}) {
    if (!file.empty() && access(file.c_str(), R_OK) != 0) table.refuse(key, file + " is not a file that can be read");
  }
}

/// So many cannot be accepted when the process may not have as many descriptors: they would wait, unseen, at the
/// kernel. As many as there is room for are, and `warnings` says so: deliveries are not to wait for a page.
void fit_descriptors(ConfigTable& table, std::size_t& max_connections, std::vector<std::string>& warnings) {
  constexpr std::size_t others = 64;  // broker, API, files
  const std::size_t most = most_descriptors();
  const std::size_t asked = max_connections;
  if (most >= asked + others) return;
  const std::size_t room = most > others ? most - others : 0;
  if (room < least_connections) {
    return table.refuse(
        "max_connections",
        fmt::format("{} connections at least need {} descriptors with those of the service's own, and it may have {}: "
                    "raise LimitNOFILE= in a drop-in of the unit, or leave `listen` out",
                    least_connections, least_connections + others, most));
  }
  max_connections = room;
  warnings.push_back(fmt::format(
      "http.max_connections: {} connections need {} descriptors with those of the service's own, and it may have {}: "
      "{} are taken at most; make it {}, or raise LimitNOFILE= in a drop-in of the unit",
      asked, asked + others, most, room, room));
}

/// Whatever waits leaves room for who does not: so many connections may wait for the store with a write, as many with a
/// query, and as many are streams.
void share_connections(WebOptions& web, std::size_t max_connections) {
  const std::size_t quarter = max_connections / 4;
  web.max_waiting_writes = quarter;
  web.max_queries = std::min(web.max_queries, quarter);
  web.max_streams = std::min(web.max_streams, quarter);
}

}  // namespace

std::optional<WebOptions> read_http_config(ConfigTable table, HttpServerOptions& server,
                                           std::vector<std::string>& warnings) {
  WebOptions web;
  std::string listen;
  table.read("listen", listen);
  read_address(table, listen, server);
  read_tls(table, server);
  web.served_at = served_at(server);
  web.anonymous.read = ListenAddress{server.address, server.port}.is_loopback();
  read_scopes(table, "anonymous", web.anonymous);
  for (auto& [name, token] : table.named_tables("tokens")) read_token_table(name, token, web);
  std::string times = "refuse";
  table.read_choice("times", times, {"refuse", "utc", "local"});
  if (times == "utc") web.times = {TimeRule::WithoutOffset::utc};
  if (times == "local") web.times = {TimeRule::WithoutOffset::local, moments_of_local};
  table.read("max_connections", server.max_connections, least_connections, 10'000);
  table.read("max_body_bytes", server.max_body_bytes, 1'024, 16 * 1024 * 1024);
  web.max_body_bytes = server.max_body_bytes;
  table.read("header_timeout", server.header_timeout, Millis{100}, Millis{600'000});
  table.read("body_timeout", server.body_timeout, Millis{100}, Millis{600'000});
  table.read("rate_burst", web.rate_burst, 1, 1'000'000);
  table.read("rate_interval", web.rate_interval, Millis{1}, Millis{60'000});
  table.read("max_streams", web.max_streams, 0, 1'000);
  table.read("max_services", web.max_services, 8, 10'000);
  table.read("write_timeout", web.write_timeout, Millis{100}, Millis{600'000});
  table.read("max_waiting_rows", web.max_waiting_rows, 1'000, 1'000'000);
  web.max_buffered_bytes = server.max_buffered_bytes;
  if (listen.empty()) return std::nullopt;
  fit_descriptors(table, server.max_connections, warnings);
  share_connections(web, server.max_connections);
  return web;
}

void look_at_files_of_http(FilesCheck& files) {
  std::optional<ConfigTable> root = files.root();
  if (!root.has_value()) return;
  ConfigTable http = root->table("http");
  std::string listen;
  http.read("listen", listen);
  if (const auto address = parse_listen_address(listen); address.has_value()) files.port("http.listen", address->port);
  for (const char* key : {"certificate_file", "key_file"}) {
    std::string file;
    http.read(key, file);
    files.readable(std::string("http.") + key, file);
  }
  for (auto& [name, token] : http.named_tables("tokens")) {
    std::string file;
    token.read("file", file);
    files.secret(fmt::format("http.tokens.{}.file", name), file);
  }
}

}  // namespace sensors::bridge
