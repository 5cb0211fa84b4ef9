#include "services/sensor-persistence/store/salvaged_tables.hpp"

#include <fmt/format.h>

#include "common/core/reading.hpp"
#include "services/sensor-persistence/store/store_rows.hpp"

namespace sensors::persistence {
namespace {

constexpr std::uint64_t rows_of_a_transaction = 20'000;

bool is_sound(const TableShape::Column& column, const Statement& row, int index) {
  const int type = row.type(index);
  if (type == Statement::null_type) return !column.is_required;
  if (type == Statement::text_type && !is_utf8(row.text(index))) return false;
  if (column.type == "INTEGER") return type == Statement::integer_type;
  if (column.type == "TEXT") return type == Statement::text_type;
  return type != Statement::blob_type;
}

bool is_sound(const TableShape& shape, const Statement& row) {
  for (std::size_t i = 0; i < shape.columns.size(); ++i) {
    if (!is_sound(shape.columns[i], row, static_cast<int>(i) + 1)) return false;
  }
  return true;
}

std::string column_list(const TableShape& shape) {
  std::string list;
  for (const TableShape::Column& column : shape.columns) list += (list.empty() ? "" : ", ") + column.name;
  return list;
}

/// Of rows that exclude each other the first stays, and what the others were is told as lost numbers: a damaged file
/// must not end the salvage.
std::string insert_into(const TableShape& shape) {
  std::string parameters = "?1";
  for (std::size_t i = 2; i <= shape.columns.size(); ++i) parameters += fmt::format(", ?{}", i);
  return fmt::format("INSERT OR IGNORE INTO {}({}) VALUES({})", shape.name, column_list(shape), parameters);
}

}  // namespace

int TableShape::index_of(const std::string& column) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == column) return static_cast<int>(i) + 1;
  }
  return 0;
}

Result<TableShape> SalvagedTables::shape_of(const std::string& table) {
  TableShape shape{table, {}};
  TRY_ASSIGN(Statement columns,
             fresh_.prepare("SELECT name, type, \"notnull\" OR pk FROM pragma_table_info('" + table + "')"));
  Result<bool> row = has_row(columns);
  for (; row.has_value() && *row; row = has_row(columns)) {
    shape.columns.push_back({columns.text(0), columns.text(1), columns.integer(2) != 0});
  }
  TRY(row);
  return shape;
}

Result<bool> SalvagedTables::copy(const std::string& table, RowRange range, const Check& check) {
  TRY_ASSIGN(const TableShape shape, shape_of(table));
  TRY_ASSIGN(Statement insert, fresh_.prepare(insert_into(shape)));
  bool all_sound = true;
  const auto visit = [&](const Statement& row) -> Result<void> {
    if (is_sound(shape, row) && check(shape, row)) return add(insert, shape, row);
    all_sound = false;
    return {};
  };
  TRY(fresh_.begin());
  TRY_ASSIGN(const SalvagedRows read, visit_readable_rows(damaged_, table, column_list(shape), range, limit_, visit));
  TRY(fresh_.commit());
  return all_sound && read.unreadable.empty();
}

Result<void> SalvagedTables::add(Statement& insert, const TableShape& shape, const Statement& row) {
  texts_.resize(shape.columns.size());
  for (std::size_t i = 0; i < shape.columns.size(); ++i) {
    const int parameter = static_cast<int>(i) + 1;  // the rowid is column 0 of `row`, so both count alike
    switch (row.type(parameter)) {
      case Statement::integer_type: insert.bind(parameter, row.integer(parameter)); break;
      case Statement::real_type: insert.bind(parameter, row.real(parameter)); break;
      case Statement::text_type:
        texts_[i] = row.text(parameter);
        insert.bind(parameter, std::string_view(texts_[i]));
        break;
      default: insert.bind_null(parameter);
    }
  }
  TRY(insert.run());
  return ++rows_ % rows_of_a_transaction == 0 ? next_transaction() : Result<void>{};
}

Result<void> SalvagedTables::next_transaction() {
  if (!on_progress_()) return fail(ErrorCode::timeout, "the salvage was ended; it begins again at the next start");
  TRY(fresh_.commit());
  return fresh_.begin();
}

}  // namespace sensors::persistence
