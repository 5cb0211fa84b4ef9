// The example file is the reference of every key; and what the configuration says about the API's format.
#include "services/sensor-http-bridge/config.hpp"

#include <algorithm>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "services/sensor-http-bridge/delivery/delivery.hpp"
#include "services/sensor-http-bridge/delivery/own_topics.hpp"
#include "services/sensor-http-bridge/shell.hpp"
#include "tests/rig/temp_dir.hpp"
#include "tests/support/documented_options.hpp"

namespace sensors::bridge {
namespace {

/// A configuration with `destination` in the table of that name, from line 3 on.
Result<Config> load(const std::string& destination) {
  const rig::TempDir folder;
  return load_config(
      folder.write("bridge.toml", "state_directory = \"" + folder.path() + "\"\n[destination]\n" + destination));
}

UploadFormat format_of(const std::string& destination) {
  const Result<Config> config = load(destination);
  EXPECT_TRUE(config.has_value()) << config.error().message;
  return config.has_value() ? config->destination.http.format : UploadFormat::batch;
}

TEST(BridgeConfig, knows_three_formats_and_takes_the_store_s_batch_where_none_is_named) {
  EXPECT_EQ(format_of("url = \"http://127.0.0.1/r\"\n"), UploadFormat::batch);
  EXPECT_EQ(format_of("url = \"http://127.0.0.1/r\"\nformat = \"batch\"\n"), UploadFormat::batch);
  EXPECT_EQ(format_of("url = \"http://127.0.0.1/r\"\nformat = \"json\"\n"), UploadFormat::json);
  EXPECT_EQ(format_of("url = \"http://127.0.0.1/write?db=x\"\nformat = \"influx\"\n"), UploadFormat::influx);
}

TEST(BridgeConfig, refuses_another_format_with_file_and_line) {
  const Result<Config> config = load("url = \"http://127.0.0.1/r\"\nformat = \"xml\"\n");
  ASSERT_FALSE(config.has_value());
  EXPECT_NE(config.error().message.find("bridge.toml:4: destination.format"), std::string::npos)
      << config.error().message;
}

TEST(BridgeConfig, refuses_an_address_that_would_put_influx_s_timestamps_off) {
  for (const char* query : {"precision=ms", "db=x&precision=s", "precision="}) {
    const Result<Config> config =
        load(std::string("format = \"influx\"\nurl = \"http://127.0.0.1/write?") + query + "\"\n");
    ASSERT_FALSE(config.has_value()) << query;
    EXPECT_NE(config.error().message.find("bridge.toml:4: destination.url"), std::string::npos)
        << config.error().message;
    EXPECT_NE(config.error().message.find("precision"), std::string::npos);
  }
  EXPECT_EQ(format_of("format = \"influx\"\nurl = \"http://127.0.0.1/write?precision=ns&db=x\"\n"),
            UploadFormat::influx);
  EXPECT_EQ(format_of("url = \"http://127.0.0.1/r?precision=ms\"\n"), UploadFormat::batch) << "its own affair";
}

TEST(BridgeConfig, takes_user_and_password_out_of_the_address_and_says_that_a_token_is_better) {
  const Result<Config> config = load("url = \"https://me:p%40ss@api.example.com/in?key=x\"\n");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->destination.url, "https://api.example.com/in?key=x");
  EXPECT_EQ(config->destination.user, "me");
  EXPECT_EQ(config->destination.password, "p@ss");
  ASSERT_EQ(config->warnings.size(), 1U);
  EXPECT_NE(config->warnings[0].find("token_file"), std::string::npos);
  EXPECT_EQ(config->warnings[0].find("p@ss"), std::string::npos);
  EXPECT_TRUE(load("url = \"https://api.example.com/in?a=b@c\"\n")->warnings.empty());
}

TEST(BridgeConfig, an_address_that_is_refused_is_not_shown) {
  for (const char* url :
       {"ftp://me:hush-hush@host/", "https://me:hush-/hush@host/", "https://me:hush-?@host/", "hush-"}) {
    const Result<Config> config = load(std::string("url = \"") + url + "\"\n");
    ASSERT_FALSE(config.has_value()) << url;
    EXPECT_EQ(config.error().message.find("hush-"), std::string::npos) << config.error().message;
  }
}

/// A configuration with `top` in front of all tables, and `tables` behind [destination].
Result<Config> load_named(const std::string& top, const std::string& tables = "") {
  const rig::TempDir folder;
  return load_config(folder.write("bridge.toml", "state_directory = \"" + folder.path() + "\"\n" + top +
                                                     "\n[destination]\nurl = \"http://127.0.0.1/r\"\n" + tables));
}

TEST(BridgeConfig, a_name_gives_a_bridge_all_that_it_must_not_share_with_another) {
  const Result<Config> plain = load_named("node = \"kitchen\"");
  ASSERT_TRUE(plain.has_value()) << plain.error().message;
  EXPECT_EQ(plain->logic.service, "sensor-http-bridge");
  EXPECT_EQ(plain->logic.upload.destination, "api");
  EXPECT_EQ(plain->mqtt.user, "sensor-http-bridge");

  const Result<Config> named =
      load_named("node = \"kitchen\"\nname = \"weather\"", "[http]\nlisten = \"127.0.0.1:8081\"\n");
  ASSERT_TRUE(named.has_value()) << named.error().message;
  EXPECT_EQ(named->logic.service, "sensor-http-bridge-weather");
  EXPECT_EQ(named->web->service, "sensor-http-bridge-weather");
  EXPECT_EQ(named->logic.upload.destination, "weather");
  EXPECT_EQ(named->mqtt.user, "sensor-http-bridge-weather");
  const std::string topics = status_topic(named->logic) + " " + reply_topic(named->logic) + " " +
                             control_topic(named->logic) + " " +
                             Self::down_message(self_options(named->logic), "", {}).topic;
  EXPECT_EQ(topics,
            "sensors/kitchen/status/sensor-http-bridge-weather sensors/kitchen/rpc-reply/sensor-http-bridge-weather "
            "sensors/kitchen/control/sensor-http-bridge-weather sensors/kitchen/status/sensor-http-bridge-weather");
  EXPECT_EQ(load_named("name = \"weather\"", "name = \"elsewhere\"\n")->logic.upload.destination, "elsewhere");
}

TEST(BridgeConfig, the_state_of_a_bridge_with_a_name_is_in_a_folder_of_its_own) {
  const rig::TempDir folder;
  const Result<Config> config =
      load_config(folder.write("bridge.toml", "name = \"no-such-bridge\"\n[destination]\nurl = \"http://h/r\"\n"));
  ASSERT_TRUE(config.has_value()) << "systemd makes it at the first start: " << config.error().message;
  EXPECT_EQ(config->state_directory, "/var/lib/sensor-project/http-bridge@no-such-bridge");
  EXPECT_EQ(run(*config), 78) << "it does not run without";
}

TEST(BridgeConfig, refuses_a_state_directory_that_nobody_makes) {
  const rig::TempDir folder;
  for (const std::string& path : {folder.file("none"), std::string("/var/lib/sensor-project/../none"),
                                  std::string("/var/lib/sensor-project-2/none"), std::string("/dev/null")}) {
    const Result<Config> config = load_config(folder.write(
        "bridge.toml", "state_directory = \"" + path + "\"\n[destination]\nurl = \"http://127.0.0.1/r\"\n"));
    ASSERT_FALSE(config.has_value()) << path;
    EXPECT_NE(config.error().message.find(path + " is not a directory that can be written"), std::string::npos)
        << config.error().message;
  }
}

/// What is wrong with the file `file` that begins with `top`.
std::string mistakes_of(const std::string& file, const std::string& top) {
  const rig::TempDir folder;
  const Result<Config> config = load_config(folder.write(
      file, top + "state_directory = \"" + folder.path() + "\"\n[destination]\nurl = \"http://127.0.0.1/r\"\n"));
  return config.has_value() ? "" : config.error().message;
}

TEST(BridgeConfig, a_name_must_be_that_of_its_file) {
  const std::string file = "sensor-http-bridge@weather.toml";
  EXPECT_EQ(mistakes_of(file, "name = \"weather\"\n"), "");
  for (const char* top : {"", "name = \"\"\n"}) {
    const std::string missing = mistakes_of(file, top);
    EXPECT_NE(
        missing.find("name: is missing, but the file is sensor-http-bridge@weather.toml: add name = \"weather\" at "
                     "the top"),
        std::string::npos)
        << missing;
  }
  const std::string other = mistakes_of(file, "name = \"climate\"\n");
  EXPECT_NE(other.find(":1: name: is \"climate\", but the file is sensor-http-bridge@weather.toml: write name = "
                       "\"weather\" at the top"),
            std::string::npos)
      << other;
  for (const char* any : {"sensor-http-bridge.toml", "sensor-http-bridge@.toml", "my@weather.toml"}) {
    EXPECT_EQ(mistakes_of(any, ""), "") << any;
    EXPECT_EQ(mistakes_of(any, "name = \"climate\"\n"), "") << any;
  }
}

TEST(BridgeConfig, says_how_long_a_name_may_be) {
  for (const char* name : {"a b", "forty-characters-are-the-most-that-it-can-have"}) {
    const std::string text = mistakes_of("bridge.toml", std::string("name = \"") + name + "\"\n");
    EXPECT_NE(text.find(":1: name: must be a name: 1 .. 40 letters"), std::string::npos) << text;
  }
}

TEST(BridgeConfig, refuses_a_name_that_is_none_and_a_second_one_for_Home_Assistant) {
  for (const std::string name : {"a b", "a/b", "forty-characters-are-the-most-that-it-can-have"})
    EXPECT_FALSE(load_named("name = \"" + name + "\"").has_value()) << name;
  const Result<Config> config = load_named("name = \"weather\"", "[home_assistant]\ndiscovery = \"on\"\n");
  ASSERT_FALSE(config.has_value());
  EXPECT_NE(config.error().message.find("is for the bridge without a name"), std::string::npos)
      << config.error().message;
}

TEST(BridgeConfig, refuses_a_user_or_a_password_beside_a_token) {
  const rig::TempDir folder;
  const std::string token = folder.write("api.token", "abc\n");
  for (const char* user : {"me", "me:pw", ":pw"}) {
    const Result<Config> config =
        load(std::string("url = \"https://") + user + "@api/\"\ntoken_file = \"" + token + "\"\n");
    ASSERT_FALSE(config.has_value()) << user;
    EXPECT_NE(config.error().message.find("destination.url: has a user or password"), std::string::npos)
        << config.error().message;
    EXPECT_TRUE(load(std::string("url = \"https://") + user + "@api/\"\n").has_value()) << user;
  }
}

TEST(BridgeConfig, refuses_an_address_whose_port_may_be_the_beginning_of_a_password) {
  for (const char* url : {"https://me:12/hush-@host", "https://me:12?hush-@host/in", "https://me:12#hush-@host/in",
                          "https://me:/hush-@host", "http://127.0.0.1:8086/write?p=hush-@home"}) {
    const Result<Config> config = load(std::string("url = \"") + url + "\"\n");
    ASSERT_FALSE(config.has_value()) << url;
    EXPECT_NE(config.error().message.find("destination.url: has an @"), std::string::npos) << config.error().message;
    EXPECT_NE(config.error().message.find("%2F"), std::string::npos) << config.error().message;
    EXPECT_EQ(config.error().message.find("hush-"), std::string::npos) << config.error().message;
  }
  for (const char* url : {"https://me:12%2Fhush@host", "https://host/users/@me", "https://[fe80::1]/@me",
                          "http://127.0.0.1:8086/write?p=a%40home", "http://me:12@host:80/@me"})
    EXPECT_TRUE(load(std::string("url = \"") + url + "\"\n").has_value()) << url;
}

TEST(BridgeConfig, says_what_makes_an_answer_a_delivery) {
  EXPECT_EQ(load("url = \"http://h/\"\n")->destination.http.answers, AnswerTrust::strict);
  EXPECT_EQ(load("url = \"http://h/\"\nanswers = \"status\"\n")->destination.http.answers, AnswerTrust::status);
  EXPECT_FALSE(load("url = \"http://h/\"\nanswers = \"body\"\n").has_value());
}

TEST(BridgeConfig, takes_a_file_and_names_it_so_in_the_log) {
  const Result<Config> config = load("url = \"FILE:///srv/readings.jsonl\"\nmax_readings = 5\n");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->destination.url, "file:///srv/readings.jsonl");
  EXPECT_EQ(config->logic.breaker.peer, "file");
  EXPECT_EQ(config->logic.names.request, "write");
}

TEST(BridgeConfig, refuses_what_is_no_path_of_a_file) {
  for (const char* url : {"file://readings.jsonl", "file://host/x", "file:///", "file:///srv/", "file://",
                          "file:///srv/a%20b", "file:///srv/x?y", "file:////x"}) {
    const Result<Config> config = load(std::string("url = \"") + url + "\"\n");
    ASSERT_FALSE(config.has_value()) << url;
    EXPECT_NE(config.error().message.find(":3: destination.url"), std::string::npos) << config.error().message;
  }
}

TEST(BridgeConfig, knows_no_key_of_http_where_the_destination_is_a_file) {
  const Result<Config> config = load("url = \"file:///srv/readings.jsonl\"\ngzip = false\n");
  ASSERT_FALSE(config.has_value());
  EXPECT_NE(config.error().message.find("bridge.toml:4: destination.gzip: is of https:// destinations; take it out"),
            std::string::npos)
      << config.error().message;
  EXPECT_EQ(config.error().message.find("unknown key"), std::string::npos) << config.error().message;
  for (const std::string key : {"format", "answers", "token_file", "ca_file", "connect_timeout"}) {
    const Result<Config> other = load("url = \"file:///srv/readings.jsonl\"\n" + key + " = \"x\"\n");
    ASSERT_FALSE(other.has_value()) << key;
    EXPECT_NE(other.error().message.find(key + ": is of https:// destinations"), std::string::npos)
        << other.error().message;
  }
}

TEST(BridgeConfig, names_the_schemes_that_it_knows) {
  const Result<Config> config = load("url = \"ftp://host/\"\n");
  ASSERT_FALSE(config.has_value());
  EXPECT_NE(config.error().message.find("must start with one of https://, http://, file://"), std::string::npos)
      << config.error().message;
}

TEST(BridgeConfig, looks_for_the_folder_of_the_file_when_it_is_asked_to) {
  const rig::TempDir folder;
  const auto checked = [&folder](const std::string& file) {
    const std::string path = folder.write(
        "bridge.toml", "state_directory = \"" + folder.path() + "\"\n[destination]\nurl = \"file://" + file + "\"\n");
    FilesCheck files(path, "no-such-user");
    look_at_files(load_config(path).value(), files);
    return files.finish();
  };
  EXPECT_TRUE(checked(folder.file("readings.jsonl")).has_value());
  const Result<std::string> missing = checked(folder.file("none/readings.jsonl"));
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().message.find("destination.url: "), std::string::npos) << missing.error().message;
  const Result<std::string> is_folder = checked(folder.path());
  ASSERT_FALSE(is_folder.has_value());
  EXPECT_NE(is_folder.error().message.find(" is a folder: name a file in it"), std::string::npos)
      << is_folder.error().message;
  EXPECT_TRUE(checked("/var/lib/sensor-project/http-bridge@no-such-bridge/readings.jsonl").has_value())
      << "systemd makes that folder at the first start";
}

TEST(BridgeConfig, looks_whether_a_user_may_write_the_file) {
  const rig::TempDir folder;
  const auto mistake = [](const std::string& file, const char* user) {
    FilesCheck files("bridge.toml", user);
    files.writable_file("destination.url", file);
    const Result<std::string> finished = files.finish();
    return finished.has_value() ? "" : finished.error().message;
  };
  const std::string file = folder.file("readings.jsonl");
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  EXPECT_EQ(mistake(file, "root"), "");
  EXPECT_EQ(mistake(file, "no-such-user"), "") << "this one made the folder";
  EXPECT_EQ(mistake(file, "nobody"), "bridge.toml: destination.url: " + folder.path() +
                                         " cannot be written by the user nobody: give it to that user (chown), or name "
                                         "another file");
  ASSERT_EQ(::chmod(folder.path().c_str(), 0777), 0);
  EXPECT_EQ(mistake(file, "nobody"), "");
  folder.write("readings.jsonl", "");
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  EXPECT_NE(mistake(file, "nobody").find("readings.jsonl cannot be written by"), std::string::npos);
  ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
  EXPECT_EQ(mistake(file, "nobody"), "");
}

TEST(BridgeConfig, tells_a_destination_that_was_mended_from_what_it_was) {
  const rig::TempDir folder;
  const auto about = [&folder](const std::string& token, const std::string& url) {
    const std::string file = folder.write("api.token", token + "\n");
    return load("url = \"" + url + "\"\ntoken_file = \"" + file + "\"\n")->logic.about;
  };
  const std::string before = about("abc", "http://127.0.0.1/r");
  EXPECT_EQ(before, about("abc", "http://127.0.0.1/r"));
  EXPECT_NE(before, about("abd", "http://127.0.0.1/r"));
  EXPECT_NE(before, about("abc", "http://127.0.0.1/s"));
  EXPECT_NE(load("url = \"http://me:pw@h/\"\n")->logic.about, load("url = \"http://me:pv@h/\"\n")->logic.about);
  EXPECT_EQ(before.size(), 8U) << "so few that they do not give the token away";
}

TEST(BridgeConfig, needs_no_destination_and_says_what_that_means) {
  const rig::TempDir folder;
  const std::string top = "state_directory = \"" + folder.path() + "\"\n";
  for (const std::string rest :
       {"", "[destination]\n", "[destination]\nurl = \"\"\n", "[destination]\ngzip = false\n"}) {
    const Result<Config> config = load_config(folder.write("bridge.toml", top + rest));
    ASSERT_TRUE(config.has_value()) << config.error().message;
    EXPECT_FALSE(config->logic.delivers);
    ASSERT_EQ(config->notes.size(), 1U);
    EXPECT_NE(config->notes[0].find("bridge.toml: no destination: readings are kept in the store; to deliver them to "
                                    "an API, name it as url below [destination]"),
              std::string::npos)
        << config->notes[0];
    EXPECT_TRUE(config->warnings.empty());
  }
  const Result<Config> page = load_config(folder.write("bridge.toml", top + "[http]\nlisten = \"127.0.0.1:8080\"\n"));
  EXPECT_NE(page->notes.at(0).find("kept in the store and shown on the page"), std::string::npos);
  const Result<Config> named = load("url = \"http://127.0.0.1/r\"\n");
  EXPECT_TRUE(named->logic.delivers);
  EXPECT_TRUE(named->notes.empty());
}

TEST(BridgeConfig, of_the_example_is_the_default_and_says_each_range) {
  constexpr const char* example = SENSOR_SOURCE_DIR "/services/sensor-http-bridge/sensor-http-bridge.toml";
  const rig::TempDir folder;
  ConfigFile file = ConfigFile::load(folder.write("all.toml", with_examples_taken(example))).value();
  const Config config = read_config(file);
  EXPECT_EQ(
      undocumented(example, file.options(),
                   {"node", "destination.url", "http.listen", "http.tokens.garden.file", "http.tokens.garden.scopes"}),
      "");
  const Result<void> finished = file.finish();
  EXPECT_FALSE(finished.has_value()) << "its token is not on this machine";
  EXPECT_NE(finished.error().message.find("http.tokens.garden.file"), std::string::npos) << finished.error().message;
  EXPECT_EQ(std::count(finished.error().message.begin(), finished.error().message.end(), '\n'), 0)
      << finished.error().message;
  EXPECT_EQ(config.destination.url, "https://api.example.com/v1/readings");
}

}  // namespace
}  // namespace sensors::bridge
