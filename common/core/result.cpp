#include "common/core/result.hpp"

namespace sensors {

const char* name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid: return "invalid";
    case ErrorCode::malformed: return "malformed";
    case ErrorCode::too_large: return "too_large";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::permission: return "permission";
    case ErrorCode::io: return "io";
    case ErrorCode::disk_full: return "disk_full";
    case ErrorCode::in_use: return "in_use";
    case ErrorCode::read_only: return "read_only";
    case ErrorCode::corrupt: return "corrupt";
    case ErrorCode::newer_schema: return "newer_schema";
    case ErrorCode::timeout: return "timeout";
    case ErrorCode::refused: return "refused";
    case ErrorCode::unreachable: return "unreachable";
    case ErrorCode::unresolved: return "unresolved";
    case ErrorCode::tls: return "tls";
    case ErrorCode::disconnected: return "disconnected";
    case ErrorCode::overloaded: return "overloaded";
    case ErrorCode::rejected: return "rejected";
  }
  return "unknown";
}

}  // namespace sensors
