// Secrets that an owner gives to the services come out nowhere: not in logs, topics, files, answers over HTTP, nor in a
// support bundle. Each is planted, and looked for in everything that came out.
#include <filesystem>

#include "tests/rig/http_peer.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

namespace fs = std::filesystem;

constexpr Millis patience{30'000};

/// How the bridge is told of the API. Each secret has "planted" in it; so has nothing else.
struct Case {
  const char* name;
  const char* before_host;  // of the URL
  const char* behind_path;
  bool has_token_file;
  const char* refusal;  // in the log, once the API is there
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

/// "plantedUser7:plantedWord7" and ":plantedWord7", as basic authentication has them.
const std::vector<std::string>& traces() {
  static const std::vector<std::string> all{"planted", "cGxhbnRlZFVzZXI3", "OnBsYW50ZWRXb3JkN"};
  return all;
}

class Secrets : public RigTest, public testing::WithParamInterface<Case> {
 protected:
  Secrets() : port_(free_port()), rig_(folder_, options(port_)) {
    const std::string url = rig_.api().url();  // http://127.0.0.1:PORT/...
    const std::size_t host = url.find("://") + 3;
    rig_.bridge().config().set_text("destination", "url",
                                    GetParam().before_host + url.substr(host) + GetParam().behind_path);
    rig_.bridge().config().set_text("destination", "token_file",
                                    GetParam().has_token_file ? folder_.write("token", "plantedToken7\n") : "");
  }

  static RigOptions options(std::uint16_t port) {
    RigOptions options;
    options.nodes[0].drivers = weather_driver("100ms", 1);
    for (ConfigText* service : {&options.publisher, &options.persistence, &options.bridge}) {
      service->set_text("", "log_level", "debug");
      service->set_text("", "status_interval", "200ms");
    }
    options.bridge.set_text("destination", "interval", "200ms");
    options.bridge.set_text("destination", "retry_first", "50ms");
    options.bridge.set_text("destination", "retry_longest", "200ms");
    options.bridge.set("breaker", "open_times", R"(["200ms"])");
    options.serve_http(port);
    return options;
  }

  /// What a program of ours says, in a file of its own.
  void say(const std::string& name, const std::vector<std::string>& command) {
    Process process({name, command, {}, folder_.file(name + ".log"), folder_.file(name + ".out")});
    process.start();
    process.wait_exit(patience);
  }

  std::vector<std::string> sensorctl(const std::vector<std::string>& verb) const {
    std::vector<std::string> command{program_path("sensorctl"),
                                     "--port",
                                     std::to_string(broker_port_),
                                     "--password-file",
                                     folder_.file("broker/sensorctl.password"),
                                     "--node",
                                     "node-1"};
    command.insert(command.end(), verb.begin(), verb.end());
    return command;
  }

  /// The bridge's own configuration, and secrets of other kinds.
  void make_bundle() {
    fs::create_directory(folder_.file("etc"));
    folder_.write("etc/sensor-http-bridge.toml", rig_.bridge().config().text());
    folder_.write("etc/sensor-publisher.toml",
                  "[driver.x]\ntype = \"command\"\nprogram = [\"/bin/x\", \"--password\", \"plantedArgument7\"]\n");
    folder_.write("etc/mosquitto.conf", "connection far\nremote_username plantedUser7\nremote_password plantedFar7\n");
    say("bundle", sensorctl({"support-bundle", "--output", folder_.file("bundle.tar.gz"), "--configuration",
                             folder_.file("etc")}));
    say("unpacked", {program_path("tar"), "-xzOf", folder_.file("bundle.tar.gz")});
    fs::remove(folder_.file("bundle.tar.gz"));
    fs::remove_all(folder_.file("etc"));
  }

  /// All files but those that the secrets were put in, and the API's own.
  std::vector<std::string> what_came_out() const {
    std::vector<std::string> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_.path())) {
      const std::string name = entry.path().filename().string();
      const bool is_put_in = name == "token" || name.ends_with(".toml");
      if (entry.is_regular_file() && !is_put_in && !name.starts_with("api") && !name.starts_with("reference"))
        files.push_back(entry.path().string());
    }
    return files;
  }

  std::uint16_t port_;
  Rig rig_;
  std::uint16_t broker_port_ = rig_.broker().port();
};

TEST_P(Secrets, come_out_nowhere) {
  rig_.broker().start();
  rig_.persistence().start();
  rig_.bridge().start();  // there is no API yet
  rig_.publisher().start();
  const std::unique_ptr<MqttProbe> probe = rig_.probe();
  const auto bridge_says = [&](const std::string& text) {
    rig_.wait_until(text, patience, [&] { return rig_.bridge().log().find(text) != std::string::npos; });
  };
  bridge_says("Circuit breaker OPEN");
  rig_.api().start();  // it wants another token
  bridge_says(GetParam().refusal);

  std::string heard;
  for (const char* path : {"/", "/v1/status", "/metrics", "/readyz", "/v1/sensors", "/v1/dead-letters"}) {
    rig_.wait_until(std::string("an answer to ") + path, patience, [&] { return accepts_connections(port_); });
    const HttpReplyText reply = http_get(port_, path);
    for (const auto& [name, value] : reply.headers) heard += name + ": " + value + "\n";
    heard += reply.body + "\n";
  }
  for (const MqttMessage& message : probe->messages()) heard += message.topic + " " + message.payload + "\n";
  folder_.write("heard.out", heard);
  say("check",
      {program_path("sensor-http-bridge"), "--config", folder_.file("sensor-http-bridge.toml"), "--check-config"});
  say("status", sensorctl({"status"}));
  say("doctor", sensorctl({"doctor", "--all", "--json"}));
  make_bundle();

  rig_.publisher().stop();
  rig_.bridge().stop();
  rig_.persistence().stop();

  const std::vector<std::string> files = what_came_out();
  for (const char* needed : {"heard.out", "unpacked.out", "doctor.out", "status.out", "sensor-http-bridge.log"}) {
    EXPECT_TRUE(fs::exists(folder_.file(needed)) && fs::file_size(folder_.file(needed)) > 0) << needed;
  }
  EXPECT_NE(read_file(folder_.file("unpacked.out")).find("remote_password"), std::string::npos)
      << "the configuration is in it";
  for (const std::string& file : files) {
    const std::string text = read_file(file);
    for (const std::string& trace : traces())
      EXPECT_EQ(text.find(trace), std::string::npos)
          << file << " has " << text.substr(text.find(trace) < 80 ? 0 : text.find(trace) - 80, 160);
  }
}

INSTANTIATE_TEST_SUITE_P(Each, Secrets,
                         testing::Values(Case{"user_password_and_query", "http://plantedUser7:plantedWord7@",
                                              "?api_key=plantedKey7", false, "HTTP 404"},
                                         Case{"password_alone", "http://:plantedWord7@", "", false, "401"},
                                         Case{"password_alone_where_TLS_fails", "https://:plantedWord7@", "", false,
                                              "tls: POST"},
                                         Case{"token", "http://", "", true, "401"},
                                         Case{"token_and_query", "http://", "?token=plantedQuery7", true, "HTTP 404"}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace sensors::rig
