#include "services/sensorctl/bundle/run_program.hpp"

#include <gtest/gtest.h>

#include "common/runtime/clocks.hpp"

namespace sensors::bundle {
namespace {

TEST(RunProgram, takes_what_it_says_on_both_ways_and_its_exit_code) {
  const Result<ProgramOutput> output = run_program({"sh", "-c", "echo out; echo err >&2; read x || exit 7"});
  ASSERT_TRUE(output.has_value()) << output.error().message;
  EXPECT_EQ(output->text, "out\nerr\n");
  EXPECT_EQ(output->exit_code, 7);
}

TEST(RunProgram, says_that_there_is_no_such_program) {
  const Result<ProgramOutput> output = run_program({"no-such-program"});
  ASSERT_FALSE(output.has_value());
  EXPECT_EQ(output.error().code, ErrorCode::not_found);
}

TEST(RunProgram, ends_what_takes_too_long_also_when_it_says_nothing_more) {
  for (const char* script : {"sleep 60", "exec sleep 60 > /dev/null 2>&1"}) {
    const Instant begin = read_clocks().monotonic;
    const Result<ProgramOutput> output = run_program({"sh", "-c", script}, {Millis{200}, 1'000});
    ASSERT_FALSE(output.has_value()) << script;
    EXPECT_EQ(output.error().code, ErrorCode::timeout);
    EXPECT_LT(read_clocks().monotonic - begin, std::chrono::seconds{30});
  }
}

TEST(RunProgram, takes_no_more_than_it_may) {
  const Result<ProgramOutput> output = run_program({"yes"}, {Millis{20'000}, 1'000});
  ASSERT_TRUE(output.has_value()) << output.error().message;
  EXPECT_EQ(output->text.size(), 1'000U);
}

}  // namespace
}  // namespace sensors::bundle
