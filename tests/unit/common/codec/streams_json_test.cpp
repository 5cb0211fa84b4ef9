// Which streams a store knows: there and back, and what is neither.
#include "common/codec/streams_json.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

TEST(StreamsJson, comes_back_as_it_was_written) {
  for (const std::vector<std::string>& names : {std::vector<std::string>{}, {"a"}, {"a", "k-1", "x.y_z"}})
    EXPECT_EQ(decode_streams_request(encode_streams_request(names)).value(), names);
  const StreamsAnswer answer{"w5n2", {{"a", 0}, {"b", 7}}};
  const StreamsAnswer read = decode_streams_answer(encode_streams_answer(answer)).value();
  EXPECT_EQ(read.store, answer.store);
  EXPECT_EQ(read.streams, answer.streams);
  EXPECT_TRUE(decode_streams_answer(encode_streams_answer({"w5n2", {}})).value().streams.empty());
}

TEST(StreamsJson, refuses_what_is_neither) {
  const std::vector<std::string> many(max_streams_named + 1, "a");
  for (const std::string& bad :
       {std::string(), std::string("x"), std::string("{}"), std::string("[]"), std::string(R"({"streams":"a"})"),
        std::string(R"({"streams":[1]})"), std::string(R"({"streams":["a b"]})"), std::string(R"({"streams":[""]})"),
        encode_streams_request(many)})
    EXPECT_FALSE(decode_streams_request(bad).has_value()) << bad;
  for (const char* bad :
       {"", "{}", R"({"store":"a"})", R"({"store":"a b","streams":[]})", R"({"store":"a","streams":[1]})",
        R"({"store":"a","streams":[{"stream":"b"}]})", R"({"store":"a","streams":[{"stream":"b","through":-1}]})"})
    EXPECT_FALSE(decode_streams_answer(bad).has_value()) << bad;
  const auto refused = decode_streams_answer(R"({"error":{"code":"overloaded","message":"later"}})");
  EXPECT_EQ(refused.error().code, ErrorCode::rejected);
}

}  // namespace
}  // namespace sensors
