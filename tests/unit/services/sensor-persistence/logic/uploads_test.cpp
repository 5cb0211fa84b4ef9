#include "services/sensor-persistence/logic/uploads.hpp"

#include <gtest/gtest.h>

namespace sensors::persistence {
namespace {

StoreContents contents_with(DestinationState destination) {
  StoreContents contents;
  contents.store = "store1";
  contents.last_id = 10;
  contents.destinations = {std::move(destination)};
  return contents;
}

TEST(Uploads, go_on_with_what_was_handed_out) {
  Uploads uploads({"api"});
  uploads.restart(contents_with({"api", 3, 4, 7}));
  EXPECT_EQ(uploads.broken_invariant(), "");
  EXPECT_TRUE(uploads.confirm({"store1", "api", 4, 7, {}}).has_value());
}

TEST(Uploads, ask_the_store_again_where_what_was_handed_out_does_not_follow) {
  Uploads uploads({"api"});
  uploads.restart(contents_with({"api", 3, 6, 7}));
  EXPECT_EQ(uploads.broken_invariant(), "");
  EXPECT_FALSE(uploads.confirm({"store1", "api", 6, 7, {}}).has_value());
  UploadRequest request;
  request.destination = "api";
  EXPECT_TRUE(uploads.hand_out(1, request).value().has_value());
}

/// Retention deletes what no destination waits for, and what its bridge will be handed out is not on the disk yet.
TEST(Uploads, of_a_destination_that_is_named_again_count_from_its_bridge_s_first_request_on) {
  Uploads uploads({"api"});
  uploads.restart(contents_with({"api", 3, 0, 0}));
  uploads.withdrawn("api");
  EXPECT_EQ(uploads.slowest_cursor(), 10U);
  ASSERT_TRUE(uploads.serve("api", "bridge", Instant{}).has_value());
  EXPECT_TRUE(uploads.is_withdrawn("api")) << "on the disk";
  EXPECT_EQ(uploads.slowest_cursor(), 3U);
  ASSERT_TRUE(uploads.withdraw("api", "bridge", Instant{}).has_value());
  EXPECT_EQ(uploads.slowest_cursor(), 10U);
}

class UploadsBridges : public testing::Test {
 protected:
  bool serves(const std::string& client, const std::string& destination = "api") {
    const Result<void> served = uploads.serve(destination, client, now);
    error = served.has_value() ? "" : served.error().message;
    return served.has_value();
  }

  Uploads uploads{{"api", "archive"}};
  Instant now{std::chrono::hours{1}};
  std::string error;
};

TEST_F(UploadsBridges, a_destination_has_one_bridge_and_a_second_one_is_told_what_to_do) {
  EXPECT_TRUE(serves("sensor-http-bridge"));
  now += Millis{7'000};
  EXPECT_FALSE(serves("sensor-http-bridge-weather"));
  EXPECT_NE(error.find("delivered to by sensor-http-bridge, and not by sensor-http-bridge-weather"), std::string::npos)
      << error;
  EXPECT_NE(error.find("another [destination] name"), std::string::npos) << error;
  EXPECT_TRUE(serves("sensor-http-bridge")) << "who has it goes on";
  EXPECT_TRUE(serves("sensor-http-bridge-weather", "archive")) << "another destination is another matter";
  EXPECT_FALSE(serves("sensor-http-bridge", "nobody knows it"));
}

TEST_F(UploadsBridges, what_does_not_ask_for_two_hours_gives_way_and_a_refusal_does_not_prolong_it) {
  EXPECT_TRUE(serves("old"));
  now += Uploads::bridge_kept - Millis{1};
  EXPECT_FALSE(serves("new"));
  now += Millis{1};
  EXPECT_TRUE(serves("new"));
  EXPECT_FALSE(serves("old"));
}

TEST(Uploads, say_what_contradicts_itself) {
  Uploads uploads({"api"});
  uploads.restart(contents_with({"api", 11, 0, 0}));
  EXPECT_NE(uploads.broken_invariant().find("has rows up to 11 of 10"), std::string::npos);
}

}  // namespace
}  // namespace sensors::persistence
