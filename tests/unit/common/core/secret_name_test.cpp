#include "common/core/secret_name.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

TEST(SecretName, is_known_by_its_words) {
  for (const char* name : {"password", "MQTT_PASSWORD", "api_key", "X-Auth-Token", "pw", "pin", "db_pwd"})
    EXPECT_TRUE(is_secret_name(name)) << name;
  for (const char* name : {"password_file", "key_file", "idempotency-key", "host", "spin", "log_level"})
    EXPECT_FALSE(is_secret_name(name)) << name;
}

TEST(Quotable, is_what_can_hold_no_password) {
  for (const char* plain : {"info", "127.0.0.1", "/var/lib/x", "10s", "a = \"b\""}) EXPECT_EQ(quotable(plain), plain);
  for (const char* secret : {"https://host", "pi:x@host", "mqtt.password", "password_file", "Token = x", "headers = x",
                             "Authorization: Bearer x", "a; pin = 1"})
    EXPECT_EQ(quotable(secret), "...") << secret;
  EXPECT_EQ(quotable(std::string(300, 'x')).size(), 60U);
}

}  // namespace
}  // namespace sensors
