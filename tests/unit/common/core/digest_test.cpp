// The two digests: FNV-1a as its authors publish it, and names for groups of texts.
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "common/core/fnv1a.hpp"
#include "common/core/text_digest.hpp"

namespace sensors {
namespace {

std::uint64_t hash_of(std::string_view text) {
  Fnv1a hash;
  hash.add(text);
  return hash.value();
}

TEST(Fnv1a, begins_with_the_offset_basis) { EXPECT_EQ(Fnv1a().value(), 0xcbf29ce484222325U); }

TEST(Fnv1a, gives_the_published_values_of_texts_with_their_end) {
  // test_fnv.c of http://www.isthe.com/chongo/src/fnv/ has them with the zero byte behind the text.
  EXPECT_EQ(hash_of(""), 0xaf63bd4c8601b7dfU);
  EXPECT_EQ(hash_of("a"), 0x089be207b544f1e4U);
  EXPECT_EQ(hash_of("foobar"), 0x34531ca7168b8f38U);
}

TEST(Fnv1a, takes_a_number_as_its_eight_bytes_from_the_lowest) {
  Fnv1a number;
  number.add(std::uint64_t{0x0067666564636261});  // "abcdefg" and a zero byte
  EXPECT_EQ(number.value(), hash_of("abcdefg"));
}

TEST(Fnv1a, keeps_texts_apart) {
  Fnv1a one;
  one.add("ab");
  one.add("c");
  Fnv1a other;
  other.add("a");
  other.add("bc");
  EXPECT_NE(one.value(), other.value());
}

TEST(TextDigest, is_the_same_in_every_version) {
  // Sensors of line protocol are named with it.
  EXPECT_EQ(text_digest({}), "cbf29ce4842223256c62272e07bb0142");
  EXPECT_EQ(text_digest({"kitchen", "x"}), "4f896bf8561ed3f1884e3a3c46e9acbe");
}

TEST(TextDigest, has_32_hexadecimal_digits_which_depend_on_the_texts_alone) {
  EXPECT_TRUE(rc::check("digits, and the same again", [](const std::string& a, const std::string& b) {
    const std::string digest = text_digest({a, b});
    RC_ASSERT(digest.size() == 32U);
    RC_ASSERT(digest.find_first_not_of("0123456789abcdef") == std::string::npos);
    RC_ASSERT(digest == text_digest({std::string(a), std::string(b)}));
  }));
}

TEST(TextDigest, tells_texts_apart_also_where_they_join_alike) {
  EXPECT_TRUE(rc::check("no two groups of texts have the same", [](const std::string& text) {
    const std::size_t cut = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
    const std::string_view all = text;
    const std::set<std::string> digests{text_digest({all}), text_digest({all.substr(0, cut), all.substr(cut)}),
                                        text_digest({all, ""}), text_digest({all, "", ""})};
    RC_ASSERT(digests.size() == (cut == text.size() ? 3U : 4U));
  }));
  EXPECT_NE(text_digest({"a", "b"}), text_digest({"b", "a"}));
  EXPECT_NE(text_digest({std::string_view("\0", 1)}), text_digest({""}));
}

TEST(TextDigest, has_two_halves_that_do_not_follow_from_each_other) {
  std::set<std::string> first;
  std::set<std::string> second;
  std::set<std::string> differences;
  for (int i = 0; i < 1'000; ++i) {
    const std::string digest = text_digest({std::to_string(i)});
    first.insert(digest.substr(0, 16));
    second.insert(digest.substr(16));
    differences.insert(
        std::to_string(std::stoull(digest.substr(0, 16), nullptr, 16) - std::stoull(digest.substr(16), nullptr, 16)));
  }
  EXPECT_EQ(first.size(), 1'000U);
  EXPECT_EQ(second.size(), 1'000U);
  EXPECT_EQ(differences.size(), 1'000U);
}

}  // namespace
}  // namespace sensors
