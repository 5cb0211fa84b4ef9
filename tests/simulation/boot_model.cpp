#include "tests/simulation/boot_model.hpp"

namespace sensors::simulation {

using persistence::BootKey;
using persistence::BootState;
using persistence::RestampStep;
using persistence::StreamRows;

std::vector<BootState> BootModel::waiting() const {
  std::vector<BootState> waiting;
  for (const auto& [key, boot] : boots_) {
    if (boot.hold == Hold::waits) waiting.push_back({key, boot.began.has_value()});
  }
  return waiting;
}

std::optional<WallTime> BootModel::began(const BootKey& boot) const {
  const auto found = boots_.find(boot);
  return found == boots_.end() ? std::nullopt : found->second.began;
}

std::optional<WallTime> BootModel::began(const std::string& stream) const {
  const auto found = of_stream_.find(stream);
  return found == of_stream_.end() ? std::nullopt : began(found->second);
}

void BootModel::hold(const StreamRows& rows) {
  const BootKey key{rows.node, rows.publisher, rows.boot};
  of_stream_.try_emplace(rows.stream, key);
  Boot& boot = boots_[key];
  if (boot.hold == Hold::none) boot.hold = Hold::waits;
}

bool BootModel::release(const BootKey& boot) {
  const auto found = boots_.find(boot);
  if (found == boots_.end() || found->second.hold != Hold::waits || found->second.began.has_value()) return false;
  found->second.hold = Hold::released;
  return true;
}

std::vector<std::uint64_t> BootModel::to_stamp(const RestampStep& step, std::uint64_t after_id) const {
  std::vector<std::uint64_t> found;
  for (auto row = rows_.upper_bound(after_id); row != rows_.end() && found.size() < step.max_rows; ++row) {
    const auto boot = of_stream_.find(row->second);
    if (boot != of_stream_.end() && boot->second == step.boot) found.push_back(row->first);
  }
  return found;
}

void BootModel::done(const BootKey& boot) {
  const auto found = boots_.find(boot);
  if (found != boots_.end() && found->second.hold == Hold::waits) found->second.hold = Hold::none;
}

std::uint64_t BootModel::first_held(std::uint64_t after_id) const {
  for (auto row = rows_.upper_bound(after_id); row != rows_.end(); ++row) {
    const auto key = of_stream_.find(row->second);
    if (key == of_stream_.end()) continue;
    const auto boot = boots_.find(key->second);
    if (boot != boots_.end() && boot->second.hold == Hold::waits) return row->first;
  }
  return 0;
}

}  // namespace sensors::simulation
