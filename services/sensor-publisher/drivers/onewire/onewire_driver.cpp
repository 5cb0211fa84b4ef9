// w1_slave has two lines: nine scratchpad bytes with the verdict on their CRC, and the same bytes with the result:
//   72 01 4b 46 7f ff 0e 10 57 : crc=57 YES
//   72 01 4b 46 7f ff 0e 10 57 t=23125
// 85 degC is what a DS18B20 holds after power-on until it has converted, with a good CRC. It is taken only when the
// reading before was within 10 degC of it: a temperature gets there in steps, a reset does not.
#include "services/sensor-publisher/drivers/onewire/onewire_driver.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "common/core/sensor_name.hpp"
#include "services/sensor-publisher/drivers/sysfs.hpp"

namespace sensors {

namespace {

constexpr double power_on_cel = 85;
constexpr double plausible_step_cel = 10;

/// A family of w1_therm, and the range of its data sheets.
struct Family {
  std::string_view code;  // the id begins with it
  double lowest_cel;
  double highest_cel;
  const char* range;
};
constexpr std::array families{
    Family{"10-", -55, 125, "-55 .. 125"},      // DS18S20
    Family{"22-", -55, 125, "-55 .. 125"},      // DS1822
    Family{"28-", -55, 125, "-55 .. 125"},      // DS18B20
    Family{"3b-", -270, 1800, "-270 .. 1800"},  // DS1825, and the thermocouples of MAX31850, up to type B
    Family{"42-", -40, 125, "-40 .. 125"},      // DS28EA00
};

const Family* family_of(std::string_view id) {
  const auto found =
      std::find_if(families.begin(), families.end(), [&](const Family& family) { return id.starts_with(family.code); });
  return found == families.end() ? nullptr : &*found;
}

Result<double> check(double cel, const std::string& id, const std::map<std::string, double>& last) {
  const Family* family = family_of(id);
  if (family != nullptr && (cel < family->lowest_cel || cel > family->highest_cel)) {
    return fail(ErrorCode::corrupt, "thermometer " + id + ": outside " + family->range + " degC; check its wiring");
  }
  const auto before = last.find(id);
  if (cel == power_on_cel && (before == last.end() || std::abs(before->second - cel) > plausible_step_cel)) {
    return fail(ErrorCode::corrupt,
                "thermometer " + id + ": 85 degC is its value after power-on, not a measurement; check its supply");
  }
  return cel;
}

}  // namespace

Result<double> parse_w1_slave(std::string_view text, const std::string& id) {
  const std::size_t line_end = text.find('\n');
  const std::string_view verdict = text.substr(0, line_end);
  const std::size_t at = text.rfind("t=");
  if (line_end == std::string_view::npos || verdict.find("crc=") == std::string_view::npos ||
      at == std::string_view::npos) {
    return fail(ErrorCode::malformed, "thermometer " + id + ": w1_slave has no crc= and t=");
  }
  if (!verdict.ends_with("YES")) {
    return fail(ErrorCode::corrupt,
                "thermometer " + id + ": CRC error on the bus; check cable length and pull-up resistor");
  }
  const std::string_view bytes = verdict.substr(0, verdict.find(':'));
  if (bytes.find_first_not_of("0 ") == std::string_view::npos) {
    return fail(ErrorCode::corrupt, "thermometer " + id + ": all bytes are zero; the bus is shorted");
  }
  Result<double> milli = parse_number(text.substr(at + 2), "thermometer " + id);
  if (milli.has_value()) *milli /= 1000;
  return milli;
}

OneWireDriver::OneWireDriver(OneWireOptions options)
    : options_(std::move(options)), folder_(std::filesystem::path(options_.sysfs_root) / "bus/w1/devices") {}

DriverReport OneWireDriver::read(Millis) {
  DriverReport report;
  for (const std::string& id : present_ids(report.errors)) {
    const auto name = options_.names.find(id);
    const std::string sensor = name == options_.names.end() ? readable_name(id + ".temperature") : name->second;
    const Result<double> cel = read_thermometer(id);
    if (cel.has_value()) last_.insert_or_assign(id, *cel);
    report.add(sensor, cel, "Cel");
  }
  return report;
}

std::vector<std::string> OneWireDriver::present_ids(std::vector<Error>& errors) {
  const Result<std::vector<std::string>> entries = list_folder(folder_);
  if (!entries.has_value()) {
    errors.push_back(entries.error());
    return {};
  }
  std::vector<std::string> present;
  for (const std::string& id : *entries) {
    const bool is_wanted = options_.devices.empty() ||
                           std::find(options_.devices.begin(), options_.devices.end(), id) != options_.devices.end();
    if (family_of(id) != nullptr && is_wanted) present.push_back(id);
  }
  std::vector<std::string> expected = options_.devices;
  if (expected.empty()) {
    for (const auto& [id, cel] : last_) expected.push_back(id);
  }
  for (const std::string& id : expected) {
    if (std::find(present.begin(), present.end(), id) == present.end()) {
      errors.push_back(
          {ErrorCode::not_found, "thermometer " + id + " is not in " + folder_.string() + "; check its wiring"});
    }
  }
  return present;
}

Result<double> OneWireDriver::read_thermometer(const std::string& id) {
  const Result<std::string> text = read_small_file(folder_ / id / "w1_slave");
  Result<double> cel;
  if (text.has_value()) {
    cel = parse_w1_slave(*text, id);
  } else if (text.error().code == ErrorCode::not_found) {
    cel = read_number(folder_ / id / "temperature");  // checks the CRC in the kernel
    if (cel.has_value()) *cel /= 1000;
  } else {
    return tl::unexpected(text.error());
  }
  return cel.has_value() ? check(*cel, id, last_) : cel;
}

}  // namespace sensors
