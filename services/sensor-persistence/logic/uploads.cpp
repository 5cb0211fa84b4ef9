#include "services/sensor-persistence/logic/uploads.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sensors::persistence {

namespace {

bool has_had_rows(const DestinationState& state) { return state.cursor > 0 || state.batch_last > 0; }

}  // namespace

Uploads::Uploads(std::vector<std::string> configured) {
  for (std::string& name : configured) destinations_.push_back(DestinationState{std::move(name)});
}

void Uploads::restart(const StoreContents& contents) {
  store_ = contents.store;
  last_id_ = contents.last_id;
  known_.clear();
  for (const DestinationState& stored : contents.destinations) known_.insert(stored.name);
  for (const auto& [name, letters] : contents.dead_letters) known_.insert(name);
  for (DestinationState& destination : destinations_) {
    const auto stored = std::find_if(contents.destinations.begin(), contents.destinations.end(),
                                     [&](const DestinationState& state) { return state.name == destination.name; });
    destination = stored != contents.destinations.end() ? *stored : DestinationState{std::move(destination.name)};
    // The store keeps what it handed out; a range that does not follow is asked for again.
    if (destination.batch_first != destination.cursor + 1) destination.batch_first = destination.batch_last = 0;
  }
}

const DestinationState* Uploads::find(const std::string& name) const {
  const auto found = std::find_if(destinations_.begin(), destinations_.end(),
                                  [&](const DestinationState& state) { return state.name == name; });
  return found == destinations_.end() ? nullptr : &*found;
}

DestinationState* Uploads::find(const std::string& name) {
  return const_cast<DestinationState*>(std::as_const(*this).find(name));
}

Error Uploads::unknown(const std::string& name) const {
  return Error{
      ErrorCode::not_found,
      fmt::format("destination {} is not configured; add two lines to the store's configuration: [[destination]] and "
                  "name = \"{}\"",
                  name, name)};
}

Result<void> Uploads::serve(const std::string& destination, const std::string& client, Instant now) {
  if (find(destination) == nullptr) return tl::unexpected<Error>(unknown(destination));
  TRY(check_bridge(destination, client, now));
  bridges_[destination] = {client, now};
  return {};
}

Result<bool> Uploads::withdraw(const std::string& destination, const std::string& client, Instant now) {
  TRY(check_bridge(destination, client, now));
  bridges_.erase(destination);
  const DestinationState* state = find(destination);
  return state != nullptr && !state->withdrawn;
}

Result<void> Uploads::check_bridge(const std::string& destination, const std::string& client, Instant now) const {
  const auto bridge = bridges_.find(destination);
  if (bridge == bridges_.end() || bridge->second.client == client || now - bridge->second.asked_at >= bridge_kept)
    return {};
  return fail(
      ErrorCode::in_use,
      fmt::format("destination {0} is delivered to by {1}, and not by {2} as well: give one of them another "
                  "[destination] name, and the store a [[destination]] of that name; when {1} is gone for good, "
                  "{2} has its turn {3} h after it asked last, or when the store starts again",
                  destination, bridge->second.client, client,
                  std::chrono::duration_cast<std::chrono::hours>(bridge_kept).count()));
}

Result<std::optional<HandOut>> Uploads::hand_out(std::uint64_t call, const UploadRequest& request) const {
  const DestinationState* destination = find(request.destination);
  if (destination == nullptr) return tl::unexpected<Error>(unknown(request.destination));
  const bool is_waited_for = destination->batch_last != 0 || destination->cursor < last_id_;
  if (!is_waited_for && !destination->withdrawn) return std::optional<HandOut>{};
  return std::optional<HandOut>{
      HandOut{call, request.destination, request.max_readings, request.max_bytes, request.refused}};
}

Result<std::optional<Confirmation>> Uploads::confirm(const UploadedRequest& request) const {
  if (request.store != store_) {
    return fail(ErrorCode::rejected,
                fmt::format("store {} is not this one, which is {}; ask for an upload first", request.store, store_));
  }
  const DestinationState* destination = find(request.destination);
  if (destination == nullptr) return tl::unexpected<Error>(unknown(request.destination));
  const bool is_range = request.first >= 1 && request.first <= request.last;
  if (is_range && request.last <= destination->cursor) return std::optional<Confirmation>{};
  if (!is_range || request.first != destination->batch_first || request.last != destination->batch_last) {
    return fail(ErrorCode::rejected,
                fmt::format("{}..{} is not what destination {} was handed out, which is {}..{}; confirm exactly that",
                            request.first, request.last, request.destination, destination->batch_first,
                            destination->batch_last));
  }
  return std::optional<Confirmation>{Confirmation{request.destination, request.first, request.last, request.rejected}};
}

Result<void> Uploads::check_destination(const std::string& destination) const {
  if (destination.empty() || find(destination) != nullptr) return {};
  return tl::unexpected<Error>(unknown(destination));
}

Result<void> Uploads::check_destination_ever(const std::string& destination) const {
  if (known_.contains(destination)) return {};
  return check_destination(destination);
}

void Uploads::confirmed(const Confirmation& confirmation) {
  DestinationState* destination = find(confirmation.destination);
  if (destination == nullptr || destination->batch_first != confirmation.first ||
      destination->batch_last != confirmation.last)
    return;
  confirmed_rows_ += confirmation.last - confirmation.first + 1;
  destination->cursor = confirmation.last;
  destination->batch_first = destination->batch_last = 0;
}

void Uploads::handed_out(const UploadBatch& batch) {
  DestinationState* destination = find(batch.destination);
  if (destination == nullptr) return;
  destination->batch_first = batch.first;
  destination->batch_last = batch.last;
  destination->cursor = batch.first > 0 ? batch.first - 1 : last_id_ - batch.remaining;
  destination->withdrawn = false;
}

std::uint64_t Uploads::withdrawn(const std::string& destination) {
  DestinationState* state = find(destination);
  if (state == nullptr) return 0;
  state->withdrawn = true;
  return last_id_ - state->cursor;
}

bool Uploads::was_delivered_to(const std::string& destination) const {
  const DestinationState* state = find(destination);
  return state != nullptr && has_had_rows(*state);
}

bool Uploads::is_withdrawn(const std::string& destination) const {
  const DestinationState* state = find(destination);
  return state != nullptr && state->withdrawn;
}

std::string Uploads::broken_invariant() const {
  for (const DestinationState& destination : destinations_) {
    if (destination.cursor > last_id_)
      return fmt::format("destination {} has rows up to {} of {}", destination.name, destination.cursor, last_id_);
    const bool is_out = destination.batch_last != 0;
    const bool follows = destination.batch_first == destination.cursor + 1 &&
                         destination.batch_last >= destination.batch_first && destination.batch_last <= last_id_;
    if (is_out != (destination.batch_first != 0) || (is_out && !follows))
      return fmt::format("what destination {} was handed out, {}..{}, follows on what it has, {}, of {}",
                         destination.name, destination.batch_first, destination.batch_last, destination.cursor,
                         last_id_);
  }
  return "";
}

UploadBatch Uploads::nothing_waits(const std::string& destination) const {
  UploadBatch batch;
  batch.store = store_;
  batch.destination = destination;
  return batch;
}

UploadedAnswer Uploads::answer(const std::string& destination) const {
  const DestinationState* state = find(destination);
  if (state == nullptr) return UploadedAnswer{};
  return UploadedAnswer{state->cursor, last_id_ - state->cursor};
}

std::uint64_t Uploads::slowest_cursor() const {
  std::uint64_t slowest = last_id_;
  for (const DestinationState& destination : destinations_) {
    if (!destination.withdrawn || bridges_.contains(destination.name)) slowest = std::min(slowest, destination.cursor);
  }
  return slowest;
}

void Uploads::describe(StatusWriter& status) const {
  status.add("store", store_);
  for (const DestinationState& destination : destinations_) {
    const std::uint64_t waiting = destination.withdrawn ? 0 : last_id_ - destination.cursor;
    StatusWriter& about = status.in("destinations").in(destination.name);
    about.add("waiting", waiting);
    if (destination.withdrawn && has_had_rows(destination)) about.add("url_gone", true);
  }
  status.in("counters").add("uploaded", confirmed_rows_);
}

}  // namespace sensors::persistence
