// Statement: a prepared statement of SQLite's C API with Result and ownership. Used by the thread that owns its
// Database.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/core/reading.hpp"
#include "common/core/result.hpp"
#include "common/core/time.hpp"

struct sqlite3_stmt;

namespace sensors {

/// A prepared statement. Parameters and columns are numbered as in SQLite: from 1 and from 0. Values bound as text
/// are not copied: they must live until step() has returned done.
class Statement {
 public:
  enum class Step { row, done };

  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::uint64_t value);  // less than 2^63
  Statement& bind(int parameter, WallTime time);        // as milliseconds since 1970
  Statement& bind(int parameter, double value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind_null(int parameter);
  Statement& bind_value(int parameter, const Value& value);  // a bool as an integer; a text must live as above

  /// disk_full, read_only, io, corrupt, busy as timeout, rejected for a constraint.
  Result<Step> step();

  /// step() until done, then reset(): for statements that return nothing.
  Result<void> run();
  void reset();

  std::int64_t integer(int column) const;
  std::uint64_t unsigned_integer(int column) const;  // of what was bound as one
  WallTime wall_time(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  Value value(int column) const;  // what bind_value() bound
  bool is_null(int column) const;
  /// One of these: the fundamental types of SQLite, with its numbers.
  static constexpr int integer_type = 1;
  static constexpr int real_type = 2;
  static constexpr int text_type = 3;
  static constexpr int blob_type = 4;
  static constexpr int null_type = 5;
  int type(int column) const;

 private:
  friend class Database;
  friend class Preparing;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace sensors
