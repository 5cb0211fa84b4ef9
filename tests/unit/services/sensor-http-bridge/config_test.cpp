// The example file is the reference of every key; and what the configuration says about the API's format.
#include "services/sensor-http-bridge/config.hpp"

#include <fstream>
#include <iterator>
#include <regex>

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

/// The example with every key in it taken but for the token's, whose file must exist; `lines` stand in for its own of
/// the same keys.
std::string example_with(const std::vector<std::string>& lines) {
  std::ifstream file(SENSOR_SOURCE_DIR "/services/sensor-http-bridge/sensor-http-bridge.toml");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  text.resize(text.find("#[http.tokens."));
  text = std::regex_replace(text, std::regex("\n#(?! |\n)"), "\n");
  for (const std::string& line : lines) {
    const std::regex same_key("\n" + line.substr(0, line.find(' ')) + " = [^\n]*");
    EXPECT_TRUE(std::regex_search(text, same_key)) << line;
    text = std::regex_replace(text, same_key, "\n" + line);
  }
  return text;
}

/// The example as it is, and a file that says no more than it must; HTTP and Home Assistant are on in both.
class BridgeExample : public testing::Test {
 protected:
  BridgeExample() {
    const std::string folder = "state_directory = \"" + folder_.path() + "\"";
    const std::string listen = "listen = \"127.0.0.1:8080\"";
    const std::string discovery = "discovery = \"on\"";
    const Result<Config> example =
        load_config(folder_.write("example.toml", example_with({folder, listen, discovery})));
    const Result<Config> least = load_config(folder_.write(
        "least.toml", folder + "\n[destination]\nurl = \"https://api.example.com/v1/readings\"\n[http]\n" + listen +
                          "\n[home_assistant]\n" + discovery + "\n"));
    if (example.has_value()) example_ = *example;
    if (least.has_value()) least_ = *least;
    mistakes_ = (example.has_value() ? "" : example.error().message) + (least.has_value() ? "" : least.error().message);
  }

  void SetUp() override { ASSERT_EQ(mistakes_, ""); }

  rig::TempDir folder_;
  Config example_;
  Config least_;
  std::string mistakes_;
};

TEST_F(BridgeExample, names_the_machine_and_the_api) {
  EXPECT_EQ(example_.logic.node, "kitchen");
  EXPECT_EQ(example_.destination.url, "https://api.example.com/v1/readings");
}

TEST_F(BridgeExample, gives_the_defaults_of_the_service_and_of_the_broker) {
  EXPECT_EQ(example_.log_level, least_.log_level);
  EXPECT_EQ(example_.logic.status_interval, least_.logic.status_interval);
  EXPECT_EQ(example_.mqtt.host, least_.mqtt.host);
  EXPECT_EQ(example_.mqtt.port, least_.mqtt.port);
  EXPECT_EQ(example_.mqtt.user, least_.mqtt.user);
  EXPECT_EQ(example_.mqtt.password_file, least_.mqtt.password_file);
  EXPECT_EQ(example_.mqtt.ca_file, least_.mqtt.ca_file);
  EXPECT_EQ(example_.mqtt.root, least_.mqtt.root);
}

TEST_F(BridgeExample, gives_the_defaults_of_the_destination) {
  EXPECT_EQ(example_.destination.token_file, least_.destination.token_file);
  EXPECT_EQ(example_.destination.gzip, least_.destination.gzip);
  EXPECT_EQ(example_.destination.ca_file, least_.destination.ca_file);
  EXPECT_EQ(example_.destination.connect_timeout, least_.destination.connect_timeout);
  const UploadOptions& upload = example_.logic.upload;
  const UploadOptions& defaults = least_.logic.upload;
  EXPECT_EQ(upload.destination, defaults.destination);
  EXPECT_EQ(example_.destination.http.format, least_.destination.http.format);
  EXPECT_EQ(example_.destination.http.answers, least_.destination.http.answers);
  EXPECT_EQ(upload.interval, defaults.interval);
  EXPECT_EQ(upload.max_readings, defaults.max_readings);
  EXPECT_EQ(upload.max_bytes, defaults.max_bytes);
  EXPECT_EQ(upload.max_rate, defaults.max_rate);
  EXPECT_EQ(upload.few_timeout, defaults.few_timeout);
  EXPECT_EQ(upload.bulk_timeout, defaults.bulk_timeout);
  EXPECT_EQ(upload.max_refused_in_row, defaults.max_refused_in_row);
  EXPECT_EQ(upload.high_readings, defaults.high_readings);
  EXPECT_EQ(example_.logic.attempt_retry_first, least_.logic.attempt_retry_first);
  EXPECT_EQ(example_.logic.attempt_retry_longest, least_.logic.attempt_retry_longest);
}

TEST_F(BridgeExample, gives_the_defaults_of_the_store_and_of_the_breaker) {
  EXPECT_EQ(example_.logic.rpc_deadline, least_.logic.rpc_deadline);
  EXPECT_EQ(example_.logic.rpc_retry_first, least_.logic.rpc_retry_first);
  EXPECT_EQ(example_.logic.rpc_retry_longest, least_.logic.rpc_retry_longest);
  const CircuitBreakerOptions& breaker = example_.logic.breaker;
  const CircuitBreakerOptions& defaults = least_.logic.breaker;
  EXPECT_EQ(breaker.consecutive_failures, defaults.consecutive_failures);
  EXPECT_EQ(breaker.window, defaults.window);
  EXPECT_EQ(breaker.failures_in_window, defaults.failures_in_window);
  EXPECT_EQ(breaker.slow_calls_in_window, defaults.slow_calls_in_window);
  EXPECT_EQ(breaker.slow_call, defaults.slow_call);
  EXPECT_EQ(breaker.open_times, defaults.open_times);
  EXPECT_EQ(breaker.jitter, defaults.jitter);
}

TEST_F(BridgeExample, gives_the_defaults_of_the_http_side) {
  ASSERT_TRUE(example_.web.has_value() && least_.web.has_value());
  EXPECT_EQ(example_.server.certificate_file, least_.server.certificate_file);
  EXPECT_EQ(example_.server.key_file, least_.server.key_file);
  EXPECT_EQ(example_.server.max_connections, least_.server.max_connections);
  EXPECT_EQ(example_.server.max_body_bytes, least_.server.max_body_bytes);
  EXPECT_EQ(example_.server.header_timeout, least_.server.header_timeout);
  EXPECT_EQ(example_.server.body_timeout, least_.server.body_timeout);
  EXPECT_EQ(example_.web->anonymous, least_.web->anonymous);
  EXPECT_EQ(example_.web->max_body_bytes, least_.web->max_body_bytes);
  EXPECT_EQ(example_.web->rate_burst, least_.web->rate_burst);
  EXPECT_EQ(example_.web->rate_interval, least_.web->rate_interval);
  EXPECT_EQ(example_.web->max_streams, least_.web->max_streams);
  EXPECT_EQ(example_.web->max_services, least_.web->max_services);
  EXPECT_EQ(example_.web->write_timeout, least_.web->write_timeout);
  EXPECT_EQ(example_.web->max_waiting_rows, least_.web->max_waiting_rows);
}

TEST_F(BridgeExample, gives_the_defaults_of_home_assistant) {
  ASSERT_TRUE(example_.discovery.has_value() && least_.discovery.has_value());
  EXPECT_EQ(example_.discovery->is_removing, least_.discovery->is_removing);
  EXPECT_EQ(example_.discovery->prefix, least_.discovery->prefix);
  EXPECT_EQ(example_.discovery->birth_topic, least_.discovery->birth_topic);
  EXPECT_EQ(example_.discovery->birth_payload, least_.discovery->birth_payload);
  EXPECT_EQ(example_.discovery->forget_after, least_.discovery->forget_after);
  EXPECT_EQ(example_.discovery->max_sensors, least_.discovery->max_sensors);
}

}  // namespace
}  // namespace sensors::bridge
