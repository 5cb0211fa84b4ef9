// --check-config says what is wrong with a configuration, with file and line, and ends with 78 so that systemd does not
// start the service again and again.
#include <algorithm>
#include <tuple>
#include <utility>

#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

constexpr int bad_configuration = 78;

class CheckConfig : public RigTest {
 protected:
  /// The rig's own configuration of `service`, which is a good one.
  static std::string good(Service& service) { return service.config().text(); }

  void expect_good(const std::string& program, Service& service) {
    const ConfigCheck check = check_config(folder_, program, good(service));
    EXPECT_EQ(check.exit_code, 0) << check.output;
    EXPECT_NE(check.output.find(": no mistakes"), std::string::npos) << check.output;
  }

  /// Two mistakes at known lines before the good rest: both are told in one go.
  void expect_refused_with_lines(const std::string& program, Service& service) {
    const std::string text = "# a comment\nno_such_key = 1\nlog_level = \"loud\"\n" + good(service);
    const ConfigCheck check = check_config(folder_, program, text);
    EXPECT_EQ(check.exit_code, bad_configuration);
    EXPECT_NE(check.output.find(check.file + ":2: no_such_key"), std::string::npos) << check.output;
    EXPECT_NE(check.output.find(check.file + ":3: log_level"), std::string::npos) << check.output;
  }

  void expect_same_answer_at_start(Service& service) {
    service.config().set("", "no_such_key", "1");
    service.start();
    EXPECT_EQ(service.process().wait_exit(Millis{30'000}), bad_configuration) << service.log();
    EXPECT_NE(service.log().find("no_such_key"), std::string::npos);
  }

  static RigOptions with_a_sensor() {
    RigOptions options;
    options.publisher.set_text("driver.host", "type", "host");
    return options;
  }

  Rig rig_{folder_, with_a_sensor()};
};

TEST_F(CheckConfig, takes_a_good_file_of_each_service) {
  expect_good("sensor-publisher", rig_.publisher());
  expect_good("sensor-persistence", rig_.persistence());
  expect_good("sensor-http-bridge", rig_.bridge());
}

TEST_F(CheckConfig, says_that_what_the_file_names_is_not_there) {
  for (const auto& [program, service, key] :
       {std::tuple<std::string, Service*, std::string>{"sensor-publisher", &rig_.publisher(), "outbox"},
        {"sensor-persistence", &rig_.persistence(), "store"}}) {
    service->config().set(key, "path", "\"/no/such/folder/x.db\"");
    const ConfigCheck check = check_config(folder_, program, good(*service));
    EXPECT_EQ(check.exit_code, bad_configuration);
    EXPECT_NE(check.output.find(": " + key + ".path: /no/such/folder/x.db: the folder /no/such/folder is"),
              std::string::npos)
        << check.output;
  }
  for (const auto& [program, service] : {std::pair<std::string, Service*>{"sensor-publisher", &rig_.publisher()},
                                         {"sensor-persistence", &rig_.persistence()},
                                         {"sensor-http-bridge", &rig_.bridge()}}) {
    service->config().set("mqtt", "password_file", "\"/no/such.password\"");
    service->config().set("mqtt", "ca_file", "\"/no/such.pem\"");
    const ConfigCheck check = check_config(folder_, program, good(*service));
    EXPECT_EQ(check.exit_code, bad_configuration);
    for (const char* mistake :
         {"mqtt.password_file: /no/such.password: there is no such file", "mqtt.ca_file: /no/such.pem: there is no"}) {
      EXPECT_NE(check.output.find(mistake), std::string::npos) << mistake << " is not in\n" << check.output;
    }
  }
}

TEST_F(CheckConfig, says_that_a_program_is_a_whole_command_line) {
  const ConfigCheck check = check_config(
      folder_, "sensor-publisher",
      good(rig_.publisher()) + "\n[driver.x]\ntype = \"command\"\nprogram = [\"/usr/bin/python3 -u /x.py\"]\n");
  EXPECT_EQ(check.exit_code, bad_configuration);
  EXPECT_NE(check.output.find("driver.x.program: there is no file '/usr/bin/python3 -u /x.py'; each word is a text of "
                              "its own: [\"/usr/bin/python3\", \"-u\", \"/x.py\"]"),
            std::string::npos)
      << check.output;
}

TEST_F(CheckConfig, names_file_and_line_of_each_mistake_to_the_publisher) {
  expect_refused_with_lines("sensor-publisher", rig_.publisher());
}

TEST_F(CheckConfig, names_file_and_line_of_each_mistake_to_persistence) {
  expect_refused_with_lines("sensor-persistence", rig_.persistence());
}

TEST_F(CheckConfig, names_file_and_line_of_each_mistake_to_the_bridge) {
  expect_refused_with_lines("sensor-http-bridge", rig_.bridge());
}

TEST_F(CheckConfig, names_the_line_of_each_mistake_about_home_assistant) {
  const std::string text = good(rig_.bridge()) + "\n[home_assistant]\ndiscovery = \"maybe\"\nprefix = \"home/#\"\n" +
                           "birth_topic = \"home//status\"\nforget_after = \"1s\"\nmax_sensors = 0\n";
  const ConfigCheck check = check_config(folder_, "sensor-http-bridge", text);
  EXPECT_EQ(check.exit_code, bad_configuration);
  auto line = static_cast<int>(std::count(text.begin(), text.end(), '\n')) - 4;
  for (const char* key : {"discovery", "prefix", "birth_topic", "forget_after", "max_sensors"}) {
    const std::string place = check.file + ":" + std::to_string(line++) + ": home_assistant." + key;
    EXPECT_NE(check.output.find(place), std::string::npos) << place << "\n" << check.output;
  }
  const ConfigCheck example =
      check_config(folder_, "sensor-http-bridge",
                   good(rig_.bridge()) + "\n[home_assistant]\ndiscovery = \"remove\"\nprefix = \"a/b\"\n");
  EXPECT_EQ(example.exit_code, 0) << example.output;
}

TEST_F(CheckConfig, is_also_what_happens_at_a_start) {
  expect_same_answer_at_start(rig_.publisher());
  expect_same_answer_at_start(rig_.persistence());
  expect_same_answer_at_start(rig_.bridge());
}

TEST_F(CheckConfig, says_that_a_file_is_not_there) {
  Process::Options options;
  options.name = "sensor-publisher";
  options.command = {program_path("sensor-publisher"), "--config", folder_.file("absent.toml")};
  options.log_file = folder_.file("absent.log");
  Process publisher(options);
  publisher.start();
  EXPECT_EQ(publisher.wait_exit(Millis{30'000}), bad_configuration);
  EXPECT_NE(read_file(options.log_file).find(folder_.file("absent.toml")), std::string::npos);
}

}  // namespace
}  // namespace sensors::rig
