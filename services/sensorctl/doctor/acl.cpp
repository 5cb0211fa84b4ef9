#include "services/sensorctl/doctor/acl.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>

namespace sensors::doctor {
namespace {

std::set<AclRule> rules_of(std::string_view text) {
  std::set<AclRule> rules;
  std::istringstream lines{std::string(text)};
  std::string user;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string kind, access, filter;
    words >> kind;
    if (kind == "user") words >> user;
    if (kind != "topic" && kind != "pattern") continue;
    words >> access;
    if (access != "read" && access != "write" && access != "readwrite" && access != "deny") {
      filter = access;
      access = "readwrite";
    }
    std::string rest;
    std::getline(words >> std::ws, rest);  // a filter may hold blanks
    filter += rest;
    rules.insert({kind == "topic" ? user : std::string(), kind, access, filter});
  }
  return rules;
}

/// MQTT 5 section 4.7.
bool matches(std::string_view filter, std::string_view topic) {
  while (true) {
    const std::string_view level = filter.substr(0, filter.find('/'));
    if (level == "#") return true;
    if (level != "+" && level != topic.substr(0, topic.find('/'))) return false;
    const bool filter_ends = level.size() == filter.size();
    const bool topic_ends = topic.find('/') == std::string_view::npos;
    if (filter_ends || topic_ends) return filter_ends == topic_ends;
    filter.remove_prefix(level.size() + 1);
    topic.remove_prefix(topic.find('/') + 1);
  }
}

std::string root_of(const std::string& filter) { return filter.substr(0, filter.find('/')); }

}  // namespace

AclDifference compare_acl(std::string_view shipped, std::string_view present) {
  const std::set<AclRule> wanted = rules_of(shipped);
  const std::set<AclRule> found = rules_of(present);
  AclDifference difference;
  std::set_difference(wanted.begin(), wanted.end(), found.begin(), found.end(), std::back_inserter(difference.missing));
  std::set_difference(found.begin(), found.end(), wanted.begin(), wanted.end(), std::back_inserter(difference.added));
  return difference;
}

std::string text_of(const AclRule& rule) {
  const std::string who = rule.kind == "pattern" ? "everybody" : rule.user.empty() ? "anonymous" : "user " + rule.user;
  return who + ": " + rule.kind + " " + rule.access + " " + rule.filter;
}

bool lets_forge_watermarks(const AclRule& rule) {
  if (rule.access != "write" && rule.access != "readwrite") return false;
  if (rule.user == "sensor-persistence") return false;
  const std::string root =
      root_of(rule.filter) == "+" || root_of(rule.filter) == "#" ? "sensors" : root_of(rule.filter);
  return matches(rule.filter, root + "/node/committed/sensor-publisher") ||
         rule.filter.find("/committed/") != std::string::npos;
}

}  // namespace sensors::doctor
