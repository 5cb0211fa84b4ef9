#include <gtest/gtest.h>

#include "services/sensorctl/verbs/picture.hpp"
#include "services/sensorctl/verbs/text.hpp"

namespace sensors::sensorctl {
namespace {

TEST(SpanText, says_the_two_largest_units) {
  EXPECT_EQ(span_text(Millis{-5}), "0 ms");
  EXPECT_EQ(span_text(Millis{850}), "850 ms");
  EXPECT_EQ(span_text(Millis{59'999}), "59 s");
  EXPECT_EQ(span_text(Millis{60'000}), "1 min");
  EXPECT_EQ(span_text(Millis{200'000}), "3 min 20 s");
  EXPECT_EQ(span_text(Millis{7'500'000}), "2 h 5 min");
  EXPECT_EQ(span_text(Millis{273'600'000}), "3 d 4 h");
}

TEST(SizeText, has_one_decimal_and_never_1024_of_a_unit) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1'023), "1023 B");
  EXPECT_EQ(size_text(1'024), "1.0 KiB");
  EXPECT_EQ(size_text(1'048'575), "1.0 MiB");
  EXPECT_EQ(size_text(12'897'484), "12.3 MiB");
}

TEST(ValueText, is_one_printable_line_whatever_a_sensor_says) {
  EXPECT_EQ(value_text(21.5), "21.5");
  EXPECT_EQ(value_text(1e300), "1e+300");
  EXPECT_EQ(value_text(true), "true");
  EXPECT_EQ(value_text(std::string("open\n\x1b[2Jdoor")), "open [2Jdoor");
}

TEST(Table, aligns_by_characters_not_bytes_and_ends_lines_without_blanks) {
  EXPECT_EQ(table({{"NAME", "VALUE"}, {"größe", "1"}, {"x", ""}}), "NAME   VALUE\ngröße  1\nx\n");
}

TEST(Table, puts_a_last_cell_that_is_too_wide_below_its_row) {
  EXPECT_EQ(table({{"NAME", "WHY"}, {"a", "short"}, {"b", "one two three four"}}, 16),
            "NAME  WHY\na     short\nb\n    one two\n    three four\n");
}

TEST(Folded, breaks_at_blanks_and_counts_characters) {
  EXPECT_EQ(folded("  --x  ä ö ü ß and so on", 16, 7), "  --x  ä ö ü ß\n       and so on");
  EXPECT_EQ(folded("short", 5, 2), "short");
  EXPECT_EQ(folded("/a/path/of/one/word and", 10, 2), "/a/path/of/one/word\n  and") << "a word is never cut";
  EXPECT_EQ(folded("    aaaaaaaaaaaaaa bb", 10, 4), "    aaaaaaaaaaaaaa\n    bb") << "nor is it moved for ever";
  EXPECT_EQ(folded("", 5, 2), "");
}

TEST(Picture, covers_the_one_before_and_fits_the_window) {
  EXPECT_EQ(over_the_last("one\ntwo\n", {24, 80}, false), "\x1b[Hone\x1b[K\ntwo\x1b[K\n\x1b[J");
  EXPECT_EQ(over_the_last("one\ntwo\nthree\n", {3, 80}, false), "\x1b[Hone\x1b[K\ntwo\x1b[K\n\x1b[J");
  EXPECT_EQ(over_the_last("größer\n", {24, 3}, false), "\x1b[Hgrö\x1b[K\n\x1b[J");
  EXPECT_EQ(over_the_last("x", {24, 80}, true), "\x1b[2J\x1b[Hx\x1b[K\n\x1b[J");
}

}  // namespace
}  // namespace sensors::sensorctl
