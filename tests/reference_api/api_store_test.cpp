#include "tests/reference_api/api_store.hpp"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

class ApiStoreTest : public testing::Test {
 protected:
  void take(const std::string& key, const std::string& readings, const std::string& gaps = "[]") {
    const std::string body = R"({"readings":)" + readings + R"(,"gaps":)" + gaps + "}";
    const Result<std::string> answer = store_->take(key, body, 0);
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
  }
  static std::string reading(int seq) {
    return R"({"node":"n","stream":"s","sensor":"t","value":1,"seq":)" + std::to_string(seq) + "}";
  }
  static std::string gap(int first, int last) {
    return R"({"stream":"s","first":)" + std::to_string(first) + R"(,"last":)" + std::to_string(last) + "}";
  }

  TemporaryFolder folder_;
  Result<ApiStore> store_ = ApiStore::open(folder_.path("api.db"));
};

TEST_F(ApiStoreTest, counts_what_is_missing_between_readings_and_gap_records) {
  take("a", "[" + reading(1) + "," + reading(5) + "]", "[" + gap(3, 3) + "]");
  EXPECT_EQ(store_->stats()->gaps, 2U) << "2 and 4";
  EXPECT_EQ(store_->stats()->gap_numbers, 1U);
}

TEST_F(ApiStoreTest, counts_a_number_once_that_came_as_a_reading_and_in_gap_records) {
  take("a", "[" + reading(1) + "," + reading(2) + "," + reading(3) + "," + reading(6) + "]");
  take("b", "[]", "[" + gap(1, 4) + "," + gap(2, 3) + "," + gap(4, 8) + "]");  // as a restored store names them
  EXPECT_EQ(store_->stats()->gaps, 0U) << "5 is in a record, and none may be less than nothing";
  EXPECT_EQ(store_->stats()->gap_numbers, 8U);
}

}  // namespace
}  // namespace sensors
