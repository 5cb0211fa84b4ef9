#include "common/runtime/unit_files.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

class UnitFilesTest : public testing::Test {
 protected:
  void put(const std::string& file, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root_.path(file)).parent_path());
    root_.write(file, text);
  }
  UnitSandbox of(const std::string& unit) { return sandbox_of_unit(unit, root_.path()); }

  TemporaryFolder root_;
};

TEST_F(UnitFilesTest, reads_the_unit_and_its_drop_ins_as_systemd_does) {
  EXPECT_EQ(of("sensor-publisher").hidden_by("/home/x"), "") << "there is no unit";
  put("usr/lib/systemd/system/sensor-publisher.service", "[Service]\nProtectHome=yes\nPrivateTmp=yes\n");
  EXPECT_EQ(of("sensor-publisher").hidden_by("/home/x"), "ProtectHome=yes");
  put("etc/systemd/system/sensor-publisher.service.d/override.conf", "[Service]\nProtectHome=no\n");
  EXPECT_EQ(of("sensor-publisher").hidden_by("/home/x"), "");
  EXPECT_EQ(of("sensor-publisher").hidden_by("/tmp/x"), "PrivateTmp=yes");
  put("etc/systemd/system/sensor-.service.d/z.conf", "[Service]\nPrivateTmp=no\n");
  EXPECT_EQ(of("sensor-publisher").hidden_by("/tmp/x"), "");
  put("run/systemd/system/service.d/z.conf", "[Service]\nPrivateTmp=yes\n");
  EXPECT_EQ(of("sensor-publisher").hidden_by("/tmp/x"), "") << "/etc goes before /run";
  put("etc/systemd/system.control/sensor-publisher.service.d/50-PrivateTmp.conf", "[Service]\nPrivateTmp=yes\n");
  put("etc/systemd/system/sensor-publisher.service.d/50-PrivateTmp.conf", "[Service]\nPrivateTmp=no\n");
  put("etc/systemd/system/sensor-.service.d/z.conf", "[Service]\n");
  EXPECT_EQ(of("sensor-publisher").hidden_by("/tmp/x"), "PrivateTmp=yes") << "as systemctl set-property has it";
  put("etc/systemd/system/sensor-publisher.service", "[Service]\nProtectSystem=full\n");
  EXPECT_EQ(of("sensor-publisher").unwritable_by("/etc/x"), "ProtectSystem=full");
}

TEST_F(UnitFilesTest, the_units_as_they_are_shipped_are_understood) {
  const std::string units = SENSOR_SOURCE_DIR "/systemd";
  for (const auto& [name, own] : {std::pair("sensor-publisher", "publisher"),
                                  {"sensor-persistence", "persistence"},
                                  {"sensor-http-bridge", "http-bridge"}}) {
    const std::string file = std::string(name) + ".service";
    std::filesystem::create_directories(root_.path("usr/lib/systemd/system"));
    std::filesystem::copy_file(units + "/" + file, root_.path("usr/lib/systemd/system/" + file));
    const UnitSandbox unit = of(name);
    EXPECT_EQ(unit.config_file(), "/etc/sensor-project/" + std::string(name) + ".toml");
    EXPECT_EQ(unit.hidden_by("/home/pi/co2.py"), "ProtectHome=yes") << name;
    EXPECT_EQ(unit.hidden_by("/tmp/co2.py"), "PrivateTmp=yes") << name;
    EXPECT_EQ(unit.hidden_by("/usr/local/lib/sensor-project/co2.py"), "") << name;
    EXPECT_EQ(unit.unwritable_by("/mnt/ssd"), "ProtectSystem=strict") << name;
    EXPECT_EQ(unit.unwritable_by("/var/lib/sensor-project/" + std::string(own)), "") << name;
    EXPECT_TRUE(unit.denies_new_rights() && unit.denies_new_code()) << name;
    EXPECT_EQ(unit.reaches("hub"), std::string(own) == "http-bridge") << "which delivers to an API";
  }
}

TEST_F(UnitFilesTest, the_unit_of_a_bridge_with_a_name_is_found_by_its_file) {
  put("usr/lib/systemd/system/sensor-http-bridge.service",
      "[Service]\nExecStart=x --config /etc/sensor-project/sensor-http-bridge.toml\nProtectHome=yes\n");
  put("usr/lib/systemd/system/sensor-http-bridge@.service",
      "[Service]\nExecStart=x --config /etc/sensor-project/sensor-http-bridge@%i.toml\nPrivateTmp=yes\n");
  put("etc/systemd/system/sensor-http-bridge@weather.service.d/a.conf", "[Service]\nInaccessiblePaths=/srv\n");
  const auto hidden = [&](const std::string& file, const std::string& path) {
    return sandbox_for(root_.path(file), "sensor-http-bridge", root_.path()).hidden_by(path);
  };
  put("etc/sensor-project/x", "");
  EXPECT_EQ(hidden("etc/sensor-project/sensor-http-bridge.toml", "/home/x"), "ProtectHome=yes");
  EXPECT_EQ(hidden("etc/sensor-project/sensor-http-bridge.toml", "/tmp/x"), "");
  EXPECT_EQ(hidden("etc/sensor-project/sensor-http-bridge@weather.toml", "/tmp/x"), "PrivateTmp=yes");
  EXPECT_EQ(hidden("etc/sensor-project/sensor-http-bridge@weather.toml", "/srv/x"), "InaccessiblePaths=/srv");
  EXPECT_EQ(hidden("etc/sensor-project/sensor-http-bridge@other.toml", "/srv/x"), "");
  EXPECT_EQ(hidden("etc/sensor-http-bridge.toml", "/home/x"), "") << "the unit does not read that file";
}

}  // namespace
}  // namespace sensors
