// SalvagedTables copies the rows of a damaged store that can be read into a new one, table by table, whatever columns
// the schema has. A row whose values cannot be right is left behind. Writing worker's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/adapters/sqlite/database.hpp"
#include "common/adapters/sqlite/salvage.hpp"

namespace sensors::persistence {

/// A table of the new store with its columns, in order.
struct TableShape {
  struct Column {
    std::string name;
    std::string type;
    bool is_required = false;
  };
  std::string name;
  std::vector<Column> columns;

  /// Where visit_readable_rows() gives the column.
  int index_of(const std::string& column) const;
};

class SalvagedTables {
 public:
  using Check = std::function<bool(const TableShape&, const Statement&)>;

  /// `limit`: for reading one table. `on_progress` as of salvage_store().
  SalvagedTables(Database& damaged, Database& fresh, Millis limit, std::function<bool()> on_progress)
      : damaged_(damaged), fresh_(fresh), limit_(limit), on_progress_(std::move(on_progress)) {}

  /// Copies rows with a rowid in `range` that are sound, of the types that the schema names and right by `check`.
  /// Returns whether every row could be read.
  Result<bool> copy(const std::string& table, RowRange range, const Check& check);

  std::uint64_t rows() const { return rows_; }

 private:
  Result<TableShape> shape_of(const std::string& table);
  Result<void> add(Statement& insert, const TableShape& shape, const Statement& row);
  Result<void> next_transaction();

  Database& damaged_;
  Database& fresh_;
  Millis limit_;
  std::function<bool()> on_progress_;
  std::uint64_t rows_ = 0;
  std::vector<std::string> texts_;  // bound values live until the statement has run
};

}  // namespace sensors::persistence
