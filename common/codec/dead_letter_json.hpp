// Requests and answers of the store's RPC `dead-letters`: the rows that an API refused. Decoding checks everything.
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/codec/rpc_json.hpp"

namespace sensors {

inline constexpr std::size_t max_dead_letters_listed = 1'000;
inline constexpr std::size_t max_dead_letters_named = 1'000;  // in one request

using StoredRow = std::variant<StoredReading, StoredGap>;

/// A row that `destination` refused, with all that it takes to deliver it again.
struct DeadLetter {
  std::uint64_t id = 0;  // of the dead letter
  std::string destination;
  int status = 0;  // of the API's answer; 0: not known
  std::string reason;
  WallTime refused;            // when, the last time
  std::uint64_t refusals = 0;  // how often
  bool waits = false;          // requeued, and not yet delivered or refused again
  StoredRow row;
};

struct DeadLettersRequest {
  enum class Action { list, requeue, purge };
  Action action = Action::list;
  std::string destination;  // empty: any

  // list: those with an id above `after`, in order of id
  std::uint64_t after = 0;
  std::size_t limit = 100;  // 1 .. max_dead_letters_listed

  // requeue, purge: these, or all; those that wait already are left alone
  std::vector<std::uint64_t> ids;
  bool all = false;
};
std::string encode_dead_letters_request(const DeadLettersRequest& request);
Result<DeadLettersRequest> decode_dead_letters_request(std::string_view payload);

/// {"dead_letters":[{"id":7,"destination":"api","status":422,"reason":"...","refused":"...","refusals":1,"waits":false,
/// "reading":{...}}],"truncated":false}, with "gap" instead of "reading" for a gap record. Cut after 1 MiB.
std::string encode_dead_letter_list(const std::vector<DeadLetter>& letters, bool truncated);

/// {"requeued":3,"dead_letters":0} or {"purged":...}; `left` are the dead letters that do not wait.
std::string encode_dead_letters_changed(DeadLettersRequest::Action action, std::uint64_t changed, std::uint64_t left);

}  // namespace sensors
