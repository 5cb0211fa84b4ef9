// File format, a line each:
//   sensor-http-bridge-writes 1
//   NODE STORE                    oldest first; none to max_kept
#include "services/sensor-http-bridge/web/write_homes.hpp"

#include <algorithm>
#include <utility>

#include "common/core/reading.hpp"
#include "common/core/text_digest.hpp"

namespace sensors::bridge {

namespace {

constexpr std::string_view file_head = "sensor-http-bridge-writes 1\n";

tl::unexpected<Error> not_ours() {
  return fail(ErrorCode::corrupt, "not the nodes and stores that writes were handed in at");
}

}  // namespace

std::string stream_name(const WriteHome& home, std::string_view digest) {
  return "k-" + text_digest({home.node, home.store, digest});
}

WriteHomes::WriteHomes(std::string node, std::vector<WriteHome> kept)
    : node_(std::move(node)), kept_(std::move(kept)) {}

bool WriteHomes::learn(const std::string& store) {
  present_ = WriteHome{node_, store};
  if (!kept_.empty() && kept_.back() == *present_) return false;
  std::erase(kept_, *present_);
  kept_.push_back(*present_);
  if (kept_.size() > max_kept) kept_.erase(kept_.begin());
  return true;
}

std::vector<WriteHome> WriteHomes::former() const {
  std::vector<WriteHome> homes(kept_.rbegin(), kept_.rend());
  if (present_.has_value()) std::erase(homes, *present_);
  return homes;
}

std::string WriteHomes::text() const {
  std::string text(file_head);
  for (const WriteHome& home : kept_) text.append(home.node).append(" ").append(home.store).append("\n");
  return text;
}

Result<std::vector<WriteHome>> decode_write_homes(std::string_view text) {
  if (!text.starts_with(file_head)) return not_ours();
  text.remove_prefix(file_head.size());
  std::vector<WriteHome> homes;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::size_t space = line.find(' ');
    if (end == std::string_view::npos || space == std::string_view::npos || homes.size() == WriteHomes::max_kept)
      return not_ours();
    WriteHome home{std::string(line.substr(0, space)), std::string(line.substr(space + 1))};
    if (!is_name(home.node) || !is_name(home.store)) return not_ours();
    homes.push_back(std::move(home));
    text.remove_prefix(end + 1);
  }
  return homes;
}

}  // namespace sensors::bridge
