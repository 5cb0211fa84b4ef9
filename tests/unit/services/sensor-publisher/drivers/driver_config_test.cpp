#include "services/sensor-publisher/drivers/driver_config.hpp"
#include "services/sensor-publisher/drivers/driver_factory.hpp"

#include <gtest/gtest.h>

#include "tests/unit/services/sensor-publisher/drivers/device_tree.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;

class DriverConfigTest : public testing::Test {
 protected:
  struct Loaded {
    std::vector<DriverConfig> drivers;
    std::string mistakes;
  };
  static Loaded load_file(const std::string& path) {
    Loaded loaded;
    Result<ConfigFile> file = ConfigFile::load(path);
    if (!file.has_value()) return {{}, file.error().message};
    for (auto& [name, table] : file->root().named_tables("driver"))
      loaded.drivers.push_back(read_driver_config(name, table));
    const Result<void> finished = file->finish();
    if (!finished.has_value()) loaded.mistakes = finished.error().message;
    return loaded;
  }
  Loaded load(const std::string& text) { return load_file(folder.write("publisher.toml", text)); }
  void expect_mistake(const std::string& text, const std::string& part) {
    const Loaded loaded = load(text);
    EXPECT_NE(loaded.mistakes.find(part), std::string::npos) << text << "\ngave: " << loaded.mistakes;
  }

  TemporaryFolder folder;
};

TEST_F(DriverConfigTest, reads_what_is_common_to_all_drivers) {
  const Loaded loaded = load(R"(
    [driver.house]
    type = "iio"
    prefix = "attic"
    interval = "30s"
    deadline = "2s"
    [driver.house.sensor."attic.bme280.temperature"]
    unit = "K"
    min = -40
    max = 85.5
    deadband = 0.2
    deadband_max_age = "1min"
    critical = true)");
  EXPECT_EQ(loaded.mistakes, "");
  ASSERT_EQ(loaded.drivers.size(), 1U);
  const DriverConfig& driver = loaded.drivers[0];
  EXPECT_EQ(driver.name, "house");
  EXPECT_EQ(driver.prefix, "attic");
  EXPECT_EQ(driver.interval, Millis{30s});
  EXPECT_EQ(driver.deadline, 2s);
  const SensorOptions& sensor = driver.sensors.at("attic.bme280.temperature");
  EXPECT_EQ(sensor.unit, "K");
  EXPECT_EQ(sensor.min, -40);
  EXPECT_EQ(sensor.max, 85.5);
  EXPECT_EQ(sensor.deadband, 0.2);
  EXPECT_EQ(sensor.deadband_max_age, 60s);
  EXPECT_TRUE(sensor.critical);
}

TEST_F(DriverConfigTest, reads_the_keys_of_each_type) {
  const Loaded loaded = load(R"(
    [driver.a]
    type = "replay"
    file = "x.csv"
    units = ["t=Cel", "ratio="]
    pace = "real"
    speed = 2.5
    stamp = "now"
    repeat = 0
    [driver.b]
    type = "command"
    program = ["/bin/true", "x"]
    silence = "5s"
    [driver.c]
    type = "onewire"
    names = ["28-01=boiler"])");
  EXPECT_EQ(loaded.mistakes, "");
  const auto& replay = std::get<ReplayOptions>(loaded.drivers.at(0).options);
  EXPECT_EQ(replay.units, (std::map<std::string, std::string>{{"t", "Cel"}, {"ratio", ""}}));
  EXPECT_EQ(replay.pace, ReplayOptions::Pace::real);
  EXPECT_EQ(replay.speed, 2.5);
  EXPECT_EQ(replay.stamp, ReplayOptions::Stamp::now);
  EXPECT_EQ(replay.repeat, 0U);
  const auto& command = std::get<CommandOptions>(loaded.drivers.at(1).options);
  EXPECT_EQ(command.program, (std::vector<std::string>{"/bin/true", "x"}));
  EXPECT_EQ(command.silence, 5s);
  EXPECT_EQ(std::get<OneWireOptions>(loaded.drivers.at(2).options).names.at("28-01"), "boiler");
}

TEST_F(DriverConfigTest, refuses_each_kind_of_mistake_with_its_line) {
  expect_mistake("[driver.a]\n", "type");
  expect_mistake("[driver.a]\ntype = \"spi\"\n", "publisher.toml:2");
  expect_mistake("[driver.a]\ntype = \"host\"\nfile = \"x\"\n", "publisher.toml:3");
  expect_mistake("[driver.a]\ntype = \"replay\"\n", "file");
  expect_mistake("[driver.a]\ntype = \"command\"\nprogram = []\n", "must name a program");
  expect_mistake("[driver.a]\ntype = \"replay\"\nfile = \"x\"\nunits = [\"Cel\"]\n", "\"name=value\"");
  expect_mistake("[driver.a]\ntype = \"replay\"\nfile = \"x\"\nunits = [\"t=degrees C\"]\n", "UCUM");
  expect_mistake("[driver.a]\ntype = \"onewire\"\nnames = [\"28-01=living room\"]\n",
                 "'living room' is not a sensor name");
  expect_mistake(
      "[driver.a]\ntype = \"command\"\nprogram = [\"x\"]\nrestart_first = \"10min\"\nrestart_longest = \"1s\"\n",
      "below restart_first");
  expect_mistake("[driver.a]\ntype = \"host\"\n[driver.a.sensor.load1]\nmin = 2\nmax = 1\n", "above max");
  const std::string load = "[driver.a]\ntype = \"host\"\n[driver.a.sensor.load1]\n";
  expect_mistake(load + "scale = 0\n", "all readings would be alike");
  expect_mistake(load + "points = [[1, 2]]\n", "two at least");
  expect_mistake(load + "points = [[1, 2], [1, 3]]\n", "must ascend");
  expect_mistake(load + "points = [[1, 2], [2, 3]]\noffset = 1\n", "take one way");
  expect_mistake(load + "points = [[1, 2, 3], [2, 3]]\n", "list of pairs");
  expect_mistake(load + "points = [[1, nan], [2, 3]]\n", "list of pairs");
  expect_mistake(load + "points = 3\n", "list of pairs");
  expect_mistake("[driver.a]\ntype = \"host\"\n[driver.a.sensor." + std::string(61, 'x') + "]\nraw = true\n",
                 "longer than 64");
  expect_mistake("[driver.a]\ntype = \"host\"\n[driver.a.sensor.\"bad name\"]\nmin = 2\n",
                 "'bad name' is not a sensor name");
  expect_mistake("[driver.a]\ntype = \"host\"\n[driver.a.sensor.load1]\nunit = \"a b\"\n", "UCUM");
}

TEST_F(DriverConfigTest, a_driver_puts_its_prefix_before_each_sensor) {
  DriverConfig config;
  config.prefix = "pi";
  const auto driver = make_driver(config);
  ASSERT_TRUE(driver.has_value());
  EXPECT_NE(find_sample((*driver)->read(1s), "pi.uptime"), nullptr);
}

TEST_F(DriverConfigTest, two_drivers_that_would_make_one_sensor_are_known_before_they_run) {
  const auto both = [this](const std::string& one, const std::string& other) {
    const Loaded loaded = load("[driver.a]\n" + one + "\n[driver.b]\n" + other);
    EXPECT_EQ(loaded.mistakes, "");
    return what_both_read(loaded.drivers.at(0), loaded.drivers.at(1));
  };
  EXPECT_EQ(both("type = \"host\"", "type = \"host\""), "load1, memory and uptime");
  EXPECT_EQ(both("type = \"host\"", "type = \"host\"\nprefix = \"b\""), "");
  EXPECT_EQ(both("type = \"iio\"", "type = \"hwmon\""), "");
  EXPECT_EQ(both("type = \"iio\"", "type = \"iio\"\ndevices = [\"1-0076\"]"), "device 1-0076");
  EXPECT_EQ(both("type = \"iio\"\ndevices = [\"1-0077\"]", "type = \"iio\"\ndevices = [\"1-0076\"]"), "");
  EXPECT_EQ(both("type = \"iio\"\nexclude = [\"*.temp*\"]", "type = \"iio\"\nexclude = [\"*.pres*\"]"), "");
  EXPECT_EQ(both("type = \"onewire\"", "type = \"onewire\""), "all devices");
  EXPECT_EQ(both("type = \"replay\"\nfile = \"x\"", "type = \"replay\"\nfile = \"x\""), "x");
  EXPECT_EQ(both("type = \"command\"\nprogram = [\"x\"]", "type = \"command\"\nprogram = [\"x\"]"), "");
}

TEST_F(DriverConfigTest, a_name_of_two_devices_or_of_two_disks_is_refused) {
  expect_mistake("[driver.a]\ntype = \"iio\"\nnames = [\"1-0076=air\", \"1-0077=air\"]\n",
                 ":3: driver.a.names: two devices have the name 'air'");
  expect_mistake("[driver.a]\ntype = \"hwmon\"\nnames = [\"a=b\", \"a=c\"]\n", "'a' is there twice");
  expect_mistake("[driver.a]\ntype = \"host\"\ndisks = [\"/a/b\", \"/a_b\"]\n",
                 "'/a/b' and '/a_b' would be one sensor");
}

TEST_F(DriverConfigTest, units_and_times_are_read_as_people_write_them) {
  const Loaded loaded = load(R"(
    [driver.a]
    type = "replay"
    file = "x.csv"
    units = ["t=°C"]
    times = "utc"
    separator = "tab"
    [driver.a.sensor.x]
    unit = "µg/m³"
    [driver.b]
    type = "command"
    program = ["/bin/true"]
    times = "refuse")");
  EXPECT_EQ(loaded.mistakes, "");
  const auto& replay = std::get<ReplayOptions>(loaded.drivers.at(0).options);
  EXPECT_EQ(replay.units.at("t"), "Cel");
  EXPECT_EQ(replay.times, TimeRule::WithoutOffset::utc);
  EXPECT_EQ(replay.format.separator, '\t');
  EXPECT_EQ(loaded.drivers.at(0).sensors.at("x").unit, "ug/m3");
  EXPECT_EQ(std::get<CommandOptions>(loaded.drivers.at(1).options).times, TimeRule::WithoutOffset::refuse);
  EXPECT_EQ(CommandOptions{}.times, TimeRule::WithoutOffset::local);
  expect_mistake("[driver.a]\ntype = \"replay\"\nfile = \"x\"\ntimes = \"mars\"\n", ":4: driver.a.times");
}

TEST_F(DriverConfigTest, reads_the_registers_of_a_modbus_and_names_what_cannot_be) {
  const auto loaded = load(R"([driver.a]
    type = "modbus"
    host = "192.168.1.20"
    [driver.a.register."heating.flow"]
    slave = 3
    table = "input"
    address = 40
    data_type = "i32"
    order = "CDAB"
    scale = 0.1
    unit = "°C"
    [driver.a.register.pump]
    table = "coil"
    address = 7)");
  EXPECT_EQ(loaded.mistakes, "");
  const auto& options = std::get<ModbusOptions>(loaded.drivers.at(0).options);
  EXPECT_EQ(options.peer(), "192.168.1.20:502");
  ASSERT_EQ(options.registers.size(), 2U);
  const bool is_flow_first = options.registers[0].sensor == "heating.flow";
  const ModbusRegister& flow = options.registers[is_flow_first ? 0 : 1];
  EXPECT_EQ(flow.slave, 3);
  EXPECT_EQ(flow.table, ModbusTable::input);
  EXPECT_EQ(flow.type, ModbusRegister::Type::i32);
  EXPECT_EQ(flow.unit, "Cel");
  EXPECT_EQ(options.registers[is_flow_first ? 1 : 0].type, ModbusRegister::Type::bit);

  const std::string bus = "[driver.a]\ntype = \"modbus\"\n";
  const std::string one = "[driver.a.register.x]\naddress = 1\n";
  expect_mistake(bus + one, "one of the two must be there");
  expect_mistake(bus + "device = \"/dev/ttyUSB0\"\nhost = \"plc\"\n" + one, "one of the two must be there");
  expect_mistake(bus + "host = \"plc\"\n", "driver.a.register: there is none");
  expect_mistake(bus + "host = \"plc\"\n[driver.a.register.x]\n", "address");
  expect_mistake(bus + "host = \"plc\"\ntimeout = \"3s\"\n" + one, "more than a quarter of 'deadline'");
  expect_mistake(bus + "host = \"plc\"\n" + one + "order = \"BACD\"\n", "order");
  expect_mistake(bus + "host = \"plc\"\n" + one + "scale = 0\n", "all readings would be alike");
  expect_mistake(bus + "device = \"/dev/ttyUSB0\"\n" + one + "slave = 248\n", "above 247");
  expect_mistake(bus + "host = \"plc\"\n" + one + "slave = 254\n", "above 247");
  expect_mistake(bus + "host = \"plc\"\n" + one + "table = \"coil\"\ndata_type = \"u32\"\n", "is a bit");
  expect_mistake(bus + "host = \"plc\"\n[driver.a.register.x]\naddress = 65535\ndata_type = \"u32\"\n", "no room");
}

TEST_F(DriverConfigTest, a_driver_that_cannot_ever_work_is_refused_by_name) {
  DriverConfig config;
  config.name = "weather";
  ReplayOptions replay;
  replay.file = folder.path("missing.csv");
  config.options = replay;
  const auto driver = make_driver(config);
  ASSERT_FALSE(driver.has_value());
  EXPECT_EQ(driver.error().code, ErrorCode::not_found);
  EXPECT_EQ(driver.error().message.find("driver weather: open "), 0U);
}

}  // namespace
}  // namespace sensors
