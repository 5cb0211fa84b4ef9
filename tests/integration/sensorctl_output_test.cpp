// What sensorctl does where its words get nowhere, and what it says of itself.
#include <gtest/gtest.h>

#include "tests/rig/process.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

constexpr Millis output_patience{30'000};

class SensorctlOutput : public RigTest {
 protected:
  struct Outcome {
    std::optional<int> exit_code;
    std::string out;
    std::string log;
  };
  /// `program` by a shell, which sets it up as `redirection` says.
  Outcome run(const std::string& program, const std::string& arguments, const std::string& redirection = "") {
    const std::string name = "run-" + std::to_string(++runs_);
    Process process({name,
                     {"/bin/sh", "-c", "exec " + program_path(program) + " " + arguments + " " + redirection},
                     {},
                     folder_.file(name + ".log"),
                     folder_.file(name + ".out")});
    process.start();
    const std::optional<int> code = process.wait_exit(output_patience);
    return {code, read_file(folder_.file(name + ".out")), read_file(folder_.file(name + ".log"))};
  }
  Outcome sensorctl(const std::string& arguments, const std::string& redirection = "") {
    return run("sensorctl", arguments, redirection);
  }

 private:
  int runs_ = 0;
};

TEST_F(SensorctlOutput, that_cannot_be_written_is_trouble_and_said) {
  folder_.write("sensor-http-bridge.toml", "[http]\nlisten = \"127.0.0.1:8080\"\n");
  const std::string here = " --configuration " + folder_.path();
  for (const std::string& words : {std::string("--help"), std::string("--version"), std::string("help page"),
                                   "page" + here, "token list" + here}) {
    EXPECT_EQ(sensorctl(words).exit_code, 0) << words;
    for (const char* where : {"> /dev/full", ">&-"}) {
      const Outcome lost = sensorctl(words, where);
      EXPECT_EQ(lost.exit_code, 1) << words << where;
      EXPECT_TRUE(lost.log.starts_with("sensorctl: stdout: ")) << words << where << lost.log;
    }
  }
  EXPECT_EQ(sensorctl("page" + here, "> /dev/full").log, "sensorctl: stdout: No space left on device\n");
  EXPECT_EQ(sensorctl("page" + here, ">&-").log, "sensorctl: stdout: is closed\n");
  const Outcome doctor = sensorctl("--timeout 1 doctor --json", "> /dev/full");
  EXPECT_NE(doctor.exit_code, 0);
  EXPECT_NE(doctor.log.find("stdout: No space left"), std::string::npos) << doctor.log;
  EXPECT_NE(run("sensor-publisher", "--help", "> /dev/full").exit_code, 0);
}

TEST_F(SensorctlOutput, goes_into_no_file_that_is_opened_where_all_is_closed) {
  const std::string text = "[http]\nlisten = \"127.0.0.1:8080\"\n";
  const std::string file = folder_.write("sensor-http-bridge.toml", text);
  EXPECT_EQ(sensorctl("page --configuration " + folder_.path(), "<&- >&- 2>&-").exit_code, 1);
  EXPECT_EQ(read_file(file), text);
}

TEST_F(SensorctlOutput, help_is_a_word_as_well_as_an_option) {
  for (const auto& [word, option] :
       {std::pair("help", "--help"), {"help page", "page --help"}, {"help token add", "token add --help"}}) {
    const Outcome by_word = sensorctl(word);
    EXPECT_EQ(by_word.exit_code, 0) << word << by_word.log;
    EXPECT_EQ(by_word.out, sensorctl(option).out) << word;
    EXPECT_FALSE(by_word.out.empty()) << word;
  }
  const Outcome unknown = sensorctl("help staus");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.log.find("there is no 'staus'; did you mean 'status'?"), std::string::npos) << unknown.log;
}

TEST_F(SensorctlOutput, a_time_without_a_unit_is_told_which_there_are) {
  EXPECT_NE(sensorctl("query --from 2").log.find("'2' has no unit: write 2s, 2min or 2h for so long ago"),
            std::string::npos);
}

}  // namespace
}  // namespace sensors::rig
