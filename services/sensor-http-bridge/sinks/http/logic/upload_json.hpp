// A batch as plain JSON, for endpoints that take rows and know nothing of batches, streams and gaps. Pure.
#pragma once

#include <string>

#include "common/codec/rpc_json.hpp"

namespace sensors {

/// What a gap record says it is of.
inline constexpr const char* gap_sensor = "sensor_gap";

/// [{"node":...,"stream":...,"seq":1,"sensor":...,"value":...,"unit":...,"time":...},...]: the readings as
/// append_delivered_reading() writes them, and behind them the gap records with the same keys, as readings of the
/// sensor "sensor_gap": seq is the first number, value how many were dropped, and "last" and "reason" stand behind.
std::string encode_upload_json(const UploadBatch& batch);

}  // namespace sensors
