// Sensor programs as owners write them, under the real publisher: all that they print arrives, however it ends; all
// that they start ends; and none of them hides what the others say. Without a broker: the outbox shows what was taken.
#include <signal.h>

#include <algorithm>
#include <fstream>

#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

constexpr Millis patience{30'000};
constexpr Millis stop_limit{5'000};

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class Programs : public RigTest {
 protected:
  /// A [driver.NAME] that runs `script`, with /bin/sh.
  void add(const std::string& name, const std::string& script, const std::string& interval = "") {
    ConfigText& drivers = options_.nodes[0].drivers;
    drivers.set_text("driver." + name, "type", "command");
    drivers.set("driver." + name, "program", R"(["/bin/sh", ")" + folder_.write(name + ".sh", script) + R"("])");
    if (!interval.empty()) drivers.set_text("driver." + name, "interval", interval);
  }

  Rig& begin() {
    rig_.emplace(folder_, options_);
    rig_->publisher().start();
    return *rig_;
  }

  bool is_there(const std::string& file) const { return std::ifstream(folder_.file(file)).good(); }

  /// Whether the process runs whose number is in `file`.
  bool runs(const std::string& file) const {
    pid_t process = 0;
    std::ifstream(folder_.file(file)) >> process;
    std::string state;
    std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
    for (int word = 0; word < 3; ++word) stat >> state;
    return process > 0 && stat && state != "Z";
  }

  void expect_end() {
    const Millis start = monotonic_now();
    EXPECT_EQ(rig_->publisher().stop(), 0) << rig_->publisher().log();
    EXPECT_LT(monotonic_now() - start, stop_limit);
  }

  RigOptions options_;
  std::optional<Rig> rig_;
};

// It printed 1,000 lines that are in its pipe for an hour yet, and prints 500 more when it is asked to end.
TEST_F(Programs, lose_no_line_at_an_orderly_end) {
  const std::string ready = folder_.file("ready");
  add("slow",
      "trap 'seq -f \"{\\\"sensor\\\":\\\"a\\\",\\\"value\\\":%.0f}\" 1001 1500; exit 0' TERM\n"
      "sleep 1\n"
      "seq -f '{\"sensor\":\"a\",\"value\":%.0f}' 1 1000\n"
      "echo > " +
          ready + "\nwhile :; do sleep 0.05; done\n",
      "1h");
  options_.nodes[0].drivers.set_text("driver.slow", "deadline", "500ms");
  options_.nodes[0].drivers.set_text("driver.slow", "stop_grace", "2s");
  Rig& rig = begin();
  rig.wait_until("all is printed", patience, [&] { return is_there("ready"); });
  expect_end();
  EXPECT_EQ(rig.publisher().outbox().taken(), 1'500U) << rig.publisher().log();
  EXPECT_EQ(rig.publisher().outbox().waiting(), 1'500U) << "no gap record among them";
}

TEST_F(Programs, that_ended_by_themselves_just_before_lose_no_line_either) {
  add("short", "sleep 1\nseq -f '{\"sensor\":\"a\",\"value\":%.0f}' 1 1000\necho > " + folder_.file("ready") + "\n",
      "1h");
  options_.nodes[0].drivers.set_text("driver.short", "deadline", "500ms");
  Rig& rig = begin();
  rig.wait_until("all is printed", patience, [&] { return is_there("ready"); });
  expect_end();
  EXPECT_EQ(rig.publisher().outbox().waiting(), 1'000U) << rig.publisher().log();
}

TEST_F(Programs, that_are_faster_than_the_disk_lose_no_line) {
  for (const char* name : {"one", "two", "three"}) {
    add(name,
        std::string("seq -f '{\"sensor\":\"") + name + "\",\"value\":%.0f}' 1 20000\nwhile :; do sleep 1; done\n");
    options_.nodes[0].drivers.set(std::string("driver.") + name, "max_lines", "10000");
  }
  options_.publisher.set("outbox", "max_pending", "500");
  Rig& rig = begin();
  rig.wait_until("all is taken", patience,
                 [&] { return rig.publisher().outbox().exists() && rig.publisher().outbox().taken() >= 60'000; });
  expect_end();
  EXPECT_EQ(rig.publisher().outbox().waiting(), 60'000U) << rig.publisher().log();
}

TEST_F(Programs, end_with_all_that_they_started) {
  const std::string daemon = folder_.file("daemon");
  const std::string child = folder_.file("child");
  add("forker", "setsid sh -c 'echo $$ > " + daemon +
                    "; exec sleep 1000' < /dev/null > /dev/null 2>&1 &\n"
                    "sh -c 'echo $$ > " +
                    child +
                    "; exec sleep 1000' &\n"
                    "echo '{\"sensor\":\"a\",\"value\":1}'\nwhile :; do sleep 1; done\n");
  Rig& rig = begin();
  rig.wait_until("they run", patience, [&] { return runs("daemon") && runs("child"); });
  expect_end();
  EXPECT_FALSE(runs("daemon"));
  EXPECT_FALSE(runs("child"));
}

TEST_F(Programs, that_never_start_are_never_well_and_are_said_once) {
  options_.nodes[0].drivers.set_text("driver.gone", "type", "command");
  options_.nodes[0].drivers.set("driver.gone", "program", R"(["/no/such/program"])");
  options_.nodes[0].drivers.set_text("driver.gone", "restart_first", "50ms");
  options_.nodes[0].drivers.set_text("driver.gone", "restart_longest", "50ms");
  add("failing", "echo 'no sensor at address 0x76' >&2\nexit 4\n");
  options_.nodes[0].drivers.set_text("driver.failing", "restart_first", "50ms");
  options_.nodes[0].drivers.set_text("driver.failing", "restart_longest", "50ms");
  Rig& rig = begin();
  rig.wait_until("they were tried many times", patience,
                 [&] { return count_of(rig.publisher().log(), "says: no sensor at address 0x76") >= 10; });
  expect_end();
  const std::string log = rig.publisher().log();
  EXPECT_EQ(count_of(log, "driver gone: start /no/such/program: No such file or directory"), 1U) << log;
  EXPECT_EQ(count_of(log, "(exited with status 4); it will be started again; the last it said: \"no sensor at"), 1U)
      << log;
  EXPECT_EQ(count_of(log, "well again"), 0U) << log;
}

TEST_F(Programs, that_flood_stderr_hide_no_error_of_another) {
  add("loud", "while :; do seq 1 100000 >&2; done\n");
  add("quiet", "while [ ! -e " + folder_.file("go") +
                   " ]; do sleep 0.1; done\n"
                   "echo 'quiet has an error' >&2\necho '{\"sensor\":\"a\",\"value\":1}'\nwhile :; do sleep 1; done\n");
  Rig& rig = begin();
  rig.wait_until("the flood is there", patience, [&] { return count_of(rig.publisher().log(), "loud.sh says") >= 30; });
  folder_.write("go", "");
  rig.wait_until("the error is seen", patience,
                 [&] { return count_of(rig.publisher().log(), "says: quiet has an error") == 1; });
  expect_end();
  EXPECT_LT(count_of(rig.publisher().log(), "\n"), 100U);
}

}  // namespace
}  // namespace sensors::rig
