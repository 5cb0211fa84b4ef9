#include "common/codec/status_writer.hpp"

#include <cassert>
#include <cmath>

#include "common/codec/json_text.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/time_text.hpp"

namespace sensors {

struct StatusWriter::Inner {
  Inner(std::string_view its_key, std::size_t position) : key(its_key), at(position) {}

  std::string key;
  std::size_t at;  // in the text_ of the one outside, behind the key
  StatusWriter writer;
};

StatusWriter::StatusWriter() = default;
StatusWriter::StatusWriter(StatusWriter&&) noexcept = default;
StatusWriter::~StatusWriter() = default;

void StatusWriter::add_key(std::string_view key) {
  std::string quoted;
  append_json_string(quoted, key);
  quoted += ':';
  // No value can hold this text, since a quotation mark inside it is escaped.
  assert(text_.find(quoted) == std::string::npos && "a key of a status that stands there already");
  if (!text_.empty()) text_ += ',';
  text_ += quoted;
}

void StatusWriter::add_literal(std::string_view key, std::string_view literal) {
  add_key(key);
  text_ += literal;
}

void StatusWriter::add(std::string_view key, std::string_view text) {
  add_key(key);
  append_json_string(text_, text);
}

void StatusWriter::add(std::string_view key, WallTime time) {
  add_key(key);
  text_ += '"';
  append_time(text_, time);
  text_ += '"';
}

void StatusWriter::add(std::string_view key, double value) {
  add_key(key);
  append_number(text_, std::isfinite(value) ? value : 0);
}

StatusWriter& StatusWriter::in(std::string_view key) {
  for (const std::unique_ptr<Inner>& inner : inner_) {
    if (inner->key == key) return inner->writer;
  }
  add_key(key);
  inner_.push_back(std::make_unique<Inner>(key, text_.size()));
  return inner_.back()->writer;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the code that calls in()
std::string StatusWriter::members() const {
  std::string members;
  std::size_t from = 0;
  for (const std::unique_ptr<Inner>& inner : inner_) {
    members.append(text_, from, inner->at - from);
    members.append("{").append(inner->writer.members()).append("}");
    from = inner->at;
  }
  return members.append(text_, from);
}

}  // namespace sensors
