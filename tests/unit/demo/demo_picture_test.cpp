#include "demo/demo_picture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <sstream>

namespace sensors::demo {
namespace {

constexpr const char* page = "http://127.0.0.1:8090/#machine=demo-weather&range=1y";
const WallTime now{Millis{1'800'000'000'000}};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream input(text);
  for (std::string line; std::getline(input, line);) lines.push_back(line);
  return lines;
}

/// Characters of UTF-8.
std::size_t width_of(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

View usual() {
  View view{"All is well: 12 sensors, the newest now, everything delivered",
            page,
            "sh /run/user/1000/sensor-demo.AbCdEf/watch",
            "",
            Millis{12'000},
            {},
            {},
            ""};
  view.parts = {{"publisher demo-host", 93, "taken", 0, "up", "closed", Millis{500}},
                {"publisher demo-weather", 21'600, "taken", 180, "up", "closed", Millis{1'000}},
                {"store", 21'513, "stored", 40, "up"},
                {"bridge to the API", 21'473, "delivered", std::nullopt, "up", "closed"}};
  view.newest = {{"demo-host", {"load1", 0.42, "", now - Millis{300}}},
                 {"demo-weather", {"temperature", 3.9, "Cel", now - std::chrono::hours(24 * 212)}}};
  return view;
}

/// Everything as long as it may be, or longer.
View longest() {
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  const std::string name(64, 'n');
  View view{std::string(300, 'v'),
            page,
            "sh /" + std::string(300, 'f') + "/watch",
            std::string(300, 'r'),
            Millis{std::numeric_limits<std::int64_t>::max()},
            {},
            {},
            std::string(300, 'x')};
  view.parts.assign(4, {name, most, "delivered", most, "degraded", "half_open", Millis{86'400'000}});
  std::string text;
  for (int i = 0; i < 100; ++i) text += "ü";
  for (const Value& value :
       {Value(-1.2345678901234567e-300), Value(text), Value(std::string(256, 'v')), Value(false)}) {
    for (int i = 0; i < 25; ++i) view.newest.push_back({name, {name, value, std::string(32, 'u'), WallTime{}}});
  }
  return view;
}

TEST(DemoPicture, fits_80_columns_and_24_rows_whatever_there_is_to_show) {
  for (const View& view : {View{"", page, "", "", {}, {}, {}, ""}, usual(), longest()}) {
    const std::vector<std::string> lines = lines_of(picture(view, now));
    EXPECT_LE(lines.size(), 23U) << "and a row for the cursor";
    for (const std::string& line : lines) EXPECT_LE(width_of(line), 80U) << line;
  }
}

TEST(DemoPicture, fits_80_columns_with_each_number_of_digits) {
  View view = usual();
  for (std::uint64_t count = 1; count < std::numeric_limits<std::uint64_t>::max() / 10; count *= 10) {
    for (Part& part : view.parts) part.readings = *(part.waiting = count);
    for (const std::string& line : lines_of(picture(view, now))) EXPECT_LE(width_of(line), 80U) << line;
    EXPECT_EQ(picture(view, now).substr(0, picture(view, now).find("machine")).find("…"), std::string::npos) << count;
  }
}

TEST(DemoPicture, has_the_whole_address_of_the_page_in_its_third_line_always) {
  for (const View& view : {usual(), longest()}) {
    EXPECT_EQ(lines_of(picture(view, now)).at(2), std::string("Page:  ") + page);
  }
}

TEST(DemoPicture, shows_what_each_service_has_done_and_the_newest_value_of_each_sensor) {
  const std::string text = picture(usual(), now);
  for (const char* part : {"21,600 taken", "180", "21,473 delivered", "1 s", "0.5 s", "closed"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  }
  const std::vector<std::string> lines = lines_of(text);
  const auto line_of = [&](const std::string& sensor) {
    return *std::find_if(lines.begin(), lines.end(), [&](const auto& line) { return line.find(sensor) != line.npos; });
  };
  EXPECT_NE(line_of("temperature").find("3.9 °C"), std::string::npos);
  EXPECT_NE(line_of("temperature").find("212 d ago"), std::string::npos);
  EXPECT_NE(line_of("load1").find("0.42"), std::string::npos);
  EXPECT_NE(line_of("load1").find("now"), std::string::npos);
}

TEST(DemoPicture, says_how_many_sensors_it_leaves_out) {
  EXPECT_NE(picture(longest(), now).find("and 92 more on the page"), std::string::npos) << picture(longest(), now);
}

TEST(DemoPicture, has_the_command_for_another_machine_where_somebody_is_logged_in_from_there) {
  View view = usual();
  EXPECT_EQ(picture(view, now).find("From your machine"), std::string::npos);
  view.reach = tunnel_command("192.168.1.7 50412 192.168.1.20 22", "pi", 8090);
  EXPECT_EQ(view.reach, "ssh -N -L 8090:127.0.0.1:8090 pi@192.168.1.20");
  EXPECT_NE(picture(view, now).find("From your machine: " + view.reach + "\n"), std::string::npos);
  EXPECT_EQ(tunnel_command("fe80::1 1 2001:db8::2 2222", "pi", 8091),
            "ssh -N -L 8091:127.0.0.1:8091 pi@2001:db8::2 -p 2222");
  for (const char* other : {"", "192.168.1.7", "a b c"}) EXPECT_EQ(tunnel_command(other, "pi", 8090), "");
}

TEST(DemoLine, is_one_line_with_what_each_service_has_done) {
  const std::string text = line(usual());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_TRUE(text.ends_with('\n'));
  EXPECT_NE(text.find("publisher demo-weather 21,600 taken, 180 waiting"), std::string::npos) << text;
  EXPECT_EQ(text.find("breaker"), std::string::npos) << "which is closed";
}

TEST(DemoStatus, is_what_a_service_says_of_itself) {
  Part part;
  take_status(part,
              R"({"service":"sensor-publisher","state":"degraded","reason":"x","since":"2026-01-15T16:09:35.123Z",)"
              R"("version":"1","breaker":{"state":"open","reason":"y"},"pace_ms":3000})");
  EXPECT_EQ(part.state, "degraded");
  EXPECT_EQ(part.breaker, "open");
  EXPECT_EQ(part.pace, Millis{3'000});
  take_status(part, "no status");
  EXPECT_EQ(part.state, "degraded");
}

}  // namespace
}  // namespace sensors::demo
