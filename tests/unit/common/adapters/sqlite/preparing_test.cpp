// Statements that are prepared together, and the first mistake in their texts.
#include "common/adapters/sqlite/preparing.hpp"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <utility>

#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

struct Sql {
  Statement find;
  Statement add;
};

template <class Struct>
concept MayLackAStatement = requires(Statement find) {
  Struct{.find = std::move(find)};
};

static_assert(!MayLackAStatement<Sql>, "a statement without a text does not compile");
static_assert(!std::is_default_constructible_v<Statement>);

class PreparingTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  Database database_ =
      Database::open(folder_.path("test.db"), {"CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)"}, {}).value();
};

TEST_F(PreparingTest, gives_each_name_the_statement_of_its_text) {
  Preparing p(database_);
  Result<Sql> sql = p.all(Sql{
      .find = p("SELECT name FROM item WHERE id = ?1"),
      .add = p("INSERT INTO item(id, name) VALUES(?1, ?2)"),
  });
  ASSERT_TRUE(sql.has_value()) << sql.error().message;
  ASSERT_TRUE(sql->add.bind(1, std::int64_t{7}).bind(2, "seven").run().has_value());
  ASSERT_EQ(sql->find.bind(1, std::int64_t{7}).step().value(), Statement::Step::row);
  EXPECT_EQ(sql->find.text(0), "seven");
}

TEST_F(PreparingTest, says_the_first_mistake_with_the_text_of_its_statement) {
  Preparing p(database_);
  const Result<Sql> sql = p.all(Sql{
      .find = p("SELECT colour FROM item"),
      .add = p("INSERT INTO nowhere VALUES(1)"),
  });
  ASSERT_FALSE(sql.has_value());
  EXPECT_NE(sql.error().message.find("SELECT colour FROM item: no such column: colour"), std::string::npos)
      << sql.error().message;
  EXPECT_NE(sql.error().message.find(folder_.path("test.db")), std::string::npos) << sql.error().message;
}

TEST_F(PreparingTest, says_a_mistake_that_others_without_one_follow) {
  Preparing p(database_);
  const Result<Sql> sql = p.all(Sql{
      .find = p("SELEC name FROM item"),
      .add = p("INSERT INTO item(id, name) VALUES(?1, ?2)"),
  });
  ASSERT_FALSE(sql.has_value());
  EXPECT_NE(sql.error().message.find("SELEC name FROM item"), std::string::npos) << sql.error().message;
}

TEST_F(PreparingTest, values_come_back_with_their_types) {
  Statement select = database_.prepare("SELECT ?1").value();
  for (const Value& value : {Value(0.0), Value(1.0), Value(-2.5), Value(true), Value(false), Value(std::string("1"))}) {
    select.bind_value(1, value);
    ASSERT_EQ(select.step().value(), Statement::Step::row);
    EXPECT_EQ(select.value(0), value);
    select.reset();
  }
}

}  // namespace
}  // namespace sensors
