// HttpSetup is what [http] of sensor-http-bridge.toml says of the page and of who may use it; and
// what is to change there to open the page, to close it, to add a token or to take one away. Pure:
// the shell reads, checks and writes the file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/listen_address.hpp"
#include "common/core/result.hpp"

namespace sensors::sensorctl {

struct Scopes {
  bool read = false;
  bool write = false;
  bool operate = false;
  bool operator==(const Scopes&) const = default;
};

/// "read", "write", "operate": those that there are.
std::vector<std::string> names_of(Scopes scopes);

struct Token {
  std::string name;
  std::string file;  // empty: a credential of systemd
  Scopes scopes;
  bool operator==(const Token&) const = default;
};

struct HttpSetup {
  std::string listen;                // "127.0.0.1:8080"; empty: there is no page
  bool has_certificate = false;      // HTTPS
  std::optional<Scopes> anonymous;   // as the file says; nothing: reading on a loopback address, else nothing
  std::vector<Token> tokens;         // by name
  std::string bridge{};              // whose it is, of several; empty: the one without a name
  std::vector<std::string> taken{};  // what the other bridges of its folder have as `listen`
  bool operator==(const HttpSetup&) const = default;
};

/// " --bridge NAME", for the commands that people are told; empty for the bridge without a name.
std::string option_of_bridge(const HttpSetup& setup);

/// A port for a page: the first from 8080 on that no other bridge has. 8080 is left to the bridge without a name.
int free_port(const HttpSetup& setup);

/// Where the token `name` of a bridge is kept: "FOLDER/garden.token", "FOLDER/garden@weather.token".
std::string token_file(const std::string& folder, const std::string& name, const HttpSetup& setup);

/// As --listen has it, in the one way that it is written. invalid, saying what is right.
Result<ListenAddress> parse_listen(std::string_view text);

/// What a request without a token may do.
Scopes anonymous_of(const HttpSetup& setup);

/// A file that is to take the place of the one that is there.
struct Change {
  std::string text;
  HttpSetup setup;               // what is to be read from it
  std::optional<Token> token{};  // to be made first, or whose file goes afterwards
  bool is_needed = true;         // false: it is so already
  std::string note{};            // who may do less than before; lines
};

/// What --listen comes to. Off this machine everybody may read with `is_public`, else only whoever
/// has a token, whatever `anonymous` said; nobody hands readings in without one. Where there is no
/// token that reads, `page` is made, in `folder`. Errors of with_key(), where the file is written
/// in a way that is not changed here.
Result<Change> open_page(std::string_view text, const HttpSetup& setup, const ListenAddress& listen, bool is_public,
                         const std::string& folder);

/// --local: on loopback alone, on the port that it has. What --public had said goes as well. invalid
/// for a bridge with a name that has no port: 8080 is another one's.
Result<Change> close_page(std::string_view text, const HttpSetup& setup);

/// invalid when `name` is none for a token; in_use when there is one of that name.
Result<Change> add_token(std::string_view text, const HttpSetup& setup, const std::string& name, Scopes scopes,
                         const std::string& folder);

/// not_found, naming those that there are.
Result<Change> remove_token(std::string_view text, const HttpSetup& setup, const std::string& name);

}  // namespace sensors::sensorctl
