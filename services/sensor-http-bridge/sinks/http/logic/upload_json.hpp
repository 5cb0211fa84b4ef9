// A batch as plain JSON, for endpoints that take rows and know nothing of batches, streams and gaps. Pure.
#pragma once

#include <string>

#include "common/codec/rpc_json.hpp"

namespace sensors {

/// [{"node":...,"stream":...,"seq":1,"sensor":...,"value":...,"unit":...,"time":...},...]: the readings as
/// append_delivered_reading() writes them, and behind them the gap records as append_delivered_gap() does.
std::string encode_upload_json(const UploadBatch& batch);

}  // namespace sensors
