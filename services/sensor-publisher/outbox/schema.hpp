// The outbox's schema: one migration for each schema/*.sql, embedded at build time. The .sql files are the source.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sensors::publisher {

/// PRAGMA application_id of an outbox: "SPob".
inline constexpr std::int32_t outbox_application_id = 0x53506f62;

/// In order; migration i takes an outbox from version i to i + 1.
const std::vector<std::string_view>& outbox_migrations();

}  // namespace sensors::publisher
