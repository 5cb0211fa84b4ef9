#include "demo/demo_place.hpp"

#include <gtest/gtest.h>

namespace sensors::demo {
namespace {

TEST(DemoPlace, is_the_first_that_can_be_written_and_has_room) {
  EXPECT_EQ(*choose_place({{"/a", "Permission denied", 9'999}, {"/b", "", 63}, {"/c", "", 64}, {"/d", "", 9'999}}),
            "/c");
}

TEST(DemoPlace, says_what_is_wrong_with_each_and_what_to_do_when_there_is_none) {
  const Result<std::string> place = choose_place({{"/run/user/1000", "No such file or directory", 0}, {"/tmp", "", 3}});
  ASSERT_FALSE(place.has_value());
  EXPECT_EQ(place.error().code, ErrorCode::disk_full);
  EXPECT_EQ(place.error().message,
            "it needs 64 MiB for its files (/run/user/1000: No such file or directory, /tmp: 3 MiB are left); "
            "name a folder that has them: --keep FOLDER");
}

TEST(DemoPlace, is_left_before_it_is_full_but_not_as_soon_as_it_would_not_be_chosen_again) {
  EXPECT_FALSE(is_too_small_to_go_on({"/tmp", "", 32}));
  EXPECT_TRUE(is_too_small_to_go_on({"/tmp", "", 31}));
  EXPECT_FALSE(is_too_small_to_go_on({"/tmp", "Interrupted system call", 0})) << "nothing is known";
}

}  // namespace
}  // namespace sensors::demo
