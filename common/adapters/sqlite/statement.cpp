#include "common/adapters/sqlite/statement.hpp"

#include <sqlite3.h>

#include <cassert>

#include "common/adapters/sqlite/sqlite_error.hpp"

namespace sensors {

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

// Binding fails only on a mistake of ours: a wrong number, or a statement that was not reset.

Statement& Statement::bind(int parameter, std::int64_t value) {
  [[maybe_unused]] const int code = sqlite3_bind_int64(statement_.get(), parameter, value);
  assert(code == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int parameter, std::uint64_t value) {
  return bind(parameter, static_cast<std::int64_t>(value));
}

Statement& Statement::bind(int parameter, WallTime time) { return bind(parameter, time.time_since_epoch().count()); }

Statement& Statement::bind(int parameter, double value) {
  [[maybe_unused]] const int code = sqlite3_bind_double(statement_.get(), parameter, value);
  assert(code == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  const char* data = text.data() == nullptr ? "" : text.data();  // a null pointer would bind NULL
  [[maybe_unused]] const int code =
      sqlite3_bind_text64(statement_.get(), parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  assert(code == SQLITE_OK);
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  [[maybe_unused]] const int code = sqlite3_bind_null(statement_.get(), parameter);
  assert(code == SQLITE_OK);
  return *this;
}

Statement& Statement::bind_value(int parameter, const Value& value) {
  if (const double* number = std::get_if<double>(&value); number != nullptr) return bind(parameter, *number);
  if (const bool* truth = std::get_if<bool>(&value); truth != nullptr) return bind(parameter, std::int64_t{*truth});
  return bind(parameter, std::string_view(std::get<std::string>(value)));
}

Result<Statement::Step> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return Step::row;
  if (code == SQLITE_DONE) return Step::done;
  return last_error(sqlite3_db_handle(statement_.get()), sqlite3_sql(statement_.get()));
}

Result<void> Statement::run() {
  while (true) {
    const Result<Step> step = this->step();
    if (step.has_value() && *step == Step::row) continue;
    reset();
    TRY(step);
    return {};
  }
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::uint64_t Statement::unsigned_integer(int column) const { return static_cast<std::uint64_t>(integer(column)); }

WallTime Statement::wall_time(int column) const { return WallTime(Millis(integer(column))); }

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }
static_assert(Statement::integer_type == SQLITE_INTEGER && Statement::real_type == SQLITE_FLOAT &&
              Statement::text_type == SQLITE_TEXT && Statement::blob_type == SQLITE_BLOB &&
              Statement::null_type == SQLITE_NULL);
int Statement::type(int column) const { return sqlite3_column_type(statement_.get(), column); }
bool Statement::is_null(int column) const { return type(column) == null_type; }

Value Statement::value(int column) const {
  switch (type(column)) {
    case integer_type: return integer(column) != 0;
    case real_type: return real(column);
    default: return text(column);
  }
}

std::string Statement::text(int column) const {
  const unsigned char* data = sqlite3_column_text(statement_.get(), column);  // before the size: it may convert
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr ? std::string()
                         : std::string(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
}

}  // namespace sensors
