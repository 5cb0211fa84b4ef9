#include <gtest/gtest.h>

#include "services/sensorctl/verbs/picture.hpp"
#include "services/sensorctl/verbs/text.hpp"

namespace sensors::sensorctl {
namespace {

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

TEST(Table, puts_a_first_cell_that_leaves_no_room_above_the_others) {
  EXPECT_EQ(table({{"NAME", "VALUE", "AGE"}, {"short", "1", "now"}, {"a.name.that.is.long", "two", "1 h"}}, 24),
            "NAME          VALUE  AGE\nshort         1      now\na.name.that.is.long\n              two    1 h\n");
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
