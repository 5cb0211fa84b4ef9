// Each kind of mistake in a configuration file, and that it is named with its file and line.
#include "common/runtime/config_file.hpp"

#include <algorithm>
#include <stdexcept>

#include <gtest/gtest.h>

#include "common/runtime/duration_text.hpp"
#include "common/runtime/mqtt_config.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;

class ConfigFileTest : public testing::Test {
 protected:
  ConfigFile load(const std::string& text) {
    path_ = folder_.write("service.toml", text);
    Result<ConfigFile> file = ConfigFile::load(path_);
    if (!file.has_value()) throw std::runtime_error(file.error().message);
    return *file;
  }

  /// The mistakes of `file`, with its path cut off: ":3: interval: must be ...".
  std::string mistakes(ConfigFile& file) const {
    const Result<void> result = file.finish();
    if (result.has_value()) return "";
    EXPECT_EQ(result.error().code, ErrorCode::invalid);
    std::string text = result.error().message;
    for (std::size_t at = text.find(path_); at != std::string::npos; at = text.find(path_))
      text.erase(at, path_.size());
    return text;
  }

  TemporaryFolder folder_;
  std::string path_;
};

TEST_F(ConfigFileTest, gives_the_values_that_are_there_and_leaves_the_others) {
  ConfigFile file = load(
      "flag = true\ntext = \"hello\"\nwhole = 42\nreal = 0.5\nlarge = 5_000_000_000\nwait = \"250ms\"\n"
      "waits = [\"1s\", \"2min\"]\nwords = [\"a\", \"b\"]\nname = \"bme280.t\"\nmode = \"fast\"\n");
  bool flag = false;
  std::string text, name, mode = "slow", absent = "default";
  int whole = 0;
  double real = 0;
  std::uint64_t large = 0;
  Millis wait{0};
  std::vector<Millis> waits;
  std::vector<std::string> words;
  ConfigTable root = file.root();
  root.read("flag", flag);
  root.read("text", text);
  root.read("whole", whole, 0, 100);
  root.read("real", real, 0, 1);
  root.read("large", large, 0, 10'000'000'000U);
  root.read("wait", wait, 1ms, 1s);
  root.read("waits", waits, 1s, 1h);
  root.read("words", words);
  root.read_name("name", name);
  root.read_choice("mode", mode, {"slow", "fast"});
  root.read("absent", absent);
  EXPECT_EQ(mistakes(file), "");
  EXPECT_TRUE(flag);
  EXPECT_EQ(text, "hello");
  EXPECT_EQ(whole, 42);
  EXPECT_EQ(real, 0.5);
  EXPECT_EQ(large, 5'000'000'000U);
  EXPECT_EQ(wait, 250ms);
  EXPECT_EQ(waits, (std::vector<Millis>{1s, 2min}));
  EXPECT_EQ(words, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(name, "bme280.t");
  EXPECT_EQ(mode, "fast");
  EXPECT_EQ(absent, "default");
}

TEST_F(ConfigFileTest, refuses_an_unknown_key_with_its_line_and_the_nearest_known_one) {
  ConfigFile file = load("interval = \"10s\"\n\nintervall = \"5s\"\nzebra = 1\n");
  Millis interval{0};
  file.root().read("interval", interval, 1s, 1h);
  EXPECT_EQ(mistakes(file), ":3: intervall: unknown key; did you mean 'interval'?\n:4: zebra: unknown key");
}

TEST_F(ConfigFileTest, refuses_unknown_keys_in_tables_and_unknown_tables) {
  ConfigFile file =
      load("[mqtt]\nprot = 1\n[[sensor]]\nname = \"a\"\nfoo = 1\n[drivers.iio]\nbar = 1\n[mqqt]\nhost = \"x\"\n");
  int port = 0;
  std::string name;
  ConfigTable root = file.root();
  root.table("mqtt").read("port", port, 1, 65'535);
  for (ConfigTable& sensor : root.tables("sensor")) sensor.read_name("name", name);
  EXPECT_EQ(root.named_tables("drivers").at(0).first, "iio");
  EXPECT_EQ(mistakes(file),
            ":2: mqtt.prot: unknown key; did you mean 'port'?\n:5: sensor[1].foo: unknown key\n"
            ":7: drivers.iio.bar: unknown key\n:8: mqqt: unknown table; did you mean 'mqtt'?");
}

TEST_F(ConfigFileTest, names_each_wrong_type_and_what_would_be_right) {
  ConfigFile file =
      load("flag = 1\ntext = 2\nwhole = \"3\"\nreal = \"4\"\nwait = 5\nwaits = \"6s\"\nwords = [7]\nwhole2 = 1.5\n");
  bool flag = false;
  std::string text;
  int whole = -1;
  double real = -1;
  Millis wait{-1};
  std::vector<Millis> waits;
  std::vector<std::string> words;
  ConfigTable root = file.root();
  root.read("flag", flag);
  root.read("text", text);
  root.read("whole", whole, 0, 9);
  root.read("whole2", whole, 0, 9);
  root.read("real", real, 0, 9);
  root.read("wait", wait, 1s, 1min);
  root.read("waits", waits, 1s, 1min);
  root.read("words", words);
  EXPECT_EQ(
      mistakes(file),
      ":1: flag: must be true or false\n:2: text: must be a text in quotes\n:3: whole: must be a whole number, 0 .. 9\n"
      ":4: real: must be a number, 0 .. 9\n"
      ":5: wait: must be a duration with its unit (ms, s, min, h, d) in quotes, such as \"10s\"\n"
      ":6: waits: must be a list of durations, such as [\"60s\", \"2min\"]\n"
      ":7: words: must be a list of texts, such as [\"a\", \"b\"]\n:8: whole2: must be a whole number, 0 .. 9");
  EXPECT_EQ(whole, -1) << "a mistake leaves the target as it was";
}

TEST_F(ConfigFileTest, names_each_value_out_of_range) {
  ConfigFile file = load(
      "port = 70000\nshare = nan\nwait = \"2h\"\nwaits = [\"1s\", \"1d\"]\nname = \"no spaces\"\nmode = \"odd\"\n");
  int port = 0;
  double share = 0;
  Millis wait{0};
  std::vector<Millis> waits;
  std::string name = "n", mode = "slow";
  ConfigTable root = file.root();
  root.read("port", port, 1, 65'535);
  root.read("share", share, 0, 0.5);
  root.read("wait", wait, 100ms, 60s);
  root.read("waits", waits, 1s, 1h);
  root.read_name("name", name);
  root.read_choice("mode", mode, {"slow", "fast"});
  EXPECT_EQ(mistakes(file),
            ":1: port: must be 1 .. 65535, is 70000\n:2: share: must be 0 .. 0.5, is nan\n"
            ":3: wait: must be 100ms .. 1min, is 2h\n:4: waits: each must be 1s .. 1h, is 1d\n"
            ":5: name: must be a name: 1 .. 64 letters, digits, '_', '.' or '-'\n"
            ":6: mode: must be one of \"slow\", \"fast\", is \"odd\"");
}

TEST_F(ConfigFileTest, refuses_a_table_written_as_a_value_and_a_value_written_as_a_table) {
  ConfigFile file = load("mqtt = 1\nsensor = 2\n[port]\na = 1\n");
  int port = 0;
  ConfigTable root = file.root();
  root.table("mqtt").read("port", port, 1, 9);
  EXPECT_TRUE(root.tables("sensor").empty());
  root.read("port", port, 1, 9);
  EXPECT_EQ(mistakes(file),
            ":1: mqtt: must be a table: write [mqtt]\n:2: sensor: must be a list of tables: write [[sensor]]\n"
            ":3: port: must be a whole number, 1 .. 9");
}

TEST_F(ConfigFileTest, says_what_is_missing_also_in_an_absent_table) {
  ConfigFile file = load("\n[api]\nurl = \"http://x\"\n");
  std::string text;
  ConfigTable api = file.root().table("api");
  api.read("url", text);
  api.require("token_file");
  file.root().table("node").require("name");
  EXPECT_EQ(mistakes(file), ": node.name: is missing\n:2: api.token_file: is missing");
  EXPECT_FALSE(api.has("token_file"));
  EXPECT_TRUE(api.has("url"));
}

TEST_F(ConfigFileTest, adds_mistakes_that_the_caller_finds) {
  ConfigFile file = load("low = 5\nhigh = 3\n");
  int low = 0, high = 0;
  ConfigTable root = file.root();
  root.read("low", low, 0, 9);
  root.read("high", high, 0, 9);
  root.refuse("high", "must be above low");
  EXPECT_EQ(mistakes(file), ":2: high: must be above low");
}

TEST_F(ConfigFileTest, knows_the_line_of_a_key_or_of_its_table) {
  const ConfigFile file = load("a = 1\n[driver.\"x.y\"]\n\ntype = \"host\"\n");
  EXPECT_EQ(file.line_of("a"), 1U);
  EXPECT_EQ(file.line_of("driver.x.y.type"), 4U);
  EXPECT_EQ(file.line_of("driver.x.y.program"), 2U);
  EXPECT_EQ(file.line_of("mqtt.port"), 0U);
}

TEST_F(ConfigFileTest, says_the_nearest_choice_and_nothing_of_keys_that_hang_on_it) {
  ConfigFile file = load("mode = \"fats\"\nspeed = 3\n[inner]\nx = 1\n");
  std::string mode = "slow";
  ConfigTable root = file.root();
  root.read_choice("mode", mode, {"slow", "fast"});
  root.excuse_unknown_keys();
  EXPECT_EQ(mistakes(file),
            ":1: mode: must be one of \"slow\", \"fast\", is \"fats\"; did you mean 'fast'?\n:3: inner: unknown table");
}

TEST_F(ConfigFileTest, shows_twenty_mistakes_and_counts_the_others) {
  std::string text;
  for (int i = 0; i < 25; ++i) text += "key_" + std::to_string(i) + " = 1\n";
  ConfigFile file = load(text);
  file.root();
  const std::string all = mistakes(file);
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 20);
  EXPECT_NE(all.find("and 5 more mistakes"), std::string::npos) << all;
}

TEST_F(ConfigFileTest, names_line_and_column_of_a_syntax_error) {
  const std::string path = folder_.write("broken.toml", "good = 1\nbad = = 2\n");
  const Result<ConfigFile> file = ConfigFile::load(path);
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, ErrorCode::malformed);
  EXPECT_EQ(file.error().message.rfind(path + ":2:7: ", 0), 0U) << file.error().message;
}

TEST_F(ConfigFileTest, refuses_bytes_that_are_not_utf8_and_a_key_given_twice) {
  EXPECT_EQ(ConfigFile::load(folder_.write("a.toml", "key = \"\xff\"\n")).error().code, ErrorCode::malformed);
  EXPECT_EQ(ConfigFile::load(folder_.write("b.toml", "key = 1\nkey = 2\n")).error().code, ErrorCode::malformed);
}

TEST_F(ConfigFileTest, refuses_a_missing_file_a_folder_and_one_that_is_too_large) {
  EXPECT_EQ(ConfigFile::load(folder_.path("absent.toml")).error().code, ErrorCode::not_found);
  EXPECT_EQ(ConfigFile::load(folder_.path()).error().code, ErrorCode::io);
  const std::string large = folder_.write("large.toml", std::string(1024 * 1024 + 1, '#'));
  EXPECT_EQ(ConfigFile::load(large).error().code, ErrorCode::too_large);
}

TEST(DurationText, reads_what_it_writes) {
  for (const Millis duration : {1ms, 250ms, 1'500ms}) EXPECT_EQ(parse_duration(duration_text(duration)), duration);
  for (const char* text : {"250ms", "10s", "5min", "2h", "30d"})
    EXPECT_EQ(duration_text(parse_duration(text).value()), text);
  EXPECT_EQ(parse_duration("0s"), 0ms);
}

TEST(DurationText, refuses_what_is_not_a_duration) {
  for (const char* text : {"", "10", "s", "-1s", "1.5s", "10 s", "10S", "10sec", "9999999999999d", "999999999999d"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST_F(ConfigFileTest, reads_the_mqtt_table_with_the_service_as_user) {
  ConfigFile file = load("[mqtt]\nport = 2883\n");
  const MqttConfig config = read_mqtt_config(file.root().table("mqtt"), "sensor-publisher");
  EXPECT_EQ(mistakes(file), "");
  EXPECT_EQ(config.host, "127.0.0.1");
  EXPECT_EQ(config.port, 2883);
  EXPECT_EQ(config.user, "sensor-publisher");
  EXPECT_EQ(config.root, "sensors");
}

TEST_F(ConfigFileTest, refuses_an_empty_broker_host_and_a_root_with_levels) {
  ConfigFile file = load("[mqtt]\nhost = \"\"\nroot = \"a/b\"\n");
  read_mqtt_config(file.root().table("mqtt"), "x");
  EXPECT_EQ(mistakes(file),
            ":2: mqtt.host: must not be empty: name the broker's host, such as \"127.0.0.1\"\n"
            ":3: mqtt.root: must be a name: 1 .. 64 letters, digits, '_', '.' or '-'");
}

TEST_F(ConfigFileTest, a_text_where_a_list_is_wanted_is_told_as_the_list_that_was_meant) {
  const auto told = [&](const std::string& text) {
    ConfigFile file = load(text);
    std::vector<std::string> words;
    EXPECT_FALSE(file.root().read("program", words));
    EXPECT_FALSE(file.root().read("headers", words));
    return mistakes(file);
  };
  EXPECT_EQ(told("program = \"/bin/a  -u b\"\n"),
            ":1: program: must be a list of texts, each word by itself: [\"/bin/a\", \"-u\", \"b\"]");
  EXPECT_EQ(told("program = \"\"\n"), ":1: program: must be a list of texts, such as [\"a\", \"b\"]");
  EXPECT_EQ(told("headers = \"Authorization: Bearer hush\"\n"),
            ":1: headers: must be a list of texts, such as [\"a\", \"b\"]");
}

// The library goes down by recursion: 50,000 parts ended the program.
TEST_F(ConfigFileTest, a_file_that_nests_too_deep_is_refused) {
  const auto repeated = [](const std::string& text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
  };
  const auto told = [&](const std::string& text) {
    const Result<ConfigFile> file = ConfigFile::load(folder_.write("deep.toml", text));
    return file.has_value() ? "" : file.error().message.substr(folder_.path("deep.toml").size());
  };
  const std::string parts = ": a name has at most 32 parts with dots between them: shorten it";
  const std::string brackets = ": brackets stand in one another at most 32 deep: put the rest elsewhere";
  for (const std::size_t times : {std::size_t{32}, std::size_t{50'000}}) {
    EXPECT_EQ(told("x = 1\n" + repeated("a.", times) + "a = 1\n"), ":2:64" + parts);
    EXPECT_EQ(told("[" + repeated("a.", times) + "a]\n"), ":1:65" + parts);
    EXPECT_EQ(told("[[" + repeated("a . ", times) + "a]]\n"), ":1:129" + parts);
    EXPECT_EQ(told(repeated("\"a\".", times) + "a = 1\n"), ":1:128" + parts);
    EXPECT_EQ(told("x = {y = \"\"\"z\"\"\"\", " + repeated("a.", times) + "a = 1}\n"), ":1:83" + parts);
    EXPECT_EQ(told("x = " + repeated("[", times + 1)), ":1:37" + brackets);
    EXPECT_EQ(told("x = " + repeated("{a = ", times + 1)), ":1:165" + brackets);
  }
  const std::string odd = repeated("a.[", 100);
  EXPECT_EQ(told(repeated("a.", 31) + "a = 1\nb = [" + repeated("0.5, ", 100) + "]\nc = " + repeated("[", 32) +
                 repeated("]", 32) + "\nd = \"" + odd + "\"  # " + odd + "\ne = '''\n" + odd + "'''\n"),
            "");
}

}  // namespace
}  // namespace sensors
