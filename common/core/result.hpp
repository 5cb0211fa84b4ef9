// Result<T>: what every operation returns that the world can make fail. An Error names the object and
// says what to do; its code is what decisions are made on, its message is what the operator reads.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace sensors {

enum class ErrorCode {
  invalid,       // input breaks a rule of ours: grammar, range, unknown key
  malformed,     // input is not what it claims to be: broken JSON, wrong type, truncated
  too_large,     // input or queue beyond its limit
  not_found,     // a file, device or row that is not there
  permission,    // the operating system or a peer refuses
  io,            // a read, write or sync failed
  disk_full,     // no space left
  in_use,        // another process owns the file
  read_only,     // the file system or file cannot be written
  corrupt,       // a database or device answer that fails its own check
  newer_schema,  // a database written by a later version of this software
  timeout,       // a deadline passed
  refused,       // connection refused
  unreachable,   // no connection: no route, or nobody answered in time
  unresolved,    // host name did not resolve
  tls,           // certificate or handshake
  disconnected,  // no connection, or it ended before the answer
  overloaded,    // a bounded queue is full
  rejected,      // the peer answered, and the answer is no
};

/// The code's own name, "disk_full", for logs and counters.
const char* name_of(ErrorCode code);

struct Error {
  ErrorCode code;
  std::string message;
};

template <class T>
struct [[nodiscard]] Result : tl::expected<T, Error> {
  using tl::expected<T, Error>::expected;
};

inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace sensors
