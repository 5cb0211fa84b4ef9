// What systemd receives, on a real datagram socket in its place.
#include "common/adapters/systemd/service_notifier.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

class ServiceNotifierTest : public testing::Test {
 protected:
  void SetUp() override {
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ASSERT_GE(socket_, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder_.path("notify");
    ASSERT_LT(path.size(), sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    ASSERT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }

  void TearDown() override {
    ::close(socket_);
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
  }

  /// The next datagram; empty when there is none. A datagram of this process is there when send() has returned.
  std::string received() const {
    char buffer[1024];
    const ssize_t count = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
    return count < 0 ? "" : std::string(buffer, static_cast<std::size_t>(count));
  }

  TemporaryFolder folder_;
  int socket_ = -1;
  ServiceNotifier notifier_;
};

TEST_F(ServiceNotifierTest, says_ready_with_the_first_status_only) {
  notifier_.status("connected");
  EXPECT_EQ(received(), "READY=1\nSTATUS=connected");
  notifier_.status("degraded: broker away");
  EXPECT_EQ(received(), "STATUS=degraded: broker away");
}

TEST_F(ServiceNotifierTest, feeds_the_watchdog_and_says_that_it_is_stopping) {
  notifier_.alive();
  EXPECT_EQ(received(), "WATCHDOG=1");
  notifier_.stopping();
  EXPECT_EQ(received(), "STOPPING=1");
}

TEST_F(ServiceNotifierTest, asks_for_more_time_to_start) {
  ServiceNotifier::starts_within(Millis{600'000});
  EXPECT_EQ(received(), "EXTEND_TIMEOUT_USEC=600000000");
}

TEST_F(ServiceNotifierTest, lets_no_status_text_make_another_assignment) {
  notifier_.status("bad name\nWATCHDOG=trigger");
  EXPECT_EQ(received(), "READY=1\nSTATUS=bad name WATCHDOG=trigger");
}

TEST_F(ServiceNotifierTest, asks_for_half_of_the_watchdogs_time) {
  EXPECT_FALSE(ServiceNotifier::watchdog_interval().has_value());
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(ServiceNotifier::watchdog_interval(), Millis{15'000});
}

TEST_F(ServiceNotifierTest, does_nothing_where_there_is_no_systemd) {
  ::unsetenv("NOTIFY_SOCKET");
  notifier_.status("alone");
  notifier_.alive();
  EXPECT_EQ(received(), "");
}

// sd_notify() waited for a systemd that reads nothing, and the readings stopped with the loop.
TEST_F(ServiceNotifierTest, does_not_wait_for_a_systemd_that_reads_nothing_and_says_ready_when_it_reads_again) {
  ServiceNotifier notifier;
  ServiceNotifier late;
  for (int i = 0; i < 10'000; ++i) notifier.status("up");  // far more than the socket's queue holds
  late.status("up");
  while (!received().empty()) {
  }
  late.status("up");
  EXPECT_EQ(received(), "READY=1\nSTATUS=up");
}

}  // namespace
}  // namespace sensors
