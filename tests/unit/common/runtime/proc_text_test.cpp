#include "common/runtime/proc_text.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace sensors {
namespace {

TEST(ProcText, is_all_that_the_file_says) {
  const std::string stat = proc_text("/proc/self/stat");
  EXPECT_EQ(stat.substr(0, stat.find(' ')), std::to_string(getpid()));
  EXPECT_NE(proc_text("/proc/self/mountinfo").find('\n'), std::string::npos) << "more than one line";
}

TEST(ProcText, is_nothing_where_there_is_no_such_file) { EXPECT_EQ(proc_text("/proc/0/stat"), ""); }

/// As of a process that ends between open() and read(): here nothing is mapped at the address 0.
TEST(ProcText, throws_nothing_when_a_read_fails) { EXPECT_EQ(proc_text("/proc/self/mem"), ""); }

}  // namespace
}  // namespace sensors
