// What clients for InfluxDB ask besides writing: whether somebody is there, and for a database. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/web_events.hpp"
#include "services/sensor-http-bridge/web/target.hpp"

namespace sensors::bridge {

/// Whether readings are written there in line protocol, and answered as InfluxDB does.
bool takes_agents_writes(const Target& target);

/// Whether that path is there for clients that know InfluxDB and nothing of us.
bool is_for_agents(const Target& target);

/// 204, with the headers by which clients know an InfluxDB: the version says which one's write API this is, and whose.
WebResponse ping_answer(std::uint64_t request);

/// 200, or 503 with the first of `reasons_not_ready`.
WebResponse health_answer(std::uint64_t request, const std::vector<std::string>& reasons_not_ready);

/// The answer to a statement of InfluxQL, of which there are two: CREATE DATABASE, which says that it changes nothing,
/// and SHOW DATABASES, which names `database`. Others: 400.
WebResponse query_answer(std::uint64_t request, std::string_view statement, std::string_view database);

/// The statement of a /query: of its address, or of the form that it posts. Empty: there is none.
std::string statement_of(const WebRequest& request, const Target& target);

}  // namespace sensors::bridge
