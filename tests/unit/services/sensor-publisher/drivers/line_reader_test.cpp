#include "services/sensor-publisher/drivers/line_reader.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace sensors {
namespace {

class LineReaderTest : public testing::Test {
 protected:
  LineReaderTest() { EXPECT_EQ(pipe(ends), 0); }
  ~LineReaderTest() override {
    close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
  }
  void write_text(const std::string& text) {
    ASSERT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void finish() {
    close(ends[1]);
    ends[1] = -1;
  }

  /// Every line until the end; "!" for one that is overlong.
  std::vector<std::string> read_all() {
    std::vector<std::string> all;
    const auto add = [&](const LineReader::Line& line) { all.push_back(line.overlong ? "!" : line.text); };
    while (true) {
      while (const auto line = reader.next()) add(*line);
      if (reader.fill(ends[0]) == LineReader::Fill::end) break;
    }
    if (const auto line = reader.rest()) add(*line);
    return all;
  }

  int ends[2] = {-1, -1};
  LineReader reader{8};
};

TEST_F(LineReaderTest, cuts_lines_with_either_line_end_and_keeps_a_last_one_without) {
  write_text("one\r\n\ntwo\nthree");
  finish();
  EXPECT_EQ(read_all(), (std::vector<std::string>{"one", "", "two", "three"}));
}

TEST_F(LineReaderTest, puts_a_line_together_that_comes_in_pieces) {
  write_text("on");
  EXPECT_EQ(reader.fill(ends[0]), LineReader::Fill::more);
  EXPECT_FALSE(reader.next().has_value());
  write_text("e\n");
  finish();
  EXPECT_EQ(read_all(), std::vector<std::string>{"one"});
}

TEST_F(LineReaderTest, an_overlong_line_is_one_line_without_text_and_the_next_is_whole) {
  write_text("12345678\n123456789\n" + std::string(40'000, 'x') + "\nok\n");
  finish();
  EXPECT_EQ(read_all(), (std::vector<std::string>{"12345678", "!", "!", "ok"}));
}

TEST_F(LineReaderTest, an_overlong_line_without_end_is_known_at_the_end) {
  write_text(std::string(40'000, 'x'));
  finish();
  EXPECT_EQ(read_all(), std::vector<std::string>{"!"});
}

}  // namespace
}  // namespace sensors
