// What people write into a configuration that TOML cannot read, and what is said of it: where, what, and what is right.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/core/toml_mistake.hpp"
#include "common/runtime/config_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

struct BadFile {
  std::string text;
  std::string told;  // behind the file's name
};

const std::vector<BadFile> bad_files{
    // words without quotes
    {"log_level = info\n", ":1:13: log_level: a text stands in quotes: log_level = \"info\""},
    {"\n[mqtt]\nhost = 127.0.0.1\n", ":3:8: mqtt.host: a text stands in quotes: host = \"127.0.0.1\""},
    {"interval = 10s\n", ":1:12: interval: a text stands in quotes: interval = \"10s\""},
    {"url = https://api.example.com/r  # mine\n", ":1:7: url: a text stands in quotes: url = \"...\""},
    {"path = /var/lib/x\n", ":1:8: path: a text stands in quotes: path = \"/var/lib/x\""},
    {"gzip = True\n", ":1:8: gzip: is written in small letters: true"},
    {"gzip = yes\n", ":1:8: gzip: a bare word is no value: write true or false, or a text in quotes, \"yes\""},
    {"jitter = 0,1\n", ":1:10: jitter: a number has a point: 0.1"},
    {"port = 01883\n", ":1:8: port: a number has no zeros before it: 1883"},
    {"a = [\"x\", y]\n", ":1:11: a: a text stands in quotes: \"y\""},
    // quotes
    {"type = \u201chost\u201d\n", ":1:8: type: curly quotes are no quotes here, straight ones are: \"host\""},
    {"type = \"host\u201d\n", ":1:8: type: curly quotes are no quotes here, straight ones are: \"host\""},
    {"type = \u2018host\u2019\n", ":1:8: type: curly quotes are no quotes here, straight ones are: \"host\""},
    {"a = [\u201cx\u201d]\n", ":1:6: a: curly quotes are no quotes here, straight ones are: \"x\""},
    {"a = [\"x\", \u201cy z\u201d, \u201cw\u201d]\n",
     ":1:11: a: curly quotes are no quotes here, straight ones are: \"y z\""},
    {"a = [\"x\u201d, \"y\"]\n", ":1:6: a: curly quotes are no quotes here, straight ones are: \"x\""},
    {"a = [\u201cx\", \"y\"]\n", ":1:6: a: curly quotes are no quotes here, straight ones are: \"x\""},
    {"a = [\n  \"x\",\n  \"y\u201d\n]\n", ":3:3: a: curly quotes are no quotes here, straight ones are: \"y\""},
    {"a = [\u2018x\u2019]\n", ":1:6: a: curly quotes are no quotes here, straight ones are: \"x\""},
    {"type = \"host\nb = 1\n", ":1:8: type: the closing quote is missing: \"host\""},
    {"type = \"host  # mine\n", ":1:8: type: the closing quote is missing: \"host\""},
    {"type = 'host\n", ":1:8: type: the closing quote is missing: 'host'"},
    {"type = host\"\n", ":1:8: type: the opening quote is missing: type = \"host\""},
    {"program = [\"/a, \"-u\"]\n", ":1:18: program: a comma is missing before -u\""},
    {"program = [\"/a]\nb = 1\n", ":1:12: program: the closing quote is missing: \"/a\""},
    {"path = \"C:\\sensors\"\n",
     ":1:8: path: a \\ in \"...\" stands for another character: write \\\\, or put the text in single quotes, '...'"},
    {"a = \"\"\"x\nb = 1\n", ":1:5: a: the text that begins here is not closed: \"\"\" is missing"},
    // what stands around a value
    {"log_level \"info\"\n", ":1:1: a key and its value have '=' between them: log_level = \"info\""},
    {"log_level: \"info\"\n", ":1:1: a key and its value have '=' between them: log_level = \"info\""},
    {"log_level := \"info\"\n", ":1:1: a key and its value have '=' between them: log_level = \"info\""},
    {"log_level\n", ":1:1: a key and its value have '=' between them: log_level = ..."},
    {"bad = = 2\n", ":1:7: bad: there is one '=' too many"},
    {"log_level =\n", ":1:12: log_level: the value is missing"},
    {"log_level = # info\n", ":1:13: log_level: the value is missing"},
    {"log level = \"info\"\n",
     ":1:1: 'log level' is no key: one has letters of A-Z a-z, digits, '_' and '-', such as log_level"},
    {"a = \"x\", \"y\"\n", ":1:8: a: several values stand in brackets: a = [..., ...]"},
    {"a = 1 b = 2\n", ":1:5: a: a text stands in quotes: a = \"1 b = 2\""},
    {"a = \"x\" b = 2\n", ":1:9: a: 'b = 2' stands behind the value: put it into the next line, or behind a #"},
    {"// mine\na = 1\n", ":1:1: a comment begins with #"},
    {"; mine\n", ":1:1: a comment begins with #"},
    {"\"x\"]\n", ":1:1: '\"x\"]' is no key with its value: KEY = VALUE"},
    // as in other languages
    {"type = \"command\",\n", ":1:17: type: a comma stands behind it: delete it"},
    {"port = 1883;\n", ":1:12: port: a semicolon stands behind it: delete it"},
    {"port = 1883,  # mine\n", ":1:12: port: a comma stands behind it: delete it"},
    {"gzip = true ;\n", ":1:13: gzip: a semicolon stands behind it: delete it"},
    {"type = \"host\" ; mine\n", ":1:15: type: a comment begins with #"},
    {"port = 1883 // mine\n", ":1:13: port: a comment begins with #"},
    {"log_level = info;\n", ":1:13: log_level: a text stands in quotes: log_level = \"info\""},
    {"log_level = info // mine\n", ":1:13: log_level: a text stands in quotes: log_level = \"info\""},
    {"url = https://a/b\n", ":1:7: url: a text stands in quotes: url = \"...\""},
    {"program = [\"/a\"],\n", ":1:17: program: a comma stands behind it: delete it"},
    {"program = [\"/a\"; \"-u\"]\n", ":1:16: program: values in brackets have commas between them, no semicolons"},
    {"port = ;\n", ":1:8: port: the value is missing; a comment begins with #"},
    {"port = ,\n", ":1:8: port: a text stands in quotes: port = \",\""},
    {"[mqtt];\n", ":1:1: [mqtt]: a semicolon stands behind it: delete it"},
    {"[mqtt],\n", ":1:1: [mqtt]: a comma stands behind it: delete it"},
    // lists
    {"program = [\"/a\", \"-u\"\n[driver.b]\n", ":1:11: program: the list is not closed: ] is missing"},
    {"program = [\n  \"/a\",\ntype = \"x\"\n", ":1:11: program: the list is not closed: ] is missing"},
    {"program = [\"/a\"", ":1:11: program: the list is not closed: ] is missing"},
    {"program = [\"/a\" \"-u\"]\n", ":1:17: program: a comma is missing before \"-u\""},
    // tables
    {"[driver.host\ntype = \"host\"\n", ":1:1: the bracket is not closed: write [driver.host]"},
    {"[driver.my sensor]\n",
     ":1:1: [driver.my sensor]: a name has letters of A-Z a-z, digits, '_' and '-': write [driver.my_sensor]"},
    {"[driver.k\u00fcche]\n",
     ":1:1: [driver.k\u00fcche]: a name has letters of A-Z a-z, digits, '_' and '-': write [driver.k_che]"},
    {"[mqtt] host = \"x\"\n", ":1:1: 'host = \"x\"' stands behind [mqtt]: put it into the next line"},
    {"[mqtt]\nport = 1\n[http]\n[mqtt]\n", ":4:1: [mqtt] is there already, in line 1: put its keys there"},
    // twice
    {"log_level = \"info\"\nnode = \"a\"\nlog_level = \"debug\"\n",
     ":3:1: log_level: is there already, in line 1: keep one"},
    {"[[x]]\na = 1\n[[x]]\na = 1\na = 2\n", ":5:1: x.a: is there already, in line 4: keep one"},
    // characters that nobody sees
    {"\xFF\xFEn\0o\0", ":1:1: the file is not UTF-8, but UTF-16 or no text: save it as UTF-8"},
    {"a = 1\nb = \"K\xFC\"\n", ":2:7: a letter is not UTF-8: save the file as UTF-8"},
    {"a = 1\n\u00a0b = 2\n", ":2:1: begins with a character that is no blank, as web pages have: delete it"},
    {"a = 1\n\ufeff[mqtt]\n", ":2:1: begins with a character that is no blank, as web pages have: delete it"},
    {"port =\u00a0"
     "1883\n",
     ":1:7: port: a character that is no blank, as web pages have, stands in '1883': delete it"},
};

TEST(BadFiles, are_told_with_their_place_the_mistake_and_what_is_right) {
  const TemporaryFolder folder;
  for (const BadFile& bad : bad_files) {
    const std::string path = folder.write("service.toml", bad.text);
    const Result<ConfigFile> file = ConfigFile::load(path);
    ASSERT_FALSE(file.has_value()) << bad.text;
    EXPECT_EQ(file.error().code, ErrorCode::malformed) << bad.text;
    EXPECT_EQ(file.error().message, path + bad.told) << bad.text;
  }
}

/// What is said of a file is logged at each start, and logs are read by others.
TEST(BadFiles, are_told_without_what_may_be_a_password) {
  const std::vector<BadFile> with_passwords{
      {"url = https://pi:hunter2@host\n", ":1:7: url: a text stands in quotes: url = \"...\""},
      {"url = https://pi:hunter2@host\"\n", ":1:7: url: the opening quote is missing: url = \"...\""},
      {"url = \"https://pi:hunter2@host\n", ":1:7: url: the closing quote is missing: \"...\""},
      {"url = \u201chttps://pi:hunter2@host\u201d\n",
       ":1:7: url: curly quotes are no quotes here, straight ones are: ..."},
      {"\u201curl\u201d = \"https://pi:hunter2@host\"\n",
       ":1:1: a key stands without quotes, or in straight ones: ..."},
      {"url: https://pi:hunter2@host\n", ":1:1: a key and its value have '=' between them: url = ..."},
      {"https://pi:hunter2@host\n", ":1:1: a key and its value have '=' between them: https = ..."},
      {"\"https://pi:hunter2@host\"\n", ":1:1: '...' is no key with its value: KEY = VALUE"},
      {"pi,hunter2@host = 1\n",
       ":1:1: '...' is no key: one has letters of A-Z a-z, digits, '_' and '-', such as pi_hunter2_host"},
      {"\"pi:hunter2@host\" = = 1\n", ""},
      {"[mqtt] password = \"hunter2\"\n", ":1:1: '...' stands behind [mqtt]: put it into the next line"},
      {"[mqtt password = \"hunter2\"\n", ":1:1: the bracket is not closed: write [...]"},
      {"password = hunter2\n", ":1:12: password: a text stands in quotes: password = \"...\""},
      {"password = \"x\" hunter2\n",
       ":1:16: password: '...' stands behind the value: put it into the next line, or behind a #"},
      {"pin = 0123\n", ":1:7: pin: a text stands in quotes: pin = \"...\""},
      {"password_file = hunter2\n", ":1:17: password_file: a text stands in quotes: password_file = \"...\""},
      {"[http.tokens.a]\nvalue = hunter2\n", ":2:9: http.tokens.a.value: a text stands in quotes: value = \"...\""},
      {"headers = [\n  \"Accept: text/plain\",\n  X-My: hunter2,\n]\n",
       ":3:3: headers: a text stands in quotes: \"...\""},
      {"list = [\"x\" \"https://pi:hunter2@host\"]\n", ":1:13: list: a comma is missing before ..."},
      {"token = hun\u00a0ter2\n",
       ":1:9: token: a character that is no blank, as web pages have, stands in '...': delete it"},
      {"pin = 99999999999999999999\n", ""},
  };
  const TemporaryFolder folder;
  for (const BadFile& bad : with_passwords) {
    const std::string path = folder.write("service.toml", bad.text);
    const Result<ConfigFile> file = ConfigFile::load(path);
    ASSERT_FALSE(file.has_value()) << bad.text;
    const std::string& said = file.error().message;
    if (!bad.told.empty()) {
      EXPECT_EQ(said, path + bad.told) << bad.text;
    }
    for (const char* secret : {"hunter2@", "hunter2\"", "hunter2,", "ter2'", "0123", "99999"})
      EXPECT_EQ(said.find(secret), std::string::npos) << said;
  }
}

TEST(BadFiles, are_told_without_a_password_that_stands_where_something_else_does) {
  const TemporaryFolder folder;
  Result<ConfigFile> file = ConfigFile::load(
      folder.write("service.toml", "interval = \"https://pi:hunter2@host\"\nkind = \"pi:hunter2@host\"\n"));
  ASSERT_TRUE(file.has_value()) << file.error().message;
  Millis interval{1};
  file->root().read("interval", interval, Millis{1}, Millis{2});
  std::string kind = "a";
  file->root().read_choice("kind", kind, {"a", "b"});
  const Result<void> finished = file->finish();
  ASSERT_FALSE(finished.has_value());
  EXPECT_EQ(finished.error().message.find("hunter2"), std::string::npos) << finished.error().message;
}

TEST(BadFiles, are_none_with_tabs_a_byte_order_mark_and_the_line_ends_of_windows) {
  const TemporaryFolder folder;
  const std::string path = folder.write(
      "service.toml",
      "\ufeff# saved on Windows\r\n[mqtt]\r\n\thost\t=\t\"a\tb\"\t# mine\r\nlist = [\r\n\t\"x\",\r\n]\r\n");
  const Result<ConfigFile> file = ConfigFile::load(path);
  EXPECT_TRUE(file.has_value()) << file.error().message;
}

/// A slip that is seen where there is none would hide the one that the library found.
TEST(TomlMistake, sees_nothing_in_what_is_right) {
  const TemporaryFolder folder;
  std::vector<std::string> good{
      "",
      "\n",
      "a = 1",
      "a = 1_000\nb = -0.5e3\nc = 0xff\nd = 2026-01-15T16:00:00Z\ne = 16:00:00\nf = inf\ng = +1\n",
      "a = [\n  [1, 2], # one, \"two\n  [3],\n]\nb = [{ c = 1 }, { c = 2 }]\nd = { e = \"x\" }\n",
      "a = \"\"\"one\nb = = 2\n\"\"\"\nc = '''x'''\n\"k y\" = 1\na.b = 1\n[\"x y\".z]\n[[l]]\na = 1\n[[l]]\na = 1\n"};
  for (const char* shipped : {"sensor-publisher/sensor-publisher", "sensor-persistence/sensor-persistence",
                              "sensor-http-bridge/sensor-http-bridge", "sensorctl/doctor/sensor-recover"}) {
    std::ifstream file(std::string(SENSOR_SOURCE_DIR "/services/") + shipped + ".toml");
    good.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    ASSERT_GT(good.back().size(), 100U) << shipped;
  }
  for (const std::string& text : good) {
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    const std::optional<TomlMistake> mistake = explain_toml(text, lines);
    EXPECT_FALSE(mistake.has_value()) << mistake->line << ": " << mistake->text << "\n" << text;
  }
}

}  // namespace
}  // namespace sensors
