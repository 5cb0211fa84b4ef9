// A device class stands only where the unit leaves no choice. So "%" has none (humidity, a battery and moisture have
// it), nor have "[ppm]" (several gases), "mm" (a distance, or rain), "l" (a volume that is stored, or that flows by)
// and "dB" (sound, or a signal): Home Assistant lets its user choose one. Where there are a general class and a special
// one (speed and wind_speed), the general one stands. Home Assistant refuses a class that it does not know and a unit
// that the class does not allow: these are of its sensors' table of device classes, as of version 2022.12.
#include "services/sensor-http-bridge/home_assistant/units.hpp"

#include <array>

namespace sensors::bridge {

namespace {

struct Row {
  std::string_view code;  // UCUM, case-sensitive; or SenML's, where that differs
  const char* unit;
  const char* device_class;
  bool is_total = false;
};

constexpr std::array rows{
    Row{"Cel", "°C", "temperature"},
    Row{"[degF]", "°F", "temperature"},
    Row{"K", "K", "temperature"},
    Row{"%RH", "%", "humidity"},
    Row{"Pa", "Pa", "pressure"},
    Row{"hPa", "hPa", "pressure"},
    Row{"kPa", "kPa", "pressure"},
    Row{"bar", "bar", "pressure"},
    Row{"mbar", "mbar", "pressure"},
    Row{"[psi]", "psi", "pressure"},
    Row{"[in_i'Hg]", "inHg", "pressure"},
    Row{"mm[Hg]", "mmHg", "pressure"},
    Row{"V", "V", "voltage"},
    Row{"mV", "mV", "voltage"},
    Row{"A", "A", "current"},
    Row{"mA", "mA", "current"},
    Row{"W", "W", "power"},
    Row{"kW", "kW", "power"},
    Row{"VA", "VA", "apparent_power"},
    Row{"var", "var", "reactive_power"},
    Row{"W.h", "Wh", "energy", true},
    Row{"Wh", "Wh", "energy", true},
    Row{"kW.h", "kWh", "energy", true},
    Row{"kWh", "kWh", "energy", true},
    Row{"Hz", "Hz", "frequency"},
    Row{"kHz", "kHz", "frequency"},
    Row{"MHz", "MHz", "frequency"},
    Row{"GHz", "GHz", "frequency"},
    Row{"lx", "lx", "illuminance"},
    Row{"W/m2", "W/m²", "irradiance"},
    Row{"km", "km", "distance"},
    Row{"m", "m", "distance"},
    Row{"g", "g", "weight"},
    Row{"kg", "kg", "weight"},
    Row{"m/s", "m/s", "speed"},
    Row{"km/h", "km/h", "speed"},
    Row{"[mi_i]/h", "mph", "speed"},
    Row{"[kn_i]", "kn", "speed"},
    Row{"d", "d", "duration"},
    Row{"h", "h", "duration"},
    Row{"min", "min", "duration"},
    Row{"s", "s", "duration"},
    Row{"ms", "ms", ""},  // a duration only since 2023
    Row{"bit", "bit", "data_size"},
    Row{"By", "B", "data_size"},
    Row{"B", "B", "data_size"},
    Row{"KiBy", "KiB", "data_size"},
    Row{"MiBy", "MiB", "data_size"},
    Row{"GiBy", "GiB", "data_size"},
    Row{"bit/s", "bit/s", "data_rate"},
    Row{"By/s", "B/s", "data_rate"},
    Row{"dBm", "dBm", "signal_strength"},
    // Another name, and no class, or one that Home Assistant has not had for long: it refuses what it does not know.
    Row{"uS/cm", "µS/cm", ""},
    Row{"[ppm]", "ppm", ""},
    Row{"[ppb]", "ppb", ""},
    Row{"ug/m3", "µg/m³", ""},
    Row{"mg/m3", "mg/m³", ""},
    Row{"/min", "rpm", ""},
    Row{"m/s2", "m/s²", ""},
    Row{"m2", "m²", ""},
    Row{"m3", "m³", ""},
    Row{"m3/h", "m³/h", ""},
    Row{"l", "L", ""},
    Row{"ml", "mL", ""},
    Row{"deg", "°", ""},
    Row{"Ohm", "Ω", ""},
    Row{"1", "", ""},
};

}  // namespace

HomeUnit home_unit(std::string_view unit) {
  for (const Row& row : rows) {
    if (row.code == unit) return {row.unit, row.device_class, row.is_total};
  }
  return {std::string(unit), "", false};
}

}  // namespace sensors::bridge
