// The access rules of the broker, mosquitto.conf(5) "acl_file", compared with those that the package brought. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sensors::doctor {

struct AclRule {
  std::string user;    // empty: anonymous clients
  std::string kind;    // "topic" or "pattern", which is for every user
  std::string access;  // read, write, readwrite or deny
  std::string filter;
  auto operator<=>(const AclRule&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 is wrong here
};

/// How the access rules of the broker differ from those that were shipped.
struct AclDifference {
  std::vector<AclRule> missing;
  std::vector<AclRule> added;
};

/// Comments, order and blanks make no difference.
AclDifference compare_acl(std::string_view shipped, std::string_view present);

/// "user sensor-publisher: topic write sensors/+/reading/+"
std::string text_of(const AclRule& rule);

/// Whether it lets somebody write a watermark, who could then make a publisher delete readings that no store has.
bool lets_forge_watermarks(const AclRule& rule);

}  // namespace sensors::doctor
