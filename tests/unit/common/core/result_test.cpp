#include "common/core/result.hpp"

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace sensors {
namespace {

const std::string disk_full = "reading.db: no space is left; free some, and it goes on by itself";

Result<void> write_page(bool is_full) {
  if (is_full) return fail(ErrorCode::disk_full, disk_full);
  return {};
}

Result<int> read_page(int page) {
  if (page < 0) return fail(ErrorCode::invalid, "page " + std::to_string(page));
  return page * 10;
}

/// Has only what cannot be copied.
Result<std::unique_ptr<int>> take_page(int page) {
  TRY_ASSIGN(const int value, read_page(page));
  return std::make_unique<int>(value);
}

TEST(Try, goes_on_when_there_is_no_error) {
  const auto write = []() -> Result<std::string> {
    TRY(write_page(false));
    return "written";
  };
  EXPECT_EQ(write().value(), "written");
}

TEST(Try, leaves_with_the_error_whatever_the_function_returns) {
  bool went_on = false;
  const auto write = [&]() -> Result<std::vector<int>> {
    TRY(write_page(true));
    went_on = true;
    return std::vector<int>{};
  };
  const auto written = write();
  EXPECT_FALSE(went_on);
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, ErrorCode::disk_full);
  EXPECT_EQ(written.error().message, disk_full);
}

TEST(Try, evaluates_its_expression_once) {
  int calls = 0;
  const auto count = [&]() -> Result<int> { return read_page(++calls); };
  const auto run = [&]() -> Result<void> {
    TRY([&]() -> Result<void> {
      ++calls;
      return {};
    }());
    TRY_ASSIGN(const int second, count());
    EXPECT_EQ(second, 20);
    return {};
  };
  EXPECT_TRUE(run().has_value());
  EXPECT_EQ(calls, 2);
}

TEST(Try, moves_the_error_of_a_temporary) {
  const char* text = nullptr;
  const auto failing = [&]() -> Result<int> {
    Result<int> failed = fail(ErrorCode::io, disk_full);
    text = failed.error().message.data();
    return failed;
  };
  const auto assigning = [&]() -> Result<void> {
    TRY_ASSIGN(std::ignore, failing());
    return {};
  };
  const auto trying = [&]() -> Result<std::string> {
    TRY(assigning());
    return "";
  };
  const auto moved = trying();
  EXPECT_EQ(moved.error().message.data(), text);
}

TEST(Try, leaves_a_result_that_has_a_name_as_it_is) {
  const Result<int> constant = fail(ErrorCode::io, disk_full);
  Result<int> failed = constant;
  const Result<int> good = 7;
  const auto pass_on = [](auto& result) -> Result<void> {
    TRY(result);
    return {};
  };
  EXPECT_EQ(pass_on(failed).error().message, disk_full);
  EXPECT_EQ(failed.error().message, disk_full);
  EXPECT_EQ(pass_on(constant).error().message, disk_full);
  EXPECT_TRUE(pass_on(good).has_value());
  EXPECT_EQ(*good, 7);
}

TEST(Try, is_one_statement_and_takes_no_else_of_others) {
  const auto choose = [](bool writes, bool is_full) -> Result<std::string> {
    std::string chosen = "written";
    if (writes)
      TRY(write_page(is_full));
    else
      chosen = "not asked";
    return chosen;
  };
  EXPECT_EQ(choose(true, false).value(), "written");
  EXPECT_EQ(choose(false, true).value(), "not asked");
  EXPECT_EQ(choose(true, true).error().code, ErrorCode::disk_full);
}

TEST(Try, can_be_repeated_and_nested) {
  const auto sum = [](int first, int second) -> Result<int> {
    const auto first_page = [&]() -> Result<int> {
      TRY_ASSIGN(const int value, read_page(first));
      return value;
    };
    TRY_ASSIGN(const int one, first_page());
    {
      TRY_ASSIGN(const int same, read_page(first));
      EXPECT_EQ(same, one);
    }
    TRY_ASSIGN(const int two, read_page(second));
    return one + two;
  };
  EXPECT_EQ(sum(1, 2).value(), 30);
  EXPECT_EQ(sum(-1, 2).error().message, "page -1");
  EXPECT_EQ(sum(1, -2).error().message, "page -2");
}

TEST(Try, takes_commas_in_its_expression) {
  const auto read = [](const std::map<int, int>& map) -> Result<int> { return read_page(map.at(1)); };
  const auto run = [&]() -> Result<int> {
    TRY_ASSIGN(const int page, read(std::map<int, int>{{1, 2}, {3, 4}}));
    return page;
  };
  EXPECT_EQ(run().value(), 20);
}

TEST(TryAssign, gives_what_can_only_be_moved) {
  const auto take = [](int page) -> Result<std::unique_ptr<int>> {
    TRY_ASSIGN(std::unique_ptr<int> taken, take_page(page));
    *taken += 1;
    return taken;
  };
  EXPECT_EQ(*take(2).value(), 21);
  EXPECT_EQ(take(-2).error().message, "page -2");
}

TEST(TryAssign, writes_to_what_is_there_only_when_there_is_a_value) {
  int page = 3;
  const auto read = [&](int number) -> Result<void> {
    TRY_ASSIGN(page, read_page(number));
    return {};
  };
  EXPECT_FALSE(read(-1).has_value());
  EXPECT_EQ(page, 3);
  EXPECT_TRUE(read(5).has_value());
  EXPECT_EQ(page, 50);
}

TEST(TryAssign, moves_the_value_of_a_temporary_and_copies_that_of_a_name) {
  const char* text = nullptr;
  const auto make = [&]() -> Result<std::string> {
    Result<std::string> made = disk_full;
    text = made->data();
    return made;
  };
  const auto take = [&]() -> Result<const char*> {
    TRY_ASSIGN(const std::string taken, make());
    return taken.data();
  };
  EXPECT_EQ(take().value(), text);
  const auto copy = [&]() -> Result<std::string> {
    Result<std::string> made = make();
    TRY_ASSIGN(const std::string taken, made);
    EXPECT_EQ(taken, disk_full);
    return *made;
  };
  EXPECT_EQ(copy().value(), disk_full);
}

// TRY(read_page(1)) would lose the page without a word: it does not compile.
static_assert(!loses_no_value<Result<int>&&>);
static_assert(loses_no_value<Result<int>&>);
static_assert(loses_no_value<const Result<int>&>);
static_assert(loses_no_value<Result<void>&&>);

}  // namespace
}  // namespace sensors
