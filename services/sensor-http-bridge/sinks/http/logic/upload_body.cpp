#include "services/sensor-http-bridge/sinks/http/logic/upload_body.hpp"

#include <algorithm>
#include <array>

#include "common/codec/store_answer.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/upload_json.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/upload_lines.hpp"

namespace sensors {

namespace {

struct FormatName {
  UploadFormat format;
  const char* name;
  const char* content_type;
};

constexpr std::array<FormatName, 3> formats{{{UploadFormat::batch, "batch", "application/json"},
                                             {UploadFormat::json, "json", "application/json"},
                                             {UploadFormat::influx, "influx", "text/plain; charset=utf-8"}}};

const FormatName& entry_of(UploadFormat format) { return formats.at(static_cast<std::size_t>(format)); }

}  // namespace

const char* name_of(UploadFormat format) { return entry_of(format).name; }

const char* content_type_of(UploadFormat format) { return entry_of(format).content_type; }

std::optional<UploadFormat> upload_format_from(std::string_view name) {
  const auto* known = std::find_if(formats.begin(), formats.end(), [&](const FormatName& f) { return f.name == name; });
  return known == formats.end() ? std::nullopt : std::optional(known->format);
}

Result<std::string> upload_body(UploadFormat format, std::string payload) {
  if (format == UploadFormat::batch) return payload;
  TRY_ASSIGN(const UploadBatch batch, decode_upload_batch(payload));
  return format == UploadFormat::json ? encode_upload_json(batch) : encode_upload_lines(batch);
}

}  // namespace sensors
