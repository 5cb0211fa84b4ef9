// What must hold once everything has drained: each reading of each stream is in the store and at the API, once, in its
// place, with the value that the file has there. Each breach is one sentence.
#pragma once

#include <string>
#include <vector>

#include "tests/rig/rig.hpp"
#include "tests/system/stream_ledger.hpp"
#include "tests/system/weather_file.hpp"

namespace sensors::rig {

/// Nothing, or what is wrong; at most a few sentences for each stream. `ledgers` by node.
std::vector<std::string> check_delivery(const Rig& rig, const std::vector<StreamLedger>& ledgers,
                                        const WeatherFile& weather);

}  // namespace sensors::rig
