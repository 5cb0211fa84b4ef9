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

// A line with a blank in its path did not work when it was pasted, and a socket has a path of 107 bytes at most.
TEST(DemoPlace, has_a_path_that_a_shell_and_a_socket_take) {
  const std::string longest = "/" + std::string(69, 'x');
  for (const char* odd : {"/a b", "/it's", "/a\"b", "/$x", "/a;b", "/a|b", "/a\nb"}) {
    EXPECT_EQ(*choose_place({{odd, "", 64}, {"/b", "", 64}}), "/b") << odd;
  }
  EXPECT_EQ(*choose_place({{longest, "", 64}}), longest);
  EXPECT_EQ(*choose_place({{longest + "x", "", 64}, {"/b", "", 64}}), "/b");
  EXPECT_NE(choose_place({{"/a b", "", 64}, {longest + "x", "", 64}})
                .error()
                .message.find("(/a b: its path has a blank, " + longest + "x: its path is longer than 70 bytes)"),
            std::string::npos);
}

TEST(DemoPlace, is_left_before_it_is_full_but_not_as_soon_as_it_would_not_be_chosen_again) {
  EXPECT_FALSE(is_too_small_to_go_on({"/tmp", "", 32}));
  EXPECT_TRUE(is_too_small_to_go_on({"/tmp", "", 31}));
  EXPECT_FALSE(is_too_small_to_go_on({"/tmp", "Interrupted system call", 0})) << "nothing is known";
}

}  // namespace
}  // namespace sensors::demo
