// `sensorctl page` and `sensorctl token`: what they say, and what they change. Each returns its exit code; blocks.
#pragma once

#include <string>

#include "services/sensorctl/web/http_setup.hpp"

namespace sensors::sensorctl {

struct PageOptions {
  std::string configuration = "/etc/sensor-project";  // the folder
  std::string owner = "sensor-http-bridge";           // as whom the bridge runs
  std::string listen;                                 // empty: it stays where it is
  bool is_public = false;
  bool local = false;
};

int show_or_move_page(const PageOptions& options);

struct TokenOptions {
  std::string configuration = "/etc/sensor-project";
  std::string owner = "sensor-http-bridge";
  std::string name;
  Scopes scopes;
};

int add_token(const TokenOptions& options);
int remove_token(const TokenOptions& options);
int list_tokens(const TokenOptions& options);

}  // namespace sensors::sensorctl
