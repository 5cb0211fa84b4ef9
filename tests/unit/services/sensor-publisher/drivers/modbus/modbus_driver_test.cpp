#include "services/sensor-publisher/drivers/modbus/modbus_driver.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/unit/services/sensor-publisher/drivers/modbus/modbus_server.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;
using Type = ModbusRegister::Type;

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
  flow.offset = 1;
  flow.unit = "Cel";
  ModbusRegister real = reg("real", 1, Type::f32);
  real.order = "CDAB";
  ModbusDriver driver(
      options({flow, real, reg("below", 9, Type::i16, 1, ModbusTable::input),
               reg("pump", 3, Type::bit, 1, ModbusTable::coil), reg("door", 4, Type::bit, 1, ModbusTable::discrete)}));
  EXPECT_EQ(shown(driver.read(2s)), (std::vector<std::string>{"flow=22.500000 Cel", "real=21.500000", "below=-2.000000",
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
  server.silent_slave = 2;
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
  std::this_thread::sleep_for(350ms);
  server.silent_slave = -1;
  EXPECT_EQ(shown(driver.read(2s)), (std::vector<std::string>{"well=0.000000", "dead.a=0.000000", "dead.b=0.000000"}));
}

TEST_P(ModbusDriverTest, has_no_time_for_all_and_begins_the_next_round_with_the_rest) {
  server.silent_slave = 1;
  std::vector<ModbusRegister> registers{reg("one", 0, Type::u16, 1)};
  registers.push_back(reg("two", 0, Type::u16, 2));
  ModbusDriver driver(options(registers));
  EXPECT_EQ(driver.read(250ms).no_values.size(), 1U);
  const DriverReport next = driver.read(250ms);
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
  server.hangs_up = true;
  const DriverReport lost = driver.read(2s);
  ASSERT_EQ(lost.errors.size(), 1U);
  EXPECT_EQ(lost.errors.front().code, ErrorCode::disconnected) << lost.errors.front().message;
  server.hangs_up = false;
  EXPECT_EQ(driver.read(2s).samples.size(), 1U);
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
  server.answers_badly = true;
  const std::vector<std::string> bad = shown(driver.read(2s));
  ASSERT_EQ(bad.size(), 1U);
  EXPECT_NE(bad.front().find("its answer cannot be believed: Invalid CRC"), std::string::npos) << bad.front();
  server.answers_badly = false;
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
