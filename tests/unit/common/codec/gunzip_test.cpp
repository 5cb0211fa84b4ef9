// gunzip of what comes from outside: what is right, what is cut off or damaged, and what would become too large.
#include "common/codec/gunzip.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "common/adapters/http_client/gzip.hpp"

namespace sensors {
namespace {

constexpr std::size_t plenty = 1024 * 1024;

std::string gzipped(std::string_view plain) { return gzip(plain).value(); }

const std::string text = "room,place=attic value=21.5 1768493375123000000\n";

/// The error; one that says there was none where there was none.
Error refusal(std::string_view packed, std::size_t max_bytes = plenty) {
  const Result<std::string> plain = gunzip(packed, max_bytes);
  return plain.has_value() ? Error{ErrorCode::invalid, "taken"} : plain.error();
}

RC_GTEST_PROP(Gunzip, gives_back_what_was_packed, (const std::string& plain)) {
  RC_ASSERT(gunzip(gzipped(plain), plain.size()) == plain);
}

TEST(Gunzip, takes_members_behind_each_other_as_one_body) {
  EXPECT_EQ(gunzip(gzipped(text) + gzipped("") + gzipped("more"), plenty), text + "more");
}

TEST(Gunzip, takes_a_body_of_just_the_size_that_is_allowed_and_none_of_a_byte_more) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{16 * 1024}, std::size_t{100'000}}) {
    EXPECT_EQ(gunzip(gzipped(std::string(size, 'x')), size)->size(), size);
    EXPECT_EQ(refusal(gzipped(std::string(size + 1, 'x')), size).code, ErrorCode::too_large);
  }
}

TEST(Gunzip, refuses_a_bomb_at_the_limit_whatever_it_is_made_of) {
  const std::string bomb = gzipped(std::string(64 * plenty, '\0'));
  ASSERT_LT(bomb.size(), plenty) << "what a request may have";
  EXPECT_EQ(refusal(bomb).message, "gzip: the body is made of more than 1048576 bytes");
  std::string members;
  for (int i = 0; i < 100; ++i) members += gzipped(std::string(plenty / 50, 'x'));
  EXPECT_EQ(refusal(members).code, ErrorCode::too_large);
}

TEST(Gunzip, says_of_every_beginning_that_it_is_cut_off) {
  const std::string whole = gzipped(text);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Error error = refusal(whole.substr(0, size));
    EXPECT_EQ(error.code, ErrorCode::malformed) << size;
    EXPECT_EQ(error.message, "gzip: the body is cut off") << size;
  }
}

TEST(Gunzip, refuses_what_stands_behind_the_end) {
  EXPECT_EQ(refusal(gzipped(text) + "garbage").message,
            "gzip: incorrect header check, behind the end of a complete body");
  EXPECT_EQ(refusal(gzipped(text) + std::string(1, '\0')).code, ErrorCode::malformed);
  EXPECT_EQ(refusal(gzipped(text) + gzipped(text).substr(0, 12)).message, "gzip: the body is cut off");
}

TEST(Gunzip, refuses_what_is_not_gzip) {
  EXPECT_EQ(refusal(text).message, "gzip: incorrect header check");
  const std::string zlib_only("\x78\x9c\x03\x00\x00\x00\x00\x01", 8);  // the coding "deflate"
  EXPECT_EQ(refusal(zlib_only).code, ErrorCode::malformed);
}

/// Bytes of the header that mean nothing, such as its time, may differ; none of what was packed may.
RC_GTEST_PROP(Gunzip, never_gives_other_bytes_for_a_damaged_body, ()) {
  std::string packed = gzipped(text);
  const auto at = *rc::gen::inRange<std::size_t>(0, packed.size());
  packed[at] = static_cast<char>(packed[at] ^ (1 << *rc::gen::inRange(0, 8)));
  const Result<std::string> plain = gunzip(packed, plenty);
  RC_ASSERT((!plain.has_value() || *plain == text));  // RapidCheck's own || looks at both sides
}

}  // namespace
}  // namespace sensors
