#include "common/codec/streams_json.hpp"

#include <fmt/format.h>

#include "common/codec/error_answer.hpp"
#include "common/codec/json_document.hpp"
#include "common/codec/rpc_json.hpp"

namespace sensors {

namespace {

/// The rows of `streams`, as many as may be; refuses `fields` otherwise.
simdjson::dom::array rows_of(JsonFields& fields) {
  simdjson::dom::array rows;
  fields.read_array("streams", rows);
  if (fields.failed()) return {};
  if (rows.size() > max_streams_named)
    fields.refuse(ErrorCode::too_large, fmt::format("streams: at most {} are taken", max_streams_named));
  return rows;
}

}  // namespace

std::string encode_streams_request(const std::vector<std::string>& streams) {
  return fmt::format(R"({{"streams":[{}{}{}]}})", streams.empty() ? "" : "\"", fmt::join(streams, "\",\""),
                     streams.empty() ? "" : "\"");
}

Result<std::vector<std::string>> decode_streams_request(std::string_view payload) {
  JsonDocument document(max_rpc_request_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"streams"});
  const simdjson::dom::array rows = rows_of(fields);
  TRY(fields.finish());
  std::vector<std::string> streams;
  for (const simdjson::dom::element row : rows) {
    std::string_view name;
    if (row.get(name) != simdjson::SUCCESS || !is_name(name))
      return fail(ErrorCode::invalid, "streams: each must be a name, 1 to 64 of A-Z a-z 0-9 _ . -");
    streams.emplace_back(name);
  }
  return streams;
}

std::string encode_streams_answer(const StreamsAnswer& answer) {
  std::string out = fmt::format(R"({{"store":"{}","streams":[)", answer.store);
  const char* separator = "";
  for (const KnownStream& known : answer.streams) {
    out += fmt::format(R"({}{{"stream":"{}","through":{}}})", separator, known.stream, known.through);
    separator = ",";
  }
  return out + "]}";
}

Result<StreamsAnswer> decode_streams_answer(std::string_view payload) {
  JsonDocument document(max_rpc_request_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"store", "streams"});
  refuse_error_answer(fields, root);
  StreamsAnswer answer;
  fields.read_name("store", answer.store);
  const simdjson::dom::array rows = rows_of(fields);
  TRY(fields.finish());
  for (const simdjson::dom::element row : rows) {
    if (!row.is_object()) return fail(ErrorCode::malformed, "streams: each row must be a JSON object");
    JsonFields keys(row, {"stream", "through"});
    KnownStream known;
    keys.read_name("stream", known.stream);
    keys.read_whole("through", known.through, 0, max_seq);
    TRY(keys.finish());
    answer.streams.push_back(std::move(known));
  }
  return answer;
}

}  // namespace sensors
