// What sensorctl says of the page and of tokens. Pure.
#pragma once

#include <string>
#include <vector>

#include "services/sensorctl/setup/http_setup.hpp"

namespace sensors::sensorctl {

/// How this machine is reached.
struct Reach {
  std::string user;                    // who is at the keyboard
  std::string host;                    // its name
  std::vector<std::string> addresses;  // of its interfaces, without loopback
};

/// Where the page is, who may see it, how to reach it from elsewhere and how to open or close it. Lines.
std::string page_text(const HttpSetup& setup, const Reach& reach);

/// The addresses of the page as one writes them into a browser; empty without a page.
std::vector<std::string> page_addresses(const HttpSetup& setup, const Reach& reach);

/// How `token` is used: the line that reads it, and one that uses it. Lines.
std::string token_text(const Token& token, const HttpSetup& setup);

/// A table of its tokens, without what they are.
std::string tokens_text(const HttpSetup& setup);

/// A line for each bridge but `shown`: how `command` ("page", "token list") is asked for what is its. `names`: of those
/// that have one.
std::string other_bridges_text(const std::string& command, const std::vector<std::string>& names,
                               const std::string& shown);

}  // namespace sensors::sensorctl
