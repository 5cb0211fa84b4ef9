// What the bridge's configuration says about the API's format.
#include "services/sensor-http-bridge/config.hpp"

#include <gtest/gtest.h>

#include "tests/rig/temp_dir.hpp"

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
  return config.has_value() ? config->logic.upload.format : UploadFormat::batch;
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

}  // namespace
}  // namespace sensors::bridge
