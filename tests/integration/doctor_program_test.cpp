// sensorctl doctor beside a real broker and real services. There is no systemd to ask in a test: units are unknown.
#include <gtest/gtest.h>

#include "tests/rig/process.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

constexpr Millis patience{30'000};

class DoctorProgram : public RigTest {
 protected:
  DoctorProgram() : rig_(folder_, options()) {}

  static RigOptions options() {
    RigOptions options;
    options.nodes[0].drivers = weather_driver("100ms", 1);
    return options;
  }

  std::string doctor() {
    Process process({"doctor",
                     {program_path("sensorctl"), "--port", std::to_string(rig_.broker().port()), "--password-file",
                      rig_.broker().password_file("sensorctl"), "--node", "node-1", "doctor", "--json"},
                     {},
                     folder_.file("doctor.log"),
                     folder_.file("doctor.out")});
    process.start();
    exit_code_ = process.wait_exit(patience).value_or(-1);
    return read_file(folder_.file("doctor.out"));
  }

  static std::string finding(const std::string& check, const std::string& severity, const std::string& object) {
    return "\"check\":\"" + check + "\",\"severity\":\"" + severity + "\",\"object\":\"" + object + "\"";
  }

  Rig rig_;
  int exit_code_ = -1;
};

void expect_in(const std::string& part, const std::string& text) {
  EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
}

TEST_F(DoctorProgram, hears_that_each_service_is_up_and_where_its_queue_is_going) {
  rig_.start_all();
  rig_.wait_until("readings at the API", patience, [&] { return rig_.progress().delivered > 0; });
  const std::string report = doctor();
  expect_in(finding("broker", "ok", "MQTT broker"), report);
  for (const char* service : {"sensor-publisher", "sensor-persistence", "sensor-http-bridge"}) {
    expect_in(finding("status", "ok", service), report);
    expect_in(finding("queue", "ok", service), report);
  }
  expect_in(finding("breaker", "ok", "sensor-http-bridge"), report);
  EXPECT_EQ(report.find("trend not known"), std::string::npos) << report;
  EXPECT_GE(exit_code_, 10) << "no systemd here, which is unknown at least";
}

TEST_F(DoctorProgram, finds_a_service_that_is_frozen) {
  rig_.start_all();
  rig_.wait_until("readings at the API", patience, [&] { return rig_.progress().delivered > 0; });
  rig_.persistence().freeze();
  const std::string report = doctor();
  rig_.persistence().thaw();
  expect_in(finding("status", "critical", "sensor-persistence"), report);
  EXPECT_EQ(exit_code_, 12);
}

TEST_F(DoctorProgram, finds_that_there_is_no_broker) {
  const std::string report = doctor();
  expect_in(finding("broker", "critical", "MQTT broker"), report);
  expect_in("refused", report);
  EXPECT_EQ(exit_code_, 12);
}

}  // namespace
}  // namespace sensors::rig
