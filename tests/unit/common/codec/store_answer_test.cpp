// The store's answers as tools read them: what its own encoders write comes back, and nothing else is taken.
#include <gtest/gtest.h>

#include "common/codec/control_json.hpp"
#include "common/codec/store_answer.hpp"
#include "tests/support/any_reading.hpp"

namespace sensors {
namespace {

StoredReading reading() { return {0, "kitchen", "k3", {7, {"x", std::string("open"), "", moment, Millis{5}}}}; }

TEST(QueryAnswer, is_read_back_as_written) {
  const Result<QueryAnswer> answer = decode_query_answer(encode_query_answer({reading(), reading()}, true));
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  ASSERT_EQ(answer->readings.size(), 2U);
  EXPECT_EQ(answer->readings[1].node, "kitchen");
  EXPECT_EQ(answer->readings[1].stream, "k3");
  EXPECT_EQ(answer->readings[1].reading, reading().reading);
  EXPECT_TRUE(answer->truncated);
}

TEST(QueryAnswer, is_refused_with_a_row_that_breaks_a_rule) {
  for (const char* rows :
       {R"([1])", R"([{}])",
        R"([{"node":"k","stream":"s","seq":0,"sensor":"x","value":1,"unit":"","time":"2026-01-15T16:09:35Z"}])",
        R"([{"node":"k","stream":"s","seq":1,"sensor":"a b","value":1,"unit":"","time":"2026-01-15T16:09:35Z"}])"}) {
    EXPECT_FALSE(decode_query_answer(std::string(R"({"truncated":false,"readings":)") + rows + "}").has_value())
        << rows;
  }
}

TEST(DeadLetterList, is_read_back_as_written) {
  const DeadLetter a{7, "api", 422, "out of range", moment, 2, true, reading()};
  const DeadLetter b{9, "api", 0, "", moment, 1, false, StoredGap{0, "kitchen", "k3", {8, 9, "thinned", moment}}};
  const Result<DeadLetterList> list = decode_dead_letter_list(encode_dead_letter_list({a, b}, false));
  ASSERT_TRUE(list.has_value()) << list.error().message;
  ASSERT_EQ(list->letters.size(), 2U);
  EXPECT_EQ(encode_dead_letter_list(list->letters, list->truncated), encode_dead_letter_list({a, b}, false));
}

TEST(StoreAnswer, may_be_an_error) {
  const std::string error = encode_error({ErrorCode::overloaded, "too many questions"});
  EXPECT_EQ(decode_query_answer(error).error().message, "the store answered: too many questions");
  EXPECT_EQ(decode_dead_letter_list(error).error().code, ErrorCode::rejected);
  EXPECT_EQ(decode_dead_letters_changed(error).error().code, ErrorCode::rejected);
}

TEST(DeadLettersChanged, is_read_back_as_written) {
  using Action = DeadLettersRequest::Action;
  for (const Action action : {Action::requeue, Action::purge}) {
    const Result<DeadLettersChanged> answer = decode_dead_letters_changed(encode_dead_letters_changed(action, 3, 5));
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_EQ(answer->changed, 3U);
    EXPECT_EQ(answer->left, 5U);
  }
}

}  // namespace
}  // namespace sensors
