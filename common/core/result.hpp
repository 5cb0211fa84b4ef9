// Result<T>: what every operation returns that the world can make fail. An Error names the object and
// says what to do; its code is what decisions are made on, its message is what the operator reads.
#pragma once

#include <string>
#include <tuple>  // std::ignore
#include <type_traits>
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

/// What TRY() takes: a Result<void>, or a Result that has a name, so that its value can be used afterwards.
template <class Tried>
constexpr bool loses_no_value =
    std::is_lvalue_reference_v<Tried> || std::is_void_v<typename std::remove_reference_t<Tried>::value_type>;

}  // namespace sensors

/// Returns the error of a Result from this function, if it has one: `TRY(database.begin());`. The function returns
/// a Result of any type. A value that nobody would take does not compile.
#define TRY(...) SENSORS_TRY(SENSORS_JOIN(tried_at_line_, __LINE__), __VA_ARGS__)

/// The same for a Result with a value, which `target` takes: `TRY_ASSIGN(const std::int64_t id, last_id(db));`. The
/// target is a declaration or what can be assigned to; std::ignore, where only the error counts. Three statements:
/// behind an `if` it needs braces. The target has no comma: of a type with one take `auto`.
#define TRY_ASSIGN(target, ...) SENSORS_TRY_ASSIGN(SENSORS_JOIN(tried_at_line_, __LINE__), target, __VA_ARGS__)

#define SENSORS_TRY(name, ...)                                                                                    \
  do {                                                                                                            \
    auto&& name = __VA_ARGS__;                                                                                    \
    static_assert(::sensors::loses_no_value<decltype(name)>, "this Result has a value: use TRY_ASSIGN");          \
    if (!name.has_value()) return ::tl::unexpected<::sensors::Error>(std::forward<decltype(name)>(name).error()); \
  } while (false)

#define SENSORS_TRY_ASSIGN(name, target, ...)                                                                   \
  auto&& name = __VA_ARGS__;                                                                                    \
  if (!name.has_value()) return ::tl::unexpected<::sensors::Error>(std::forward<decltype(name)>(name).error()); \
  target = *std::forward<decltype(name)>(name)

#define SENSORS_JOIN(a, b) SENSORS_JOIN_EXPANDED(a, b)
#define SENSORS_JOIN_EXPANDED(a, b) a##b
