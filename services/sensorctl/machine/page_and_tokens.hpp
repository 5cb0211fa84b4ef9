// `sensorctl page` and `sensorctl token`: what they say, and what they change. Each returns its
// exit code, which is exit_trouble when the bridge that runs could not be restarted: it goes on
// with what it read before. Blocks.
#pragma once

#include <string>

#include "services/sensorctl/setup/http_setup.hpp"

namespace sensors::sensorctl {

struct PageOptions {
  std::string configuration = "/etc/sensor-project";  // the folder
  std::string owner = "sensor-http-bridge";           // as whom the bridge runs
  std::string bridge;                                 // whose page, of several; empty: of the one without a name
  std::string listen;                                 // empty: it stays where it is
  bool is_public = false;
  bool local = false;
  std::string folder_of_unit = "/etc/sensor-project";  // where the unit has its configuration
};

int show_or_move_page(const PageOptions& options);

struct TokenOptions {
  std::string configuration = "/etc/sensor-project";
  std::string owner = "sensor-http-bridge";
  std::string bridge;
  std::string name;
  Scopes scopes;
  std::string folder_of_unit = "/etc/sensor-project";
};

int add_token(const TokenOptions& options);

/// One whose file was left behind by an earlier run that was cut off is removed to the end.
int remove_token(const TokenOptions& options);
int list_tokens(const TokenOptions& options);

}  // namespace sensors::sensorctl
