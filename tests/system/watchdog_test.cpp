// Each service tells systemd that it is ready, how it is, and that it makes progress.
#include <csignal>

#include "tests/rig/notify_socket.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

constexpr Millis patience{20'000};

class Watchdog : public RigTest {
 protected:
  RigOptions notifying_rig() {
    RigOptions options;
    options.nodes = {{"node-1", weather_driver("100ms", 1)}};
    options.environment = {"NOTIFY_SOCKET=" + systemd_.path(), "WATCHDOG_USEC=400000"};
    return options;
  }

  /// READY=1, STATUS= and pings come; none of a stopped process; and again when it goes on.
  void expect_pings_with_progress_only(Service& service) {
    service.start();
    rig::wait_until(service.name() + " is ready and feeds the watchdog", patience, folder_, [this] {
      systemd_.receive();
      return systemd_.ready() && systemd_.pings() >= 3 && !systemd_.status().empty();
    });
    service.freeze();
    systemd_.receive();
    const int before = systemd_.pings();
    EXPECT_FALSE(comes_true(Millis{1'000}, [&] {
      systemd_.receive();
      return systemd_.pings() > before + 1;  // one may have been on its way
    }));
    service.thaw();
    rig::wait_until(service.name() + " goes on feeding the watchdog", patience, folder_, [&] {
      systemd_.receive();
      return systemd_.pings() >= before + 3;
    });
    EXPECT_EQ(service.stop(), 0) << service.log();
  }

  NotifySocket systemd_{folder_};
};

TEST_F(Watchdog, is_fed_by_the_publisher_while_it_runs) {
  Rig rig(folder_, notifying_rig());
  expect_pings_with_progress_only(rig.publisher());
}

TEST_F(Watchdog, is_fed_by_persistence_while_it_runs) {
  Rig rig(folder_, notifying_rig());
  expect_pings_with_progress_only(rig.persistence());
}

TEST_F(Watchdog, is_fed_by_the_bridge_while_it_runs) {
  Rig rig(folder_, notifying_rig());
  expect_pings_with_progress_only(rig.bridge());
}

}  // namespace
}  // namespace sensors::rig
