// Uploads keeps what each destination has: its cursor and the range that is handed out, as committed in the store.
// It decides what a request gets; the store cuts the batch and remembers it. Owned by Logic, on the loop thread. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/codec/rpc_json.hpp"
#include "common/codec/status_writer.hpp"
#include "common/core/time.hpp"
#include "services/sensor-persistence/events.hpp"

namespace sensors::persistence {

class Uploads {
 public:
  explicit Uploads(std::vector<std::string> configured);

  /// A store was opened. Destinations that are stored but not configured are left alone: nothing waits for them.
  void restart(const StoreContents& contents);

  /// `client` asks for rows of `destination`, or confirms some, and is its bridge from now on. ErrorCode::in_use, which
  /// changes nothing, while another one is: of two that deliver the same rows, each would take for delivered what the
  /// other one sent.
  Result<void> serve(const std::string& destination, const std::string& client, Instant now);

  /// How long the bridge of a destination need not ask: longer than a breaker is open by itself, which is an hour and a
  /// half at most (common/runtime/breaker_config.cpp; its jitter adds half).
  static constexpr Millis bridge_kept{2 * 3'600'000};

  /// `client` delivers rows of `destination` nowhere, and is its bridge no more. Whether the store has to remember
  /// that: it does not when it has done so before, or when no destination of that name is configured.
  /// ErrorCode::in_use, which changes nothing, while another client is the bridge.
  Result<bool> withdraw(const std::string& destination, const std::string& client, Instant now);

  /// What to ask the store for; nothing when nothing waits. ErrorCode::not_found for a destination that is not
  /// configured.
  Result<std::optional<HandOut>> hand_out(std::uint64_t call, const UploadRequest& request) const;

  /// What to ask the store for; nothing when that range is confirmed already. not_found; rejected for another store, or
  /// a range that is not the one handed out.
  Result<std::optional<Confirmation>> confirm(const UploadedRequest& request) const;

  /// ErrorCode::not_found for a destination that is not configured; empty stands for all of them.
  Result<void> check_destination(const std::string& destination) const;

  /// The same, but one that was configured before will do.
  Result<void> check_destination_ever(const std::string& destination) const;

  // What a commit has changed, in the order in which the store does it.
  void rows_added(std::uint64_t last_id) { last_id_ = last_id; }
  void confirmed(const Confirmation& confirmation);
  void handed_out(const UploadBatch& batch);

  /// Rows that waited for `destination`, and do so no longer.
  std::uint64_t withdrawn(const std::string& destination);

  UploadBatch nothing_waits(const std::string& destination) const;
  UploadedAnswer answer(const std::string& destination) const;

  /// Every destination for which rows wait has everything up to this id; the last id when there is none. One that was
  /// withdrawn counts from its next request on, before the store has that on its disk.
  std::uint64_t slowest_cursor() const;

  std::uint64_t last_id() const { return last_id_; }

  /// Whether `destination` was withdrawn, and has not been handed out rows since.
  bool is_withdrawn(const std::string& destination) const;

  /// Whether `destination` has ever been handed out rows: then somebody may miss them.
  bool was_delivered_to(const std::string& destination) const;

  /// Rows that the slowest destination does not have.
  std::uint64_t depth() const { return last_id_ - slowest_cursor(); }

  /// Rows confirmed since the start, all destinations together.
  std::uint64_t confirmed_rows() const { return confirmed_rows_; }

  const std::string& store() const { return store_; }

  void describe(StatusWriter& status) const;

  /// What should always hold and does not; empty when all holds.
  std::string broken_invariant() const;

 private:
  struct Bridge {
    std::string client;
    Instant asked_at{};
  };

  Result<void> check_bridge(const std::string& destination, const std::string& client, Instant now) const;
  const DestinationState* find(const std::string& name) const;
  DestinationState* find(const std::string& name);
  Error unknown(const std::string& name) const;

  std::string store_;
  std::uint64_t last_id_ = 0;
  std::uint64_t confirmed_rows_ = 0;
  std::vector<DestinationState> destinations_;
  std::set<std::string> known_;            // to the store: those configured now, or before
  std::map<std::string, Bridge> bridges_;  // of configured destinations
};

}  // namespace sensors::persistence
