#include "common/core/url_text.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

TEST(UrlText, shows_where_and_neither_who_nor_with_what) {
  EXPECT_EQ(shown_url("https://api.example.com/v1/readings"), "https://api.example.com/v1/readings");
  EXPECT_EQ(shown_url("http://me:hush@127.0.0.1:8086/write?db=d&p=hush"), "http://127.0.0.1:8086/write?db=...&p=...");
  EXPECT_EQ(shown_url("https://hush@[::1]:8443/x"), "https://[::1]:8443/x");
  EXPECT_EQ(shown_url("https://api/in?hush"), "https://api/in?...");
  EXPECT_EQ(shown_url("https://api/in?a=1;b=2#hush"), "https://api/in?a=...&b=...");
  EXPECT_EQ(shown_url("https://api#hush"), "https://api");
  EXPECT_EQ(shown_url("https://me:hush@bücher.example/in"), "https://bücher.example/in");
  EXPECT_EQ(shown_url("http://[fe80::1%25eth0]:8080/in"), "http://[fe80::1%25eth0]:8080/in");
}

TEST(UrlText, says_why_nothing_can_be_asked_there) {
  for (const char* url : {"http://api", "http://api:8080/in?db=x", "https://[::1]:8443/", "http://[fe80::1%25eth0]/in",
                          "https://me:pw@api:1/in", "https://api:/in"}) {
    EXPECT_EQ(url_mistake(url), "") << url;
  }
  EXPECT_NE(url_mistake("http:///in").find("has no host"), std::string::npos);
  EXPECT_NE(url_mistake("http://:8080/in").find("has no host"), std::string::npos);
  EXPECT_NE(url_mistake("http://me:pw@/in").find("has no host"), std::string::npos);
  EXPECT_NE(url_mistake("http://api/a b").find("space"), std::string::npos);
  EXPECT_NE(url_mistake("http://api/\t").find("space"), std::string::npos);
  for (const char* port : {"65536", "99999999999999", "0", "80x"}) {
    EXPECT_NE(url_mistake(std::string("http://api:") + port + "/in").find("1 .. 65535"), std::string::npos) << port;
  }
}

TEST(UrlText, shows_less_of_what_is_not_right) {
  EXPECT_EQ(shown_url("https://me:hu/sh@api/x"), "https://...");
  EXPECT_EQ(shown_url("https://me:hu?sh@api"), "https://...");
  EXPECT_EQ(shown_url("https://me:h%2Fu/sh@api"), "https://...");
  EXPECT_EQ(shown_url("https://me:hush@x@api/"), "https://api/");
  EXPECT_EQ(shown_url("me:hush@api"), "...");
  EXPECT_EQ(shown_url(""), "...");
}

TEST(UrlText, shows_of_a_secret_url_only_where_it_leads) {
  EXPECT_EQ(shown_host("https://hooks.example.com/services/T0/B0/hush?thread=1#x"), "https://hooks.example.com/...");
  EXPECT_EQ(shown_host("https://me:hush@[::1]:8443/hush"), "https://[::1]:8443/...");
  EXPECT_EQ(shown_host("https://api?hush=1"), "https://api?...");
  EXPECT_EQ(shown_host("https://api/"), "https://api/");
  EXPECT_EQ(shown_host("https://api"), "https://api");
  EXPECT_EQ(shown_host("hush"), "...");
}

TEST(UrlText, leaves_out_what_a_text_repeats_of_a_secret_url) {
  const std::string url = "https://api/bot12:hushhush/send%20all?token=sssecret&v=1";
  EXPECT_EQ(without_path("no /bot12:hushhush/send%20all?token=sssecret&v=1 here", url), "no ... here");
  EXPECT_EQ(without_path("bot12:hushhush is not known, sssecret neither", url), "... is not known, ... neither");
  EXPECT_EQ(without_path("Cannot POST /bot12:hushhush/send all", url), "Cannot POST /.../...");
  EXPECT_EQ(without_path("v=1 is old", url), "v=1 is old");
  EXPECT_EQ(without_path("ok", "https://api"), "ok");
  EXPECT_EQ(without_path("ok", "api"), "ok");
}

TEST(UrlText, takes_the_user_part_out) {
  std::string url = "https://me:p%40ss%2fw%zz@api.example.com/v1?x=a@b";
  const std::optional<UrlUser> user = take_user_part(url);
  ASSERT_TRUE(user.has_value());
  EXPECT_EQ(user->user, "me");
  EXPECT_EQ(user->password, "p@ss/w%zz");
  EXPECT_EQ(url, "https://api.example.com/v1?x=a@b");
  EXPECT_FALSE(take_user_part(url).has_value()) << "an @ of the query is none";
  std::string token = "https://t0ken@api/";
  EXPECT_EQ(take_user_part(token)->user, "t0ken");
  EXPECT_EQ(token, "https://api/");
}

}  // namespace
}  // namespace sensors
