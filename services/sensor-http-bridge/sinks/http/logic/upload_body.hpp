// UploadFormat: how a batch of the store is written for the API that it goes to. Pure, and the same batch always gives
// the same bytes: a retry is the request before it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/core/result.hpp"

namespace sensors {

enum class UploadFormat {
  batch,   // the store's answer as it is
  json,    // an array of flat objects: upload_json.hpp
  influx,  // line protocol: upload_lines.hpp
};

/// "batch", "json", "influx".
const char* name_of(UploadFormat format);
std::optional<UploadFormat> upload_format_from(std::string_view name);

const char* content_type_of(UploadFormat format);

/// The body for `payload`, an upload batch of the store that has rows. malformed or invalid: it has a row that breaks
/// a rule of docs/protocol.md; `batch` does not look.
Result<std::string> upload_body(UploadFormat format, std::string payload);

}  // namespace sensors
