#include "common/core/listen_address.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

TEST(ListenAddress, is_an_ip_address_and_a_port) {
  for (const char* good : {"127.0.0.1:8080", "0.0.0.0:1", "[::1]:8080", "[::]:65535"}) {
    const std::optional<ListenAddress> address = parse_listen_address(good);
    ASSERT_TRUE(address.has_value()) << good;
    EXPECT_EQ(address->text(), good);
  }
  EXPECT_EQ(parse_listen_address("::1:8080")->text(), "[::1]:8080") << "the bridge has always taken that";
  for (const char* bad : {"",
                          "8080",
                          ":8080",
                          "0.0.0.0",
                          "0.0.0.0:0",
                          "0.0.0.0:65536",
                          "kitchen:8080",
                          "0.0.0.0:80x",
                          "0.0.0.0:",
                          "[]:80",
                          "127.1:80",
                          "0:80",
                          "127.0.0.1.5:80",
                          "127.000.000.001:80",
                          "abc:80",
                          ".:80",
                          "[127.0.0.1:]:80",
                          "[1:2:3]:80",
                          "256.0.0.1:80",
                          "[::1%lo]:80"})
    EXPECT_FALSE(parse_listen_address(bad).has_value()) << bad;
}

TEST(ListenAddress, knows_who_reaches_it) {
  EXPECT_TRUE(parse_listen_address("[::1]:80")->is_loopback());
  EXPECT_TRUE(parse_listen_address("127.0.0.5:80")->is_loopback());
  EXPECT_FALSE(parse_listen_address("192.168.1.7:80")->is_loopback());
  EXPECT_TRUE(parse_listen_address("0.0.0.0:80")->is_any());
  EXPECT_TRUE(parse_listen_address("[::]:80")->is_any());
  EXPECT_FALSE(parse_listen_address("[::]:80")->is_loopback());
}

TEST(ListenAddress, is_reached_from_its_own_machine_by_address_and_not_by_a_name_that_it_may_not_know) {
  EXPECT_EQ(parse_listen_address("0.0.0.0:80")->from_here().text(), "127.0.0.1:80");
  EXPECT_EQ(parse_listen_address("[::]:80")->from_here().text(), "[::1]:80");
  EXPECT_EQ(parse_listen_address("192.168.1.7:80")->from_here().text(), "192.168.1.7:80");
}

}  // namespace
}  // namespace sensors
