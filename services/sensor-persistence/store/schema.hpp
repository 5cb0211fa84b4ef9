// The store's schema: one migration for each schema/*.sql, embedded at build time. The .sql files are the source.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sensors::persistence {

/// PRAGMA application_id of a store: "SPst".
inline constexpr std::int32_t store_application_id = 0x53507374;

/// In order; migration i takes a store from version i to i + 1.
const std::vector<std::string_view>& store_migrations();

}  // namespace sensors::persistence
