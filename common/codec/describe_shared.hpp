// What parts that several services have say of themselves in a status: the same keys in each service. A part of one
// service has a describe() of its own, beside its value. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/codec/status_writer.hpp"
#include "common/core/circuit_breaker.hpp"
#include "common/core/disk_figures.hpp"
#include "common/core/latency_histogram.hpp"
#include "common/core/time.hpp"

namespace sensors {

/// "instance", which tells runs of a service apart, "loop_max_ms" and "written_bytes": what every process says.
void describe_process(std::string_view instance, Now now, StatusWriter& status);

/// "breaker": {"state":"open","reason":"...","since":"...","next_attempt":"...","transitions":{"closed":0,"open":1,
/// "half_open":0}}, with "isolated":true instead of the next attempt while an operator keeps it open; `now` turns the
/// breaker's times into wall time.
void describe(const CircuitBreaker& breaker, Now now, StatusWriter& status);

/// "disk": {"file_bytes":40960,"free_bytes":1048576,"size_bytes":4194304,"at_risk":0}; with at_risk 1 also "risk", the
/// reason; {} while it is not known.
void describe(const DiskFigures& disk, StatusWriter& status);

/// {"le_ms":{"1":0,"2":3,...},"sum_ms":5.25,"count":3}, how many took at most so many milliseconds; `object` is the
/// one for what was measured.
void describe(const LatencyHistogram& latency, StatusWriter& object);

}  // namespace sensors
