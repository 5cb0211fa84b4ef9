#include "services/sensor-publisher/drivers/modbus/modbus_driver.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/unit/services/sensor-publisher/drivers/modbus/modbus_server.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;
using Type = ModbusRegister::Type;
using Oddity = ModbusServer::Oddity;

ModbusRegister reg(const std::string& sensor, int address, Type type = Type::u16, int slave = 1,
                   ModbusTable table = ModbusTable::holding) {
  ModbusRegister one;
  one.sensor = sensor;
  one.slave = slave;
  one.table = table;
  one.address = address;
  one.type = type;
  return one;
}

class ModbusDriverTest : public testing::TestWithParam<ModbusServer::Over> {
 protected:
  bool is_tcp() const { return GetParam() == ModbusServer::Over::tcp; }

  ModbusOptions options(std::vector<ModbusRegister> registers) {
    ModbusOptions options;
    if (is_tcp()) {
      options.host = "127.0.0.1";
      options.port = server.port();
    } else {
      options.device = server.device();
      options.parity = 'N';
    }
    options.timeout = 200ms;
    options.silence_first = 300ms;
    options.registers = std::move(registers);
    return options;
  }

  /// The first round that has so many samples, or one after 10 s.
  static DriverReport read_until(ModbusDriver& driver, std::size_t samples) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    DriverReport report = driver.read(2s);
    while (report.samples.size() < samples && std::chrono::steady_clock::now() < end) report = driver.read(2s);
    return report;
  }

  /// "SENSOR=VALUE UNIT" of each sample, and "SENSOR! MESSAGE" of what has no value, "! MESSAGE" of other errors.
  static std::vector<std::string> shown(const DriverReport& report) {
    std::vector<std::string> out;
    for (const Sample& sample : report.samples) {
      const double* number = std::get_if<double>(&sample.value);
      const std::string value = number != nullptr              ? std::to_string(*number)
                                : std::get<bool>(sample.value) ? "on"
                                                               : "off";
      out.push_back(sample.sensor + "=" + value + (sample.unit.empty() ? "" : " " + sample.unit));
    }
    for (const NoValue& none : report.no_values) out.push_back(none.sensor + "! " + none.error.message);
    for (const Error& error : report.errors) out.push_back("! " + error.message);
    return out;
  }

  std::string peer() const { return is_tcp() ? "127.0.0.1:" + std::to_string(server.port()) : server.device(); }

  ModbusServer server{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Over, ModbusDriverTest, testing::Values(ModbusServer::Over::tcp, ModbusServer::Over::serial),
                         [](const auto& over) { return over.param == ModbusServer::Over::tcp ? "tcp" : "serial"; });

TEST_P(ModbusDriverTest, reads_each_kind_of_register) {
  server.values().tab_registers[0] = 215;
  server.values().tab_registers[1] = 0x0000;
  server.values().tab_registers[2] = 0x41AC;
  server.values().tab_input_registers[9] = 0xFFFE;
  server.values().tab_bits[3] = 1;
  server.values().tab_input_bits[4] = 0;
  ModbusRegister flow = reg("flow", 0);
  flow.scale = 0.1;
  flow.unit = "Cel";
  ModbusRegister real = reg("real", 1, Type::f32);
  real.order = "CDAB";
  ModbusDriver driver(
      options({flow, real, reg("below", 9, Type::i16, 1, ModbusTable::input),
               reg("pump", 3, Type::bit, 1, ModbusTable::coil), reg("door", 4, Type::bit, 1, ModbusTable::discrete)}));
  EXPECT_EQ(shown(driver.read(2s)), (std::vector<std::string>{"flow=21.500000 Cel", "real=21.500000", "below=-2.000000",
                                                              "pump=on", "door=off"}));
  EXPECT_EQ(server.requests, 4);
}

TEST_P(ModbusDriverTest, names_the_register_that_a_slave_does_not_have_and_reads_the_others) {
  ModbusDriver driver(options({reg("last", 99), reg("beyond", 100)}));
  driver.read(2s);  // together they are refused
  const std::vector<std::string> expected{
      "last=0.000000", "beyond! " + peer() + ", slave 1, holding register 100 (beyond): it has no such address"};
  EXPECT_EQ(shown(driver.read(2s)), expected);
  EXPECT_EQ(shown(driver.read(2s)), expected);
}

TEST_P(ModbusDriverTest, a_silent_slave_costs_the_others_one_timeout_and_then_nothing) {
  server.behave(Oddity::silent, 2);
  ModbusDriver driver(options({reg("well", 0), reg("dead.a", 0, Type::u16, 2), reg("dead.b", 50, Type::u16, 2)}));
  const std::string silent =
      peer() + ", slave 2 does not answer; look at its address, power and wiring. Until it does, it is asked seldom";
  const std::vector<std::string> expected{"well=0.000000", "dead.a! " + silent, "dead.b! " + silent};
  const auto took = [&] {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(shown(driver.read(2s)), expected);
    return std::chrono::steady_clock::now() - begin;
  };
  EXPECT_GE(took(), 200ms);
  const int before = server.requests;
  took();
  EXPECT_EQ(server.requests, before + 1) << "it rests";
  server.behave(Oddity::none);
  EXPECT_EQ(shown(read_until(driver, 3)),
            (std::vector<std::string>{"well=0.000000", "dead.a=0.000000", "dead.b=0.000000"}));
}

TEST_P(ModbusDriverTest, a_slave_that_dribbles_has_its_timeout_for_all_of_its_answer) {
  server.behave(Oddity::dribbles, 2);
  ModbusDriver driver(options({reg("slow", 0, Type::u16, 2), reg("well", 0, Type::u16, 3)}));
  const auto begin = std::chrono::steady_clock::now();
  const DriverReport report = driver.read(2s);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 500ms) << "the whole answer would take 1.1 s";
  EXPECT_EQ(report.samples.size(), is_tcp() ? 1U : 0U) << "on a line nobody else is heard meanwhile";
  ASSERT_FALSE(report.no_values.empty());
  EXPECT_EQ(report.no_values.front().sensor, "slow");
  EXPECT_EQ(report.no_values.front().error.code, ErrorCode::timeout) << report.no_values.front().error.message;
  EXPECT_EQ(shown(read_until(driver, 1)).front(), "well=0.000000");
}

TEST_P(ModbusDriverTest, a_gateway_that_answers_for_a_silent_slave_is_asked_for_it_seldom) {
  server.behave(Oddity::is_unheard_behind_a_gateway, 2);
  ModbusDriver driver(options({reg("dead.a", 0, Type::u16, 2), reg("dead.b", 50, Type::u16, 2), reg("well", 0)}));
  EXPECT_EQ(driver.read(2s).samples.size(), 1U);
  EXPECT_EQ(server.requests, 2) << "not for its second register";
  const DriverReport next = driver.read(2s);
  EXPECT_EQ(server.requests, 3);
  ASSERT_EQ(next.no_values.size(), 2U);
  EXPECT_NE(next.no_values.front().error.message.find("slave 2 does not answer"), std::string::npos);
}

TEST_P(ModbusDriverTest, has_no_time_for_all_and_begins_the_next_round_with_the_rest) {
  ModbusDriver driver(options({reg("one", 0, Type::u16, 1), reg("two", 0, Type::u16, 2)}));
  EXPECT_EQ(driver.read(2s).samples.size(), 2U);
  server.behave(Oddity::silent, 1);
  EXPECT_EQ(driver.read(250ms).no_values.size(), 1U) << "and no time for the second one";
  const DriverReport next = driver.read(450ms);
  ASSERT_EQ(next.samples.size(), 1U);
  EXPECT_EQ(next.samples.front().sensor, "two");
}

TEST_P(ModbusDriverTest, asks_nothing_more_once_it_is_interrupted) {
  ModbusDriver driver(options({reg("one", 0)}));
  driver.interrupt();
  EXPECT_TRUE(shown(driver.read(2s)).empty());
}

class ModbusOverTcp : public ModbusDriverTest {};
INSTANTIATE_TEST_SUITE_P(Over, ModbusOverTcp, testing::Values(ModbusServer::Over::tcp),
                         [](const auto&) { return "tcp"; });

TEST_P(ModbusOverTcp, connects_again_after_the_connection_was_lost) {
  ModbusDriver driver(options({reg("one", 0)}));
  EXPECT_EQ(driver.read(2s).samples.size(), 1U);
  server.behave(Oddity::hangs_up);
  const DriverReport lost = driver.read(2s);
  ASSERT_EQ(lost.no_values.size(), 1U);
  EXPECT_EQ(lost.no_values.front().error.code, ErrorCode::disconnected);
  EXPECT_EQ(lost.no_values.front().error.message,
            peer() +
                ", slave 1 gives no answer, and the connection ends: Connection reset by peer. Until it does, it is "
                "asked seldom");
  server.behave(Oddity::none);
  EXPECT_EQ(read_until(driver, 1).samples.size(), 1U);
}

TEST_P(ModbusOverTcp, asks_again_where_a_host_ended_an_idle_connection) {
  server.ends_idle_connections = true;
  ModbusDriver driver(options({reg("one", 0)}));
  for (int round = 0; round < 3; ++round) EXPECT_EQ(shown(driver.read(2s)), std::vector<std::string>{"one=0.000000"});
}

TEST_P(ModbusOverTcp, a_slave_at_which_the_host_hangs_up_keeps_nobody_from_being_read) {
  server.behave(Oddity::hangs_up, 2);
  ModbusDriver driver(options({reg("one", 0), reg("two", 0, Type::u16, 2), reg("three", 0, Type::u16, 3)}));
  for (int round = 0; round < 4; ++round) {
    const DriverReport report = driver.read(2s);
    ASSERT_EQ(report.samples.size(), 2U) << "round " << round;
    EXPECT_EQ(report.samples[0].sensor, "one");
    EXPECT_EQ(report.samples[1].sensor, "three");
    EXPECT_EQ(report.no_values.size(), 1U);
  }
}

TEST_P(ModbusOverTcp, says_who_cannot_be_reached_and_why) {
  ModbusOptions nobody = options({reg("one", 0)});
  nobody.port = 1;
  EXPECT_EQ(shown(ModbusDriver(nobody).read(2s)), std::vector<std::string>{"! 127.0.0.1:1: Connection refused"});
  nobody.host = "no-such-host.invalid";
  const std::vector<std::string> unknown = shown(ModbusDriver(nobody).read(2s));
  ASSERT_EQ(unknown.size(), 1U);
  EXPECT_TRUE(unknown.front().starts_with("! no-such-host.invalid:1: ")) << unknown.front();
}

class ModbusOverSerial : public ModbusDriverTest {};
INSTANTIATE_TEST_SUITE_P(Over, ModbusOverSerial, testing::Values(ModbusServer::Over::serial),
                         [](const auto&) { return "serial"; });

TEST_P(ModbusOverSerial, does_not_believe_an_answer_with_a_wrong_checksum) {
  ModbusDriver driver(options({reg("one", 0)}));
  server.behave(Oddity::answers_with_a_wrong_checksum);
  const std::vector<std::string> bad = shown(driver.read(2s));
  ASSERT_EQ(bad.size(), 1U);
  EXPECT_NE(bad.front().find("its answer cannot be believed: Invalid CRC"), std::string::npos) << bad.front();
  server.behave(Oddity::none);
  EXPECT_EQ(driver.read(2s).samples.size(), 1U);
}

TEST_P(ModbusOverSerial, says_which_line_is_missing) {
  ModbusOptions nothing = options({reg("one", 0)});
  nothing.device = "/dev/no-such-line";
  const std::vector<std::string> missing = shown(ModbusDriver(nothing).read(2s));
  EXPECT_EQ(missing, std::vector<std::string>{"! /dev/no-such-line: No such file or directory"});
}

}  // namespace
}  // namespace sensors
