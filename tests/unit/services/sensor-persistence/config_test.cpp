#include <fstream>

#include "services/sensor-persistence/config.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

Result<Config> config_of(const std::string& text) {
  const TestFolder folder;
  std::ofstream(folder.file("p.toml")) << text;
  return load_config(folder.file("p.toml"));
}

std::string mistakes_of(const std::string& text) {
  const Result<Config> config = config_of(text);
  return config.has_value() ? "none" : config.error().message;
}

TEST(Config, has_no_destination_without_a_name) {
  EXPECT_NE(mistakes_of("[[destination]]\nname = \"\"\n").find("destination[1].name: must not be empty"),
            std::string::npos);
  EXPECT_NE(mistakes_of("[[destination]]\n").find("destination[1].name: is missing"), std::string::npos);
}

TEST(Config, of_the_example_is_the_default) {
  const Result<Config> example =
      load_config(std::string(SENSOR_SOURCE_DIR) + "/services/sensor-persistence/sensor-persistence.toml");
  ASSERT_TRUE(example.has_value()) << example.error().message;
  const Config empty = config_of("").value();
  EXPECT_EQ(example->logic.destinations, std::vector<std::string>{"api"});
  EXPECT_EQ(example->store.path, empty.store.path);
  EXPECT_EQ(example->store.cache_kib, empty.store.cache_kib);
  EXPECT_EQ(example->logic.ingest.commit_rows, empty.logic.ingest.commit_rows);
  EXPECT_EQ(example->logic.ingest.commit_bytes, empty.logic.ingest.commit_bytes);
  EXPECT_EQ(example->logic.ingest.commit_age, empty.logic.ingest.commit_age);
  EXPECT_EQ(example->logic.ingest.max_pending_rows, empty.logic.ingest.max_pending_rows);
  EXPECT_EQ(example->logic.ingest.max_pending_bytes, empty.logic.ingest.max_pending_bytes);
  EXPECT_EQ(example->logic.ingest.max_streams, empty.logic.ingest.max_streams);
  EXPECT_EQ(example->logic.retention.max_age, empty.logic.retention.max_age);
  EXPECT_EQ(example->logic.retention.max_bytes, empty.logic.retention.max_bytes);
  EXPECT_EQ(example->logic.retention.step_rows, empty.logic.retention.step_rows);
  EXPECT_EQ(example->logic.retention.step_pause, empty.logic.retention.step_pause);
  EXPECT_EQ(example->logic.retention.pass_interval, empty.logic.retention.pass_interval);
  EXPECT_EQ(example->logic.queue_high, empty.logic.queue_high);
  EXPECT_EQ(example->logic.queue_limit, empty.logic.queue_limit);
  EXPECT_EQ(example->logic.max_calls, empty.logic.max_calls);
  EXPECT_EQ(example->logic.max_queries, empty.logic.max_queries);
  EXPECT_EQ(example->logic.query_time_limit, empty.logic.query_time_limit);
  EXPECT_EQ(example->logic.health.retry_first, empty.logic.health.retry_first);
  EXPECT_EQ(example->logic.health.retry_longest, empty.logic.health.retry_longest);
  EXPECT_EQ(example->store.check_limit, empty.store.check_limit);
  EXPECT_EQ(example->store.salvage_limit, empty.store.salvage_limit);
  EXPECT_EQ(example->store.keep_damaged, empty.store.keep_damaged);
  EXPECT_EQ(example->store.reserve_bytes, empty.store.reserve_bytes);
  EXPECT_EQ(example->logic.keeps_reserve, empty.logic.keeps_reserve);
  EXPECT_EQ(example->logic.status_interval, empty.logic.status_interval);
}

TEST(Config, mistakes_are_named_with_their_line) {
  EXPECT_NE(mistakes_of("[store]\ncommit_rowz = 5\n").find("p.toml:2"), std::string::npos);
  EXPECT_NE(mistakes_of("[store]\ncommit_rows = 0\n").find("commit_rows"), std::string::npos);
  EXPECT_NE(mistakes_of("[store]\ncommit_age = 10\n").find("commit_age"), std::string::npos);
  EXPECT_NE(mistakes_of("[store]\npath = \"\"\n").find("path"), std::string::npos);
  EXPECT_NE(mistakes_of("[retention]\nmax_age = \"soon\"\n").find("max_age"), std::string::npos);
  EXPECT_NE(mistakes_of("[queue]\nhigh = 10\nlimit = 5\n").find("limit"), std::string::npos);
  EXPECT_NE(mistakes_of("[[destination]]\n").find("name"), std::string::npos);
  EXPECT_NE(mistakes_of("[[destination]]\nname = \"a b\"\n").find("name"), std::string::npos);
  EXPECT_NE(mistakes_of("[[destination]]\nname = \"a\"\n[[destination]]\nname = \"a\"\n").find("already"),
            std::string::npos);
  EXPECT_NE(mistakes_of("log_level = \"loud\"\n").find("log_level"), std::string::npos);
  EXPECT_NE(mistakes_of("node = \n").find("p.toml:1"), std::string::npos);
}

TEST(Config, several_mistakes_are_told_at_once) {
  const std::string mistakes = mistakes_of("node = \"a b\"\n[store]\ncommit_rows = -1\n[rpc]\nmax_calls = 0\n");
  EXPECT_NE(mistakes.find("node"), std::string::npos);
  EXPECT_NE(mistakes.find("commit_rows"), std::string::npos);
  EXPECT_NE(mistakes.find("max_calls"), std::string::npos);
}

}  // namespace
}  // namespace sensors::persistence
