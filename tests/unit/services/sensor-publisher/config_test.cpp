// The example file is the reference of every key: it must load as it is shipped, and with all its examples taken.
#include "services/sensor-publisher/config.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "tests/support/documented_options.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors::publisher {
namespace {

constexpr const char* example = SENSOR_SOURCE_DIR "/services/sensor-publisher/sensor-publisher.toml";

std::string mistakes(const Result<Config>& config) { return config.has_value() ? "" : config.error().message; }

TEST(PublisherConfig, loads_the_example_as_it_is_shipped) {
  const Result<Config> config = load_config(example);
  ASSERT_EQ(mistakes(config), "");
  ASSERT_EQ(config->drivers.size(), 1U);
  EXPECT_EQ(config->drivers[0].name, "host");
}

/// What all drivers have is documented once.
bool is_documented_elsewhere(const ConfigOption& option) {
  static const std::regex common("driver\\.(?!host\\.)[a-z]+\\.(interval|deadline|patience|prefix)");
  return option.key != "driver.onewire.deadline" && std::regex_match(option.key, common);
}

TEST(PublisherConfig, of_the_example_is_the_default_and_says_each_range) {
  const TemporaryFolder folder;
  ConfigFile file = ConfigFile::load(folder.write("all.toml", with_examples_taken(example))).value();
  const Config config = read_config(file);
  std::vector<ConfigOption> options = file.options();
  std::erase_if(options, is_documented_elsewhere);
  for (ConfigOption& option : options)
    if (option.key.ends_with(".type") && option.key != "driver.host.type") option.range.clear();
  EXPECT_EQ(undocumented(example, options,
                         {"node", "driver.host.sensor.cpu.temperature.deadband", "driver.hwmon.exclude",
                          "driver.onewire.deadline", "driver.modbus.device", "driver.replay.units"}),
            "");
  const Result<void> finished = file.finish();
  ASSERT_TRUE(finished.has_value()) << finished.error().message;
  EXPECT_EQ(config.drivers.size(), 7U);
  EXPECT_EQ(config.logic.node, "kitchen");
}

TEST(PublisherConfig, hints_at_the_quotes_of_a_name_with_dots) {
  const TemporaryFolder folder;
  const std::string text =
      "node = \"kitchen\"\n[driver.host]\ntype = \"host\"\n[driver.host.sensor.cpu.temperature]\nmax = 100\n";
  const std::string told = mistakes(load_config(folder.write("p.toml", text)));
  EXPECT_NE(told.find("driver.host.sensor.cpu.temperature: unknown table; a name with dots stands in quotes: "
                      "[driver.host.sensor.\"cpu.temperature\"]"),
            std::string::npos)
      << told;
}

TEST(PublisherConfig, says_that_the_name_of_a_driver_is_none) {
  const TemporaryFolder folder;
  const std::string text = "node = \"kitchen\"\n[driver.\"my host\"]\ntype = \"host\"\n";
  const std::string told = mistakes(load_config(folder.write("p.toml", text)));
  EXPECT_NE(told.find("p.toml:2: driver.my host: is no name for a driver: 1 .. 64 letters, digits, '_', '.' or "
                      "'-', such as [driver.my_host]"),
            std::string::npos)
      << told;
}

TEST(PublisherConfig, says_of_a_driver_without_a_type_that_and_nothing_else) {
  const TemporaryFolder folder;
  const std::string text = "node = \"kitchen\"\n[driver.host]\ntype = \"host\"\n[driver.iio]\n";
  const std::string told = mistakes(load_config(folder.write("p.toml", text)));
  EXPECT_TRUE(told.ends_with(":4: driver.iio.type: is missing")) << told;
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 0) << told;
}

TEST(PublisherConfig, says_of_a_type_that_there_is_none_of_the_nearest_and_nothing_of_the_keys_that_it_would_have) {
  const TemporaryFolder folder;
  const std::string text =
      "node = \"kitchen\"\n[driver.x]\ntype = \"comand\"\nprogram = [\"/bin/true\"]\ninterval = 5\n";
  const std::string told = mistakes(load_config(folder.write("p.toml", text)));
  EXPECT_NE(told.find("p.toml:3: driver.x.type: must be one of \"iio\", \"hwmon\", \"onewire\", \"host\", "
                      "\"command\", \"replay\", \"modbus\", is \"comand\"; did you mean 'command'?\n"),
            std::string::npos)
      << told;
  EXPECT_NE(told.find("p.toml:5: driver.x.interval: must be a duration"), std::string::npos) << told;
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 1) << told;
}

TEST(PublisherConfig, looks_at_what_its_drivers_are_to_run_when_it_is_asked_to) {
  const TemporaryFolder folder;
  ::chmod(folder.path().c_str(), 0755);
  const auto checked = [&](const std::string& drivers) {
    const std::string path =
        folder.write("p.toml", "node = \"kitchen\"\n[outbox]\npath = \"" + folder.path("outbox.db") + "\"\n" + drivers);
    const Result<Config> config = load_config(path);
    if (!config.has_value()) return config.error().message;
    FilesCheck files(path, "nobody");
    look_at_files(*config, files);
    const Result<std::string> finished = files.finish();
    return finished.has_value() ? "" : finished.error().message.substr(path.size());
  };
  const std::string script = folder.write("co2.py", "print(1)\n", 0600);
  const auto command = [](const std::string& program) {
    return "[driver.x]\ntype = \"command\"\nprogram = [" + program + "]\n";
  };
  EXPECT_EQ(checked("[driver.host]\ntype = \"host\"\n"), "");
  EXPECT_EQ(checked(""),
            ": driver: there is none, so no sensor is read: add [driver.host] and below it type = \"host\"");
  EXPECT_EQ(checked(command("\"sh\", \"-u\", \"" + script + "\"")),
            ":6: driver.x.program: " + script +
                " cannot be read by the user nobody: give it to that user, sudo chown "
                "nobody " +
                script);
  EXPECT_EQ(checked(command("\"sh\", \"/no/such.py\"")), ":6: driver.x.program: there is no file '/no/such.py'");
  EXPECT_NE(checked(command("\"sh\", \"-u\", \"~/co2.py\"")).find("only a shell knows what ~ stands for"),
            std::string::npos);
  EXPECT_NE(checked(command("\"sh\", \"co2.py\"")).find("name it with its whole path, /.../co2.py"), std::string::npos);
  EXPECT_EQ(checked(command("\"sh\", \"-c\", \"exec co2.py\"")), "");
  EXPECT_EQ(checked(command("\"sh\", \"-c\", \"exit\"")), "");
  for (const char* code : {"\"sh\", \"-c\", \"$HOME/co2.sh\"", "\"bash\", \"-ec\", \"/opt/a.sh | tail -1\"",
                           "\"python3\", \"-u\", \"-m\", \"/no/such.py\""})
    EXPECT_EQ(checked(command(code)), "") << code << ": what it runs is no file that can be looked at";
  EXPECT_EQ(checked(command("\"/usr/bin/env\", \"sh\", \"/no/such.py\"")),
            ":6: driver.x.program: there is no file '/no/such.py'");
  EXPECT_EQ(checked("[driver.x]\ntype = \"command\"\nprogram = \"sh -c exit\"\n"),
            folder.path("p.toml") +
                ":6: driver.x.program: must be a list of texts, each word by itself: [\"sh\", \"-c\", \"exit\"]")
      << "one mistake, and one line";
  EXPECT_EQ(checked("[driver.x]\ntype = \"replay\"\nfile = \"" + script + "\"\n"),
            ":6: driver.x.file: " + script +
                " cannot be read by the user nobody: give it to that user, sudo chown "
                "nobody " +
                script);
}

TEST(PublisherConfig, programs_and_files_are_streams_and_programs_are_read_out_at_the_end) {
  const TemporaryFolder folder;
  const std::string text =
      "node = \"kitchen\"\n[driver.a]\ntype = \"host\"\n[driver.b]\ntype = \"command\"\nprogram = [\"/bin/true\"]\n"
      "stop_grace = \"3s\"\n[driver.c]\ntype = \"replay\"\nfile = \"x.csv\"\n";
  const Result<Config> config = load_config(folder.write("drivers.toml", text));
  ASSERT_EQ(mistakes(config), "");
  for (const DriverSchedule& driver : config->logic.drivers) {
    EXPECT_EQ(driver.is_stream, driver.name != "a") << driver.name;
    EXPECT_EQ(driver.read_out, driver.name == "b" ? Millis{3'700} : Millis{0}) << driver.name;
  }
}

TEST(PublisherConfig, names_the_file_and_the_line_of_an_unknown_key) {
  const TemporaryFolder folder;
  const std::string path = folder.write("bad.toml", "node = \"kitchen\"\n[outbox]\nmax_reading = 5000\n");
  const Result<Config> config = load_config(path);
  ASSERT_FALSE(config.has_value());
  EXPECT_NE(config.error().message.find(path + ":3: outbox.max_reading: unknown key"), std::string::npos)
      << config.error().message;
}

TEST(PublisherConfig, refuses_two_drivers_that_would_make_one_sensor) {
  const TemporaryFolder folder;
  const std::string path =
      folder.write("two.toml", "node = \"kitchen\"\n[driver.a]\ntype = \"iio\"\n[driver.b]\ntype = \"iio\"\n");
  const Result<Config> config = load_config(path);
  ASSERT_FALSE(config.has_value());
  EXPECT_NE(config.error().message.find(":5: driver.b.type: reads all devices as driver a does"), std::string::npos)
      << config.error().message;
}

TEST(PublisherConfig, knows_both_ways_to_make_a_full_outbox_smaller_and_no_third) {
  const TemporaryFolder folder;
  const auto with = [&](const std::string& when_full) {
    return load_config(
        folder.write("outbox.toml", "node = \"kitchen\"\n[outbox]\nwhen_full = \"" + when_full + "\"\n"));
  };
  EXPECT_EQ(with("drop-oldest")->logic.outbox.when_full, OutboxOptions::WhenFull::drop_oldest);
  EXPECT_EQ(with("thin")->logic.outbox.when_full, OutboxOptions::WhenFull::thin);
  const Result<Config> other = with("drop-newest");
  ASSERT_FALSE(other.has_value());
  EXPECT_NE(other.error().message.find("must be \"thin\" or \"drop-oldest\""), std::string::npos)
      << other.error().message;
}

}  // namespace
}  // namespace sensors::publisher
