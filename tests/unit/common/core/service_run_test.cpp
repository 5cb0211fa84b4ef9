#include "common/core/service_run.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace sensors {
namespace {

TEST(ServiceRun, is_kept_with_others_of_its_name_as_it_may_end_before_it_comes_to_the_broker) {
  std::vector<ServiceRun> runs = with_run({}, {"pi", "run0"});
  for (int i = 1; i < 20; ++i) runs = with_run(runs, {"pi", "run" + std::to_string(i)});
  ASSERT_EQ(runs.size(), most_runs_of_node);
  EXPECT_EQ(runs.front().instance, "run4");
  EXPECT_EQ(runs.back().instance, "run19");
}

TEST(ServiceRun, is_kept_of_the_names_that_had_one_last) {
  std::vector<ServiceRun> runs;
  for (int i = 0; i < 8; ++i) runs = with_run(runs, {"node" + std::to_string(i), "first"});
  runs = with_run(runs, {"node0", "second"});
  for (int i = 0; i < 5; ++i) runs = with_run(runs, {"another", "run" + std::to_string(i)});
  EXPECT_EQ(runs.size(), 7U + 1 + 5);
  const auto has = [&](const std::string& node) {
    return std::any_of(runs.begin(), runs.end(), [&](const ServiceRun& run) { return run.node == node; });
  };
  EXPECT_TRUE(has("node0") && has("node2") && has("node7") && has("another"));
  EXPECT_FALSE(has("node1"));
}

TEST(ServiceRun, comes_back_from_its_text_as_it_was) {
  const std::vector<ServiceRun> runs{{"attic", "run3"}, {"pi", "run4"}};
  EXPECT_EQ(encode_runs(runs), "attic run3\npi run4\n");
  EXPECT_EQ(decode_runs(encode_runs(runs)).value(), runs);
  EXPECT_TRUE(decode_runs("").value().empty());
}

TEST(ServiceRun, of_another_text_is_refused) {
  std::string many;
  for (int i = 0; i < 129; ++i) many += "node run\n";
  for (const std::string& bad : {std::string("pi"), std::string("pi run"), std::string("\n"), std::string("pi \n"),
                                 std::string(" run\n"), std::string("pi run more\n"), std::string("p/i run\n"), many})
    EXPECT_FALSE(decode_runs(bad).has_value()) << bad;
}

}  // namespace
}  // namespace sensors
