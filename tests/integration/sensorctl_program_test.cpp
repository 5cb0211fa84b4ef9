// The program itself, as its user at a real broker, beside real services.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/rig/process.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

constexpr Millis patience{30'000};

class Sensorctl : public RigTest {
 protected:
  /// The rig reads a year of weather, eight sensors, quickly.
  Sensorctl() : rig_(folder_, options()) {}

  static RigOptions options() {
    RigOptions options;
    options.nodes[0].drivers = weather_driver("100ms", 1);
    return options;
  }

  /// sensorctl with `arguments`, not yet started.
  std::unique_ptr<Process> sensorctl(std::vector<std::string> arguments) {
    std::vector<std::string> command{program_path("sensorctl"), "--port", std::to_string(rig_.broker().port()),
                                     "--password-file", rig_.broker().password_file("sensorctl")};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const std::string name = "sensorctl-" + std::to_string(++runs_);
    return std::make_unique<Process>(
        Process::Options{name, command, {}, folder_.file(name + ".log"), folder_.file(name + ".out")});
  }

  struct Outcome {
    std::optional<int> exit_code;
    std::string out;
    std::string log;
  };
  Outcome run(const std::vector<std::string>& arguments) {
    const auto process = sensorctl(arguments);
    process->start();
    const std::optional<int> code = process->wait_exit(patience);
    return {code, read_file(process->options().output_file), read_file(process->options().log_file)};
  }

  Rig rig_;

 private:
  int runs_ = 0;
};

TEST_F(Sensorctl, tails_readings_until_ctrl_c) {
  rig_.start_all();
  const auto tail = sensorctl({"tail"});
  tail->start();
  rig_.wait_until("a reading on stdout", patience,
                  [&] { return read_file(tail->options().output_file).find("node-1 pressure ") != std::string::npos; });
  tail->signal(SIGINT);
  EXPECT_EQ(tail->wait_exit(patience), 0);
}

TEST_F(Sensorctl, fails_where_its_answer_cannot_be_written) {
  rig_.start_all();
  rig_.wait_until("readings in the store", patience, [&] { return rig_.progress().stored > 0; });
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"status", "--json"},
                                                                                     {"status"},
                                                                                     {"query", "--json"},
                                                                                     {"dead-letters", "--json", "list"},
                                                                                     {"tail", "--json"}}) {
    Process process([&] {
      Process::Options options = sensorctl(words)->options();
      options.output_file = "/dev/full";
      return options;
    }());
    process.start();
    EXPECT_EQ(process.wait_exit(patience), 1) << words.front();
    EXPECT_NE(read_file(process.options().log_file).find("stdout: No space left on device"), std::string::npos)
        << words.front();
  }
}

/// Apart from its clock and its disk, which a container may have from others.
TEST_F(Sensorctl, shows_a_pipeline_that_is_well) {
  rig_.start_all();
  rig_.wait_until("readings at the API", patience, [&] { return rig_.progress().delivered > 0; });
  const Outcome status = run({"status"});
  EXPECT_EQ(status.exit_code == 0, status.out.starts_with("All is well: ")) << status.out << status.log;
  for (const char* part : {"sensor-publisher", "sensor-persistence", "sensor-http-bridge", "closed",
                           "is committed through", "temperature"}) {
    EXPECT_NE(status.out.find(part), std::string::npos) << part << " is not in\n" << status.out;
  }
  const Outcome json = run({"status", "--json"});
  const nlohmann::json verdict = nlohmann::json::parse(json.out);
  EXPECT_EQ(json.exit_code == 0, verdict.at("well").get<bool>()) << json.out << json.log;
  for (const nlohmann::json& problem : verdict.at("verdict").at("problems"))
    EXPECT_TRUE((std::set<std::string>{"clock", "disk", "disk_at_risk"}.contains(problem.at("kind")))) << problem;
}

TEST_F(Sensorctl, shows_the_newest_readings_each_time) {
  rig_.start_all();
  rig_.wait_until("readings in the store", patience, [&] { return rig_.progress().stored > 20; });
  rig_.publisher().stop();  // so that none passes by itself
  for (int i = 0; i < 5; ++i) {
    const Outcome status = run({"status"});
    EXPECT_NE(status.out.find("\ntemperature"), std::string::npos) << status.out << status.log;
  }
}

TEST_F(Sensorctl, says_which_word_it_does_not_know) {
  const Outcome verb = run({"stauts"});
  EXPECT_EQ(verb.exit_code, 2);
  EXPECT_NE(verb.log.find("there is no 'stauts'; did you mean 'status'?"), std::string::npos) << verb.log;
  EXPECT_NE(run({"dead-letters", "lits"}).log.find("did you mean 'list'?"), std::string::npos);
  EXPECT_NE(run({"status", "--wacht"}).log.find("there is no option --wacht; did you mean '--watch'?"),
            std::string::npos);
  EXPECT_NE(run({"token", "add", "--raed", "x"}).log.find("did you mean '--read'?"), std::string::npos);
  EXPECT_NE(run({"status", "--breakfast"}).log.find("there is no option --breakfast; see sensorctl status --help"),
            std::string::npos);
  EXPECT_NE(run({"breakfast"}).log.find("there is no 'breakfast'; there is: alerts, backup, breaker, dead-letters"),
            std::string::npos);
}

TEST_F(Sensorctl, lists_the_verbs_to_who_gives_none) {
  const Outcome nothing = run({});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_TRUE(nothing.log.starts_with("sensorctl VERB [OPTIONS], where VERB is\n  status ")) << nothing.log;
  EXPECT_EQ(nothing.log.find("--port"), std::string::npos) << "that is in the whole help";
  std::istringstream lines(nothing.log);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_TRUE(run({"token"}).log.starts_with("sensorctl token VERB [OPTIONS], where VERB is\n  add "))
      << "of a verb, too";
}

TEST_F(Sensorctl, has_help_that_fits_80_columns) {
  for (const auto& verb : std::vector<std::vector<std::string>>{{},
                                                                {"status"},
                                                                {"query"},
                                                                {"tail"},
                                                                {"breaker"},
                                                                {"doctor"},
                                                                {"dead-letters"},
                                                                {"backup"},
                                                                {"restore"},
                                                                {"page"},
                                                                {"token"},
                                                                {"token", "add"},
                                                                {"support-bundle"},
                                                                {"dead-letters", "purge"},
                                                                {"breaker", "isolate"}}) {
    std::vector<std::string> arguments = verb;
    arguments.emplace_back("--help");
    std::istringstream help(run(arguments).out);
    EXPECT_TRUE(help.peek() != EOF);
    for (std::string line; std::getline(help, line);) EXPECT_LE(line.size(), 80U) << line;
  }
}

TEST_F(Sensorctl, names_its_own_options_when_the_password_is_wrong) {
  rig_.broker().start();
  const Outcome status = run({"--user", "nobody", "status"});
  EXPECT_EQ(status.exit_code, 3);
  EXPECT_NE(status.log.find("check --user and --password-file"), std::string::npos) << status.log;
}

TEST_F(Sensorctl, shows_which_service_has_gone) {
  rig_.start_all();
  rig_.wait_until("readings at the API", patience, [&] { return rig_.progress().delivered > 0; });
  rig_.bridge().kill();
  rig_.wait_until("the status says that it is down", patience, [&] {
    const Outcome status = run({"status"});
    return status.exit_code == 1 && status.out.find("sensor-http-bridge  down") != std::string::npos;
  });
}

TEST_F(Sensorctl, queries_the_store) {
  rig_.start_all();
  rig_.wait_until("readings in the store", patience, [&] { return rig_.progress().stored > 20; });
  const Outcome csv = run({"query", "--sensor", "temperature", "--limit", "2", "--csv"});
  EXPECT_EQ(csv.exit_code, 0) << csv.log;
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 3) << csv.out;
  EXPECT_NE(csv.out.find(",node-1,temperature,"), std::string::npos) << csv.out;
  EXPECT_NE(csv.log.find("--limit"), std::string::npos) << "there are more";
  const Outcome latest = run({"query", "--latest"});
  EXPECT_NE(latest.out.find("temperature"), std::string::npos) << latest.out;
  EXPECT_EQ(run({"query", "--to", "1971-01-01"}).exit_code, 0);
  const Outcome reversed = run({"query", "--from", "2h", "--to", "1d"});
  EXPECT_EQ(reversed.exit_code, 2);
  EXPECT_NE(reversed.log.find("is not before --to"), std::string::npos) << reversed.log;
  EXPECT_NE(run({"query", "--to", "1971-01-01T00:00:00Z"}).log.find("no reading fits"), std::string::npos);
}

TEST_F(Sensorctl, isolates_the_bridge_over_a_restart_and_closes_its_breaker_again) {
  rig_.start_all();
  rig_.wait_until("readings at the API", patience, [&] { return rig_.progress().delivered > 0; });
  const Outcome isolate = run({"breaker", "isolate", "sensor-http-bridge"});
  EXPECT_EQ(isolate.exit_code, 0) << isolate.log;
  EXPECT_EQ(rig_.bridge().stop(), 0);
  rig_.bridge().start();
  rig_.wait_until("it is isolated still", patience, [&] {
    const Outcome status = run({"status"});
    return status.exit_code == 1 && status.out.find("isolated by operator") != std::string::npos;
  });
  const std::uint64_t delivered = rig_.progress().delivered;
  const std::uint64_t stored = rig_.progress().stored;
  rig_.wait_until("the store goes on", patience, [&] { return rig_.progress().stored > stored + 20; });
  EXPECT_EQ(rig_.progress().delivered, delivered);
  EXPECT_EQ(run({"breaker", "close", "sensor-http-bridge"}).exit_code, 0);
  rig_.wait_until("readings at the API again", patience, [&] { return rig_.progress().delivered > delivered; });
}

TEST_F(Sensorctl, isolates_the_publisher_and_closes_its_breaker_again) {
  rig_.start_all();
  rig_.wait_until("readings in the store", patience, [&] { return rig_.progress().stored > 0; });
  const Outcome isolate = run({"breaker", "isolate", "sensor-publisher"});
  EXPECT_EQ(isolate.exit_code, 0) << isolate.log;
  EXPECT_EQ(isolate.out,
            "sensor-publisher of node node-1: circuit breaker open, isolated until `sensorctl breaker close "
            "sensor-publisher`\n");
  rig_.wait_until("readings stay in the outbox", patience, [&] { return rig_.progress().in_outbox > 20; });
  const Outcome close = run({"breaker", "close", "sensor-publisher"});
  EXPECT_EQ(close.exit_code, 0) << close.log;
  rig_.stop_production();
  EXPECT_TRUE(rig_.drains_within(patience));
}

TEST_F(Sensorctl, makes_a_support_bundle_without_secrets) {
  rig_.start_all();
  rig_.wait_until("readings at the API", patience, [&] { return rig_.progress().delivered > 0; });
  folder_.write("broker/extra.toml", "url = \"https://me:hush@api\"\ntoken = \"hush\"\n");
  folder_.write("broker/loose.token", "\xEF\xBB\xBF loose-secret \r\n");
  folder_.write("broker/loose.toml", "node = \"loose-secret\"\n");
  const std::string archive = folder_.file("bundle.tar.gz");
  const Outcome made = run({"support-bundle", "--output", archive, "--configuration", folder_.file("broker")});
  EXPECT_EQ(made.exit_code, 0) << made.log;
  Process unpack({"tar", {program_path("tar"), "-xzOf", archive}, {}, folder_.file("tar.log"), folder_.file("all")});
  unpack.start();
  EXPECT_EQ(unpack.wait_exit(patience), 0);
  const std::string all = read_file(folder_.file("all"));
  EXPECT_NE(all.find("\"well\":true"), std::string::npos) << "the status";
  EXPECT_NE(all.find("url = \"https://[removed]@api\"\ntoken = [removed]"), std::string::npos);
  EXPECT_EQ(all.find("hush"), std::string::npos);
  EXPECT_EQ(all.find("loose-secret"), std::string::npos) << "it is one although no service takes it as it stands";
  const std::string password = rig_.broker().client("sensorctl", "").password;
  EXPECT_EQ(all.find(password), std::string::npos);
  EXPECT_EQ(run({"support-bundle", "--output", archive}).exit_code, 2) << "it is there already";
}

TEST_F(Sensorctl, leaves_no_part_of_a_support_bundle_where_the_disk_is_full) {
  const std::string archive = folder_.file("bundle.tar.gz");
  const std::string command = "trap '' XFSZ; ulimit -f 1; exec " + program_path("sensorctl") +
                              " --timeout 1 --port 1 support-bundle --output " + archive;
  Process made({"sensorctl", {"/bin/sh", "-c", command}, {}, folder_.file("sh.log"), folder_.file("sh.out")});
  made.start();
  EXPECT_EQ(made.wait_exit(patience), 1);
  EXPECT_FALSE(std::filesystem::exists(archive));
}

TEST_F(Sensorctl, says_that_the_store_does_not_answer) {
  rig_.broker().start();
  const Outcome outcome = run({"query", "--node", "node-1", "--timeout", "1"});
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_NE(outcome.log.find("sensor-persistence of node node-1 did not answer in 1 s"), std::string::npos);
}

TEST_F(Sensorctl, watches_into_a_file_without_control_characters) {
  rig_.start_all();
  const auto watch = sensorctl({"status", "--watch"});
  watch->start();
  rig_.wait_until("two pictures", patience, [&] {
    const std::string out = read_file(watch->options().output_file);
    const std::size_t first = out.find("SERVICE ");
    return first != std::string::npos && out.find("SERVICE ", first + 1) != std::string::npos;
  });
  watch->signal(SIGINT);
  EXPECT_EQ(watch->wait_exit(patience), 0);
  EXPECT_EQ(read_file(watch->options().output_file).find('\x1b'), std::string::npos);
}

TEST_F(Sensorctl, says_what_to_do_when_the_broker_is_away) {
  const Outcome outcome = run({"tail"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_NE(outcome.log.find("systemctl status sensor-broker"), std::string::npos) << outcome.log;
}

TEST_F(Sensorctl, says_what_to_do_when_the_password_is_not_there) {
  const Outcome outcome = run({"tail", "--password-file", folder_.file("absent")});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.log.find("--password-file"), std::string::npos) << outcome.log;
}

TEST_F(Sensorctl, refuses_a_command_line_that_is_wrong) {
  EXPECT_EQ(run({"tial"}).exit_code, 2);
  EXPECT_EQ(run({}).exit_code, 2);
  EXPECT_EQ(run({"tail", "--port", "0"}).exit_code, 2);
  const Outcome version = run({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.out, "sensorctl " SENSOR_PROJECT_VERSION "\n");
}

}  // namespace
}  // namespace sensors::rig
