#include "common/runtime/run_file.hpp"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

class RunFile : public testing::Test {
 protected:
  std::string text() const {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryFolder folder;
  std::string path = folder.path("names");
};

TEST_F(RunFile, has_the_runs_under_each_name_that_the_machine_had) {
  EXPECT_TRUE(note_run(path, {"pi", "run1"}).former.empty());
  EXPECT_TRUE(note_run(path, {"pi", "run2"}).former.empty());
  const NotedRun renamed = note_run(path, {"attic", "run3"});
  EXPECT_EQ(renamed.former, (std::vector<ServiceRun>{{"pi", "run1"}, {"pi", "run2"}}));
  EXPECT_EQ(renamed.problem, "");
  EXPECT_EQ(note_run(path, {"pi", "run4"}).former, (std::vector<ServiceRun>{{"attic", "run3"}}));
  EXPECT_EQ(text(), "pi run1\npi run2\nattic run3\npi run4\n");
}

TEST_F(RunFile, that_is_damaged_is_said_and_made_anew) {
  std::ofstream(path) << "rubbish";
  const NotedRun noted = note_run(path, {"pi", "run1"});
  EXPECT_TRUE(noted.former.empty());
  EXPECT_NE(noted.problem.find(path + ": is no list"), std::string::npos) << noted.problem;
  EXPECT_EQ(note_run(path, {"attic", "run2"}).former, (std::vector<ServiceRun>{{"pi", "run1"}}));
}

TEST_F(RunFile, that_cannot_be_written_is_said) {
  EXPECT_NE(note_run(folder.path("absent/names"), {"pi", "run1"}).problem.find("absent/names"), std::string::npos);
}

}  // namespace
}  // namespace sensors
