// The text of a unit or a drop-in, which an owner may write.
#include "common/core/unit_sandbox.hpp"

#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  const UnitSandbox unit("sensor-http-bridge@weather", {"[Service]\nProtectHome=yes\n", std::string(input)});
  for (const char* path : {"/home/pi/co2.py", "/tmp/x", "/", "/etc/sensor-project/a.toml"}) {
    const bool is_hidden = !unit.hidden_by(path).empty();
    must(!is_hidden || !unit.unwritable_by(path).empty(), "what is hidden cannot be written");
  }
  must(unit.config_file().find(' ') == std::string::npos, "a path is one word");
}

}  // namespace sensors::fuzz
