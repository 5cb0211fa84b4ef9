#include "common/core/printable.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "common/core/reading.hpp"

namespace sensors {
namespace {

TEST(PrintableLine, leaves_a_short_plain_text_as_it_is) {
  EXPECT_EQ(printable_line("Temperatur zu groß", 100), "Temperatur zu groß");
  EXPECT_EQ(printable_line("", 100), "");
}

TEST(PrintableLine, makes_one_line_without_control_characters) {
  EXPECT_EQ(printable_line("  a\r\n\tb\x1b[31mc\x7f ", 100), "a b [31mc");
  EXPECT_EQ(printable_line("a\xc2\x9b"
                           "31mb",
                           100),
            "a 31mb")
      << "C1 holds a terminal's escapes as well";
}

TEST(PrintableLine, marks_what_is_not_text) { EXPECT_EQ(printable_line("a\xff\xc3z", 100), "a??z"); }

TEST(PrintableLine, cuts_between_characters) {
  EXPECT_EQ(printable_line("abcdefgh", 8), "abcdefgh");
  EXPECT_EQ(printable_line("abcdefghi", 8), "abcde...");
  EXPECT_EQ(printable_line("abcdäöüß", 9), "abcdä...");
}

TEST(PrintableLine, keeps_its_promise_for_any_bytes) {
  EXPECT_TRUE(rc::check("UTF-8, within the limit, printable", [] {
    const std::string text = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    const std::size_t most = *rc::gen::inRange<std::size_t>(4, 40);
    const std::string line = printable_line(text, most);
    RC_ASSERT(line.size() <= most);
    RC_ASSERT(is_utf8(line));
    for (const char c : line) RC_ASSERT(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    RC_ASSERT(printable_line(line, most) == line);
  }));
}

TEST(PrintableLines, keep_lines_and_show_what_a_terminal_would_obey) {
  EXPECT_EQ(printable_lines("a\tß\r\nb\n"), "a\tß\r\nb\n");
  EXPECT_EQ(printable_lines("a\rb\x1b[0m\x7f\xc2\x9b\xff\xc2\xa0"), "a\\x0db\\x1b[0m\\x7f\\xc2\\x9b\\xff\xc2\xa0");
}

}  // namespace
}  // namespace sensors
