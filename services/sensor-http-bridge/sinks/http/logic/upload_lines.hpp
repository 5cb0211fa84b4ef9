// A batch in Influx line protocol (InfluxDB 1 reference, "Line protocol"), which InfluxDB, VictoriaMetrics and others
// take. docs/adr/0012 says why the points look as they do. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/codec/rpc_json.hpp"

namespace sensors {

/// A line for each row, readings first:
///
///   sensor_reading,node=kitchen,sensor=bme280.temperature,unit=Cel value=21.53 1768493375123001042
///   sensor_gap,node=kitchen,reason=outbox_full,stream=k3v9x2m7qp4d lost=5i,first=8i,last=12i 1768493375123000008
///
/// A number is the field `value`, a boolean `boolean`, a text `text`: a field has one type for ever. No `unit` where
/// there is none; a reading of a clock that nobody had set has `uptime_ms=...i` too. The timestamp is in nanoseconds.
std::string encode_upload_lines(const UploadBatch& batch);

/// Nanoseconds below a row's millisecond, 0 .. 999,999: rows of one stream whose numbers are less than 1,000,000 apart
/// get different ones, later rows greater ones but for the wrap, and other streams begin elsewhere.
std::uint64_t nanoseconds_of(std::string_view stream, std::uint64_t seq);

}  // namespace sensors
