#include "common/codec/dead_letter_json.hpp"

#include <array>

#include <fmt/format.h>

#include "common/codec/json_document.hpp"
#include "common/codec/json_text.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/time_text.hpp"

namespace sensors {

namespace {

using Action = DeadLettersRequest::Action;

constexpr std::size_t max_list_bytes = 1024 * 1024;
constexpr std::array<Action, 3> actions{Action::list, Action::requeue, Action::purge};

const char* name_of(Action action) {
  switch (action) {
    case Action::list: return "list";
    case Action::requeue: return "requeue";
    case Action::purge: return "purge";
  }
  return "unknown";
}

void read_action(JsonFields& fields, Action& target) {
  std::string name;
  fields.read_text("action", name);
  for (const Action action : actions) {
    if (name == name_of(action)) {
      target = action;
      return;
    }
  }
  fields.refuse(ErrorCode::invalid, "action: must be list, requeue or purge");
}

void read_ids(JsonFields& fields, std::vector<std::uint64_t>& ids) {
  simdjson::dom::array rows;
  fields.read_array("ids", rows);
  if (fields.failed()) return;
  if (rows.size() > max_dead_letters_named) {
    return fields.refuse(ErrorCode::too_large, fmt::format("ids: at most {} are taken", max_dead_letters_named));
  }
  for (const simdjson::dom::element row : rows) {
    std::uint64_t id = 0;
    if (row.get(id) != simdjson::SUCCESS || id < 1 || id > max_seq) {
      return fields.refuse(ErrorCode::invalid, fmt::format("ids: must be whole numbers, 1 .. {}", max_seq));
    }
    ids.push_back(id);
  }
}

/// A change names its letters; "all" is never what is left out.
void read_targets(JsonFields& fields, DeadLettersRequest& request) {
  if (fields.has("ids")) read_ids(fields, request.ids);
  if (fields.has("all")) fields.read_bool("all", request.all);
  if (request.action == Action::list) return;
  if (request.all != request.ids.empty()) {
    fields.refuse(ErrorCode::invalid, "ids: name those that are meant, or say \"all\":true");
  }
}

void append_row(std::string& out, const StoredReading& row) {
  out += ",\"reading\":";
  append_delivered_reading(out, row.node, row.stream, row.reading);
}

void append_row(std::string& out, const StoredGap& row) {
  out += ",\"gap\":";
  append_delivered_gap(out, row);
}

void append_letter(std::string& out, const DeadLetter& letter) {
  append_whole_field(out, "{\"id\":", letter.id);
  append_text_field(out, ",\"destination\":", letter.destination);
  append_whole_field(out, ",\"status\":", static_cast<std::uint64_t>(letter.status));
  append_text_field(out, ",\"reason\":", letter.reason);
  append_text_field(out, ",\"refused\":", time_text(letter.refused));
  append_whole_field(out, ",\"refusals\":", letter.refusals);
  out.append(",\"waits\":").append(letter.waits ? "true" : "false");
  std::visit([&](const auto& row) { append_row(out, row); }, letter.row);
  out += '}';
}

}  // namespace

std::string encode_dead_letters_request(const DeadLettersRequest& request) {
  std::string out;
  append_text_field(out, "{\"action\":", name_of(request.action));
  if (!request.destination.empty()) append_text_field(out, ",\"destination\":", request.destination);
  if (request.action == Action::list) {
    append_whole_field(out, ",\"after\":", request.after);
    append_whole_field(out, ",\"limit\":", request.limit);
  } else if (request.all) {
    out += ",\"all\":true";
  } else {
    const char* separator = ",\"ids\":[";
    for (const std::uint64_t id : request.ids) {
      append_whole_field(out, separator, id);
      separator = ",";
    }
    if (!request.ids.empty()) out += ']';
  }
  out += '}';
  return out;
}

Result<DeadLettersRequest> decode_dead_letters_request(std::string_view payload) {
  JsonDocument document(max_rpc_request_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"action", "destination", "after", "limit", "ids", "all"});
  DeadLettersRequest request;
  read_action(fields, request.action);
  if (fields.has("destination")) fields.read_name("destination", request.destination);
  if (fields.has("after")) fields.read_whole("after", request.after, 0, max_seq);
  if (fields.has("limit")) fields.read_size("limit", request.limit, max_dead_letters_listed);
  read_targets(fields, request);
  TRY(fields.finish());
  return request;
}

std::string encode_dead_letter_list(const std::vector<DeadLetter>& letters, bool truncated) {
  std::string out = "{\"dead_letters\":[";
  const char* separator = "";
  for (const DeadLetter& letter : letters) {
    if (out.size() > max_list_bytes) {
      truncated = true;
      break;
    }
    out += separator;
    append_letter(out, letter);
    separator = ",";
  }
  out.append("],\"truncated\":").append(truncated ? "true" : "false").append("}");
  return out;
}

std::string encode_dead_letters_changed(Action action, std::uint64_t changed, std::uint64_t left) {
  std::string out;
  append_whole_field(out, action == Action::requeue ? "{\"requeued\":" : "{\"purged\":", changed);
  append_whole_field(out, ",\"dead_letters\":", left);
  out += '}';
  return out;
}

}  // namespace sensors
