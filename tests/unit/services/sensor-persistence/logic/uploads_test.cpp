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

TEST(Uploads, say_what_contradicts_itself) {
  Uploads uploads({"api"});
  uploads.restart(contents_with({"api", 11, 0, 0}));
  EXPECT_NE(uploads.broken_invariant().find("has rows up to 11 of 10"), std::string::npos);
}

}  // namespace
}  // namespace sensors::persistence
