#include "common/core/unit_sandbox.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

UnitSandbox sandbox(const std::vector<std::string>& settings) {
  std::string text = "[Unit]\nProtectHome=no\n[Service]\n";
  for (const std::string& setting : settings) text += setting + "\n";
  return {"sensor-publisher", {text}};
}

TEST(UnitSandbox, hides_what_the_unit_hides) {
  const UnitSandbox unit = sandbox({"ProtectHome=yes", "PrivateTmp=yes", "ProtectSystem=strict"});
  EXPECT_EQ(unit.hidden_by("/home/pi/co2.py"), "ProtectHome=yes");
  EXPECT_EQ(unit.hidden_by("/root"), "ProtectHome=yes");
  EXPECT_EQ(unit.hidden_by("/run/user/1000/x"), "ProtectHome=yes");
  EXPECT_EQ(unit.hidden_by("/tmp/co2.py"), "PrivateTmp=yes");
  EXPECT_EQ(unit.hidden_by("/var/tmp/co2.py"), "PrivateTmp=yes");
  EXPECT_EQ(unit.hidden_by("/homes/co2.py"), "");
  EXPECT_EQ(unit.hidden_by("/usr/local/lib/sensor-project/co2.py"), "");
}

TEST(UnitSandbox, says_what_keeps_a_folder_from_being_written) {
  const UnitSandbox unit = sandbox(
      {"ProtectSystem=strict", "StateDirectory=sensor-project/publisher", "RuntimeDirectory=x", "PrivateTmp=yes"});
  EXPECT_EQ(unit.unwritable_by("/mnt/ssd"), "ProtectSystem=strict");
  EXPECT_EQ(unit.unwritable_by("/var/lib/sensor-project"), "ProtectSystem=strict");
  EXPECT_EQ(unit.unwritable_by("/var/lib/sensor-project/publisher/old"), "");
  EXPECT_EQ(unit.unwritable_by("/run/x"), "");
  EXPECT_EQ(unit.unwritable_by("/dev/shm"), "");
  EXPECT_EQ(unit.unwritable_by("/tmp"), "PrivateTmp=yes");
  EXPECT_EQ(sandbox({"ProtectSystem=full"}).unwritable_by("/etc/x"), "ProtectSystem=full");
  EXPECT_EQ(sandbox({"ProtectSystem=yes"}).unwritable_by("/etc/x"), "");
  EXPECT_EQ(sandbox({"ProtectSystem=yes"}).unwritable_by("/usr/x"), "ProtectSystem=yes");
}

// What an owner allowed with `systemctl edit` is no mistake.
TEST(UnitSandbox, the_later_text_counts) {
  const std::string unit = "[Service]\nProtectHome=yes\nProtectSystem=strict\nMemoryDenyWriteExecute=yes\n";
  const UnitSandbox edited("x", {unit, "[Service]\nProtectHome=read-only\nReadWritePaths=/mnt/ssd -/mnt/b/\n",
                                 "[Service]\nMemoryDenyWriteExecute=no\nReadWritePaths=/mnt/c\n"});
  EXPECT_EQ(edited.hidden_by("/home/pi/co2.py"), "");
  EXPECT_EQ(edited.unwritable_by("/home/pi"), "ProtectHome=read-only");
  for (const char* folder : {"/mnt/ssd/persistence", "/mnt/b", "/mnt/c"}) EXPECT_EQ(edited.unwritable_by(folder), "");
  EXPECT_FALSE(edited.denies_new_code());
  const UnitSandbox emptied("x", {unit + "ReadWritePaths=/mnt/ssd\n", "[Service]\nReadWritePaths=\n"});
  EXPECT_EQ(emptied.unwritable_by("/mnt/ssd"), "ProtectSystem=strict");
}

TEST(UnitSandbox, what_is_bound_is_shown_but_not_below_what_is_sealed) {
  const std::vector<std::string> bound{"BindReadOnlyPaths=/home/pi/a", "BindPaths=/srv/b:/home/pi/b:rbind"};
  std::vector<std::string> settings = bound;
  settings.emplace_back("ProtectHome=tmpfs");
  EXPECT_EQ(sandbox(settings).hidden_by("/home/pi/a/x"), "");
  EXPECT_EQ(sandbox(settings).hidden_by("/home/pi/b/x"), "");
  EXPECT_EQ(sandbox(settings).hidden_by("/home/pi/c"), "ProtectHome=tmpfs");
  EXPECT_EQ(sandbox(settings).unwritable_by("/home/pi/a"), "BindReadOnlyPaths=/home/pi/a");
  settings.back() = "ProtectHome=yes";
  EXPECT_EQ(sandbox(settings).hidden_by("/home/pi/a/x"), "ProtectHome=yes");
  EXPECT_EQ(sandbox({"InaccessiblePaths=-/srv"}).hidden_by("/srv/x"), "InaccessiblePaths=/srv");
  EXPECT_EQ(sandbox({"TemporaryFileSystem=/srv:ro"}).hidden_by("/srv/x"), "TemporaryFileSystem=/srv");
}

TEST(UnitSandbox, reads_the_text_as_systemd_does) {
  const UnitSandbox unit(
      "bridge@weather",
      {"; no\n#ProtectHome=no\n[Service]\r\n ProtectHome = true \nExecStart=/usr/sbin/x \\\n# within\n  "
       "--config /etc/x/%i.toml\nStateDirectory=x@%i\nProtectSystem=strict\n[Install]\nProtectHome=no\n"
       "no sense\n=\n[\n\\"});
  EXPECT_EQ(unit.hidden_by("/home/x"), "ProtectHome=true");
  EXPECT_EQ(unit.config_file(), "/etc/x/weather.toml");
  EXPECT_EQ(unit.unwritable_by("/var/lib/x@weather"), "");
  EXPECT_EQ(UnitSandbox("a@%i", {"[Service]\nExecStart=--config %i/%i\n"}).config_file(), "%i/%i");
  EXPECT_EQ(unit.allowed_by("PrivateTmp=no"), "sudo systemctl edit bridge@weather, [Service], PrivateTmp=no");
}

TEST(UnitSandbox, lets_the_service_reach_what_the_unit_allows) {
  const UnitSandbox closed = sandbox({"IPAddressDeny=any", "IPAddressAllow=localhost"});
  for (const char* host : {"localhost", "127.0.0.1", "::1"}) EXPECT_TRUE(closed.reaches(host)) << host;
  for (const char* host : {"192.168.1.7", "hub", "12.7.0.1"}) EXPECT_FALSE(closed.reaches(host)) << host;
  const UnitSandbox opened(
      "x", {"[Service]\nIPAddressDeny=any\nIPAddressAllow=localhost\n", "[Service]\nIPAddressAllow=192.168.1.0/24\n"});
  EXPECT_TRUE(opened.reaches("192.168.1.7"));
  EXPECT_TRUE(opened.reaches("hub")) << "its address is not known here";
  EXPECT_FALSE(sandbox({"IPAddressDeny=any"}).reaches("hub"));
  EXPECT_TRUE(sandbox({"IPAddressAllow=localhost"}).reaches("hub"));
  EXPECT_TRUE(sandbox({}).reaches("hub"));
}

TEST(UnitSandbox, takes_nothing_where_there_is_no_unit) {
  EXPECT_EQ(UnitSandbox().hidden_by("/home/pi"), "");
  EXPECT_EQ(UnitSandbox().unwritable_by("/usr"), "");
  EXPECT_EQ(UnitSandbox().config_file(), "");
  EXPECT_FALSE(UnitSandbox().denies_new_code() || UnitSandbox().denies_new_rights());
}

}  // namespace
}  // namespace sensors
