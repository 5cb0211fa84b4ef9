#include "common/adapters/sqlite/preparing.hpp"

namespace sensors {

Statement Preparing::operator()(std::string_view sql) {
  if (mistake_.has_value()) return Statement(nullptr);
  Result<Statement> statement = database_.prepare(sql);
  if (statement.has_value()) return std::move(*statement);
  mistake_ = std::move(statement.error());
  return Statement(nullptr);
}

}  // namespace sensors
