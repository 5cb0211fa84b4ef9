// The example file is the reference of every key: it must load as it is shipped, and with all its examples taken.
#include "services/sensor-alerts/config.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "common/verdict/verdict.hpp"
#include "tests/support/documented_options.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors::alerts {
namespace {

constexpr const char* example = SENSOR_SOURCE_DIR "/services/sensor-alerts/sensor-alerts.toml";

std::string mistakes_of(const Result<Config>& config) { return config.has_value() ? "" : config.error().message; }

std::string mistakes_in(const std::string& text) {
  const TemporaryFolder folder;
  return mistakes_of(load_config(folder.write("alerts.toml", "node = \"kitchen\"\n" + text)));
}

TEST(AlertsConfig, loads_the_example_as_it_is_shipped) {
  const Result<Config> config = load_config(example);
  ASSERT_EQ(mistakes_of(config), "");
  EXPECT_TRUE(config->channels.empty());
  EXPECT_TRUE(config->logic.rules.empty());
  ASSERT_EQ(config->notes.size(), 1U) << "to have no channel is no mistake, and said";
}

/// What all channels have is documented once, of the phone's.
bool is_documented_elsewhere(const ConfigOption& option) {
  static const std::regex common(
      "channel\\.(?!phone\\.)[a-z]+\\.(type|severity|timeout|max_messages|url|url_file|token_file|user|password_file|"
      "ca_file|breaker\\.[a-z_]+)");
  return std::regex_match(option.key, common);
}

TEST(AlertsConfig, of_the_example_is_the_default_and_says_each_range) {
  const TemporaryFolder folder;
  ConfigFile file = ConfigFile::load(folder.write("all.toml", with_examples_taken(example))).value();
  const Config config = read_config(file);
  std::vector<ConfigOption> options = file.options();
  std::erase_if(options, is_documented_elsewhere);
  std::string differences =
      undocumented(example, options,
                   {"node", "channel.phone.type", "channel.phone.url", "channel.house.template", "channel.mail.from",
                    "channel.mail.to", "channel.script.program", "rule.freezer.sensor", "rule.freezer.node",
                    "rule.freezer.above", "rule.freezer.below", "rule.freezer.change"});
  // Which kind and which address the others have is an example, too.
  differences =
      std::regex_replace(differences, std::regex("channel\\.(house|mail|script)\\.(type|url) is read by nobody\n"), "");
  EXPECT_EQ(differences, "");
  const Result<void> finished = file.finish();
  ASSERT_TRUE(finished.has_value()) << finished.error().message;
  EXPECT_EQ(config.channels.size(), 4U);
  EXPECT_EQ(config.logic.rules.size(), 1U);
}

TEST(AlertsConfig, knows_how_long_each_kind_of_problem_lasts_before_it_is_told) {
  for (const std::string_view kind : verdict::kinds) EXPECT_TRUE(default_lasts().contains(kind)) << kind;
  EXPECT_EQ(default_lasts().size(), std::size(verdict::kinds)) << "of kinds that there are not";
}

TEST(AlertsConfig, names_what_is_wrong_with_a_channel) {
  EXPECT_NE(mistakes_in("[channel.x]\ntype = \"ntfy\"\n").find("channel.x.url"), std::string::npos);
  EXPECT_NE(mistakes_in("[channel.x]\nurl = \"http://h/\"\n").find("channel.x.type"), std::string::npos);
  EXPECT_NE(
      mistakes_in("[channel.x]\ntype = \"ntfy\"\nurl = \"ftp://h/\"\n").find("must begin with https:// or http://"),
      std::string::npos);
  EXPECT_NE(
      mistakes_in("[channel.x]\ntype = \"webhook\"\nurl = \"http://h/\"\ntemplate = \"{titel}\"\n").find("{titel}"),
      std::string::npos);
  EXPECT_NE(mistakes_in("[channel.x]\ntype = \"webhook\"\nurl = \"http://me:pw@h/\"\n").find("must not hold a user"),
            std::string::npos);
  EXPECT_NE(mistakes_in("[channel.x]\ntype = \"email\"\nurl = \"smtp://h\"\nfrom = \"a@b\"\nto = [\"c\"]\n")
                .find("addresses"),
            std::string::npos);
  EXPECT_NE(mistakes_in("[channel.x]\ntype = \"email\"\nurl = \"smtp://h\"\nfrom = \"a@b\"\nto = []\n")
                .find("nobody would be told"),
            std::string::npos);
  EXPECT_NE(mistakes_in("[channel.x]\ntype = \"email\"\nurl = \"smtp://h\"\nfrom = \"me\"\nto = [\"a@b\"]\n")
                .find("channel.x.from: must be an address"),
            std::string::npos);
  EXPECT_NE(mistakes_in("[channel.x]\ntype = \"webhook\"\nurl = \"http://h/\"\ncontent_type = \"a\\r\\nX: 1\"\n")
                .find("content_type: must be one line"),
            std::string::npos);
  EXPECT_NE(mistakes_in("[heartbeat]\nurl = \"http://h/a b\"\n").find("heartbeat.url"), std::string::npos);
  EXPECT_EQ(mistakes_in("[channel.x]\ntype = \"command\"\nprogram = [\"/bin/true\"]\n"), "");
}

TEST(AlertsConfig, names_what_is_wrong_with_a_rule_and_with_quiet_hours) {
  EXPECT_NE(mistakes_in("[rule.x]\nsensor = \"a\"\n").find("looks for nothing"), std::string::npos);
  EXPECT_NE(mistakes_in("[rule.\"x.y\"]\nsensor = \"a\"\nabove = 1\n").find("name is none"), std::string::npos);
  for (const char* sensor : {"", "<b>", "\u00e4*", "door?", "door[12]"})
    EXPECT_NE(mistakes_in("[rule.x]\nsensor = \"" + std::string(sensor) + "\"\nabove = 1\n").find("no sensor has"),
              std::string::npos)
        << sensor;
  EXPECT_EQ(mistakes_in("[rule.x]\nsensor = \"freezer.*\"\nabove = 1\n"), "");
  EXPECT_NE(mistakes_in("[rule.x]\nsensor = \"a\"\nabove = 1\nbelow = 5\n").find("each value would be wrong"),
            std::string::npos);
  EXPECT_NE(mistakes_in("[tell]\nquiet = \"22-7\"\n").find("22:00-07:00"), std::string::npos);
  EXPECT_NE(mistakes_in("[tell]\nremind_every = \"5s\"\n").find("at least"), std::string::npos);
  EXPECT_NE(mistakes_in("[built_in]\noff = [\"noise\"]\n").find("no kind of problem"), std::string::npos);
}

TEST(AlertsConfig, reads_quiet_hours_that_go_over_midnight) {
  const TemporaryFolder folder;
  const Result<Config> config = load_config(folder.write("a.toml", "node = \"k\"\n[tell]\nquiet = \"22:30-07:00\"\n"));
  ASSERT_EQ(mistakes_of(config), "");
  const QuietHours& quiet = *config->logic.quiet;
  const auto at = [](int hours, int minutes) { return Millis{(hours * 60LL + minutes) * 60'000}; };
  EXPECT_TRUE(quiet.has(at(22, 30)));
  EXPECT_TRUE(quiet.has(at(3, 0)));
  EXPECT_FALSE(quiet.has(at(7, 0)));
  EXPECT_FALSE(quiet.has(at(12, 0)));
}

}  // namespace
}  // namespace sensors::alerts
