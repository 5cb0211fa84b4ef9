#include "services/sensor-publisher/drivers/modbus/modbus_plan.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>
#include <tuple>

namespace sensors {
namespace {

using namespace std::chrono_literals;
using Type = ModbusRegister::Type;

ModbusRegister at(int slave, int address, Type type = Type::u16, ModbusTable table = ModbusTable::holding) {
  ModbusRegister one;
  one.sensor = "s" + std::to_string(slave) + "." + std::to_string(address);
  one.slave = slave;
  one.table = table;
  one.address = address;
  one.type = type;
  return one;
}

ModbusOptions with(std::vector<ModbusRegister> registers) {
  ModbusOptions options;
  options.registers = std::move(registers);
  return options;
}

double number(Type type, const std::string& order, std::vector<std::uint16_t> words) {
  ModbusRegister what = at(1, 0, type);
  what.order = order;
  return modbus_number(what, words);
}

TEST(ModbusNumber, is_of_each_type_in_each_order) {
  EXPECT_EQ(number(Type::u16, "ABCD", {0xFFFE}), 65'534);
  EXPECT_EQ(number(Type::i16, "ABCD", {0xFFFE}), -2);
  EXPECT_EQ(number(Type::u16, "BADC", {0x3412}), 0x1234);
  EXPECT_EQ(number(Type::u32, "ABCD", {0x1234, 0x5678}), 0x12345678);
  EXPECT_EQ(number(Type::u32, "CDAB", {0x5678, 0x1234}), 0x12345678);
  EXPECT_EQ(number(Type::u32, "BADC", {0x3412, 0x7856}), 0x12345678);
  EXPECT_EQ(number(Type::u32, "DCBA", {0x7856, 0x3412}), 0x12345678);
  EXPECT_EQ(number(Type::i32, "ABCD", {0xFFFF, 0xFFFE}), -2);
  EXPECT_EQ(number(Type::u64, "ABCD", {0, 1, 0, 0}), 4'294'967'296.0);
  EXPECT_EQ(number(Type::i64, "CDAB", {0xFFFE, 0xFFFF, 0xFFFF, 0xFFFF}), -2);
  EXPECT_EQ(number(Type::f32, "ABCD", {0x41AC, 0x0000}), 21.5);
  EXPECT_EQ(number(Type::f32, "CDAB", {0x0000, 0x41AC}), 21.5);
  EXPECT_EQ(number(Type::f64, "ABCD", {0x4035, 0x8000, 0, 0}), 21.5);
  EXPECT_TRUE(std::isnan(number(Type::f32, "ABCD", {0x7FC0, 0x0000})));
  EXPECT_EQ(number(Type::bit, "ABCD", {1}), 1);
}

TEST(ModbusPlan, asks_for_what_adjoins_at_once_and_for_nothing_that_nobody_wants) {
  const ModbusPlan plan(
      with({at(1, 7), at(1, 0, Type::f32), at(1, 2), at(2, 3), at(1, 3, Type::u16, ModbusTable::input), at(1, 2)}));
  std::vector<std::string> asked;
  for (const ModbusRequest& request : plan.round()) {
    asked.push_back(std::to_string(request.slave) + ":" + std::to_string(request.address) + "+" +
                    std::to_string(request.count));
  }
  EXPECT_EQ(asked, (std::vector<std::string>{"1:0+3", "1:7+1", "1:3+1", "2:3+1"}));
}

TEST(ModbusPlan, asks_for_each_register_once_and_within_the_limits_of_the_protocol) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto draw = [&](int least, int most) { return std::uniform_int_distribution<int>(least, most)(random); };
  for (int round = 0; round < 100; ++round) {
    std::vector<ModbusRegister> registers(static_cast<std::size_t>(draw(1, 400)));
    for (ModbusRegister& one : registers) {
      const bool is_bit = draw(0, 3) == 0;
      one = at(draw(1, 3), draw(0, 500), is_bit ? Type::bit : static_cast<Type>(draw(0, 7)),
               is_bit ? ModbusTable::coil : ModbusTable::input);
    }
    std::multiset<std::size_t> covered;
    for (const ModbusRequest& request : ModbusPlan(with(registers)).round()) {
      EXPECT_LE(request.count, request.table == ModbusTable::coil ? 2'000 : 125);
      for (const std::size_t i : request.registers) {
        covered.insert(i);
        EXPECT_EQ(registers[i].slave, request.slave);
        EXPECT_EQ(registers[i].table, request.table);
        EXPECT_GE(registers[i].address, request.address);
        EXPECT_LE(registers[i].address + registers[i].length(), request.address + request.count);
      }
    }
    EXPECT_EQ(covered.size(), registers.size());
    EXPECT_EQ(std::set<std::size_t>(covered.begin(), covered.end()).size(), registers.size());
  }
}

TEST(ModbusPlan, asks_a_slow_line_for_no_more_than_arrives_in_time) {
  std::vector<ModbusRegister> registers;
  for (int address = 0; address < 300; ++address) registers.push_back(at(1, address));
  ModbusOptions options = with(registers);
  options.device = "/dev/ttyUSB0";
  for (const auto& [baud, timeout, most] :
       {std::tuple(9'600, 500ms, 106), std::tuple(1'200, 500ms, 11), std::tuple(300, 500ms, 1),
        std::tuple(115'200, 500ms, 125), std::tuple(1'200, 4'000ms, 106)}) {
    options.baud = baud;
    options.timeout = timeout;
    EXPECT_EQ(ModbusPlan(options).round().front().count, most) << baud;
  }
}

TEST(ModbusPlan, lets_a_silent_slave_rest_longer_and_longer) {
  ModbusPlan plan(with({at(1, 0), at(2, 0)}));
  Instant now{1h};
  for (const Millis rest : {10'000ms, 20'000ms, 40'000ms, 80'000ms, 160'000ms, 300'000ms, 300'000ms}) {
    plan.silent(2, now);
    EXPECT_TRUE(plan.is_resting(2, now + rest - 1ms));
    EXPECT_FALSE(plan.is_resting(2, now + rest));
    EXPECT_FALSE(plan.is_resting(1, now));
    now += rest;
  }
  plan.answered(2);
  plan.silent(2, now);
  EXPECT_FALSE(plan.is_resting(2, now + 10s)) << "it had answered: it begins anew";
}

TEST(ModbusPlan, asks_alone_for_what_was_refused_together) {
  ModbusPlan plan(with({at(1, 0), at(1, 1), at(2, 0)}));
  plan.split(plan.round().front());
  ASSERT_EQ(plan.round().size(), 3U);
  for (const ModbusRequest& request : plan.round()) EXPECT_EQ(request.registers.size(), 1U);
}

TEST(ModbusPlan, begins_with_what_there_was_no_time_for) {
  ModbusPlan plan(with({at(1, 0), at(2, 0), at(3, 0)}));
  plan.begin_with(plan.round()[2]);
  EXPECT_EQ(plan.round().front().slave, 3);
  EXPECT_EQ(plan.round().size(), 3U);
}

}  // namespace
}  // namespace sensors
