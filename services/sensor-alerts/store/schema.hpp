// The schema of the alerts: one migration for each schema/*.sql, embedded at build time. The .sql files are the source.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sensors::alerts {

/// PRAGMA application_id: "SPal".
inline constexpr std::int32_t alert_application_id = 0x5350616c;

/// In order; migration i takes the file from version i to i + 1.
const std::vector<std::string_view>& alert_migrations();

}  // namespace sensors::alerts
