// Preparing fills a struct of statements, each text beside the name of its statement:
//
//   struct Sql { Statement find, add; };
//   Preparing p(database);
//   Result<Sql> sql = p.all(Sql{.find = p("SELECT ..."), .add = p("INSERT ...")});
//
// A name that is left out, or stands at another place than in the struct, does not compile. The thread that owns the
// Database.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "common/adapters/sqlite/database.hpp"

namespace sensors {

class Preparing {
 public:
  /// `database` must outlive this.
  explicit Preparing(Database& database) : database_(database) {}

  /// For all() only: it cannot be used when there was a mistake, in this text or an earlier one.
  Statement operator()(std::string_view sql);

  /// `statements`, or the first mistake, which has the whole text of its statement. Errors as Database::prepare().
  template <class Sql>
  Result<Sql> all(Sql statements) const {
    if (mistake_.has_value()) return tl::unexpected<Error>(*mistake_);
    return Result<Sql>(std::move(statements));
  }

 private:
  Database& database_;
  std::optional<Error> mistake_;
};

}  // namespace sensors
