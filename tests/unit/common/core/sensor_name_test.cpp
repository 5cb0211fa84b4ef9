// Names that are made of other texts: readable, never two texts under one, and the same in every version.
#include "common/core/sensor_name.hpp"

#include <map>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "common/core/reading.hpp"

namespace sensors {
namespace {

TEST(SensorName, is_the_text_where_that_is_a_name) {
  const std::string longest(64, 'x');
  for (const std::string& name : {std::string("bme280.temperature"), std::string("_"), std::string("A-1"), longest})
    EXPECT_EQ(readable_name(name), name);
}

TEST(SensorName, is_the_same_in_every_version) {
  // Histories hang on these. A change here is a change of the wire contract.
  EXPECT_EQ(readable_name("Küche"), "K_che-naupjwgpv65w");
  EXPECT_EQ(readable_name(""), "_-vdd7qmridi44");
  EXPECT_EQ(readable_name("+5V"), "_5V-2zb7adj5b5ys");
  EXPECT_EQ(readable_name("Кухня.температура"), "_._-pigyncpfc3ij");
  EXPECT_EQ(readable_name(std::string(40, 'a') + std::string(40, 'b')),
            "aaaaaaaaaaaaaaaaaaaaaaaaa..bbbbbbbbbbbbbbbbbbbbbbbb-zoryhkroqyzr");
  EXPECT_EQ(readable_name("temp.kitchen", "temp,room=kitchen"), "temp.kitchen-xyo4wgzmyyes");
  EXPECT_EQ(readable_name("a long one", "x", 20).size(), 20U);
}

TEST(SensorName, tells_texts_apart_that_look_alike_without_what_no_name_has) {
  std::map<std::string, std::string> texts;
  for (const char* text : {"+5V", "~5V",  "_5V",  "5V", " 5V", "5V ", "++5V", "Кухня", "Ванна", "кухня", "a b",
                           "a_b", "a  b", "a\tb", "",   "_",   " ",   "°C",   "°F",    "\xff",  "\xfe"}) {
    const auto [at, is_new] = texts.emplace(readable_name(text), text);
    EXPECT_TRUE(is_new) << text << " and " << at->second << " are both " << at->first;
  }
}

TEST(SensorName, is_a_name_and_another_one_for_each_text) {
  EXPECT_TRUE(rc::check("names, all different", [](const std::string& a, const std::string& b) {
    RC_ASSERT(is_name(readable_name(a)));
    RC_ASSERT((readable_name(a) == readable_name(b)) == (a == b));
    const std::string beyond = a + std::string(70, 'x');
    RC_ASSERT(is_name(readable_name(beyond)));
    RC_ASSERT(readable_name(beyond + "y") != readable_name(beyond + "z"));
    RC_ASSERT((readable_name("shown", a) == readable_name("shown", b)) == (a == b));
  }));
}

TEST(SensorName, has_a_hundred_thousand_different_names_for_as_many_texts_of_one_look) {
  std::map<std::string, int> names;
  for (int i = 0; i < 100'000; ++i) ++names[readable_name("x", std::to_string(i))];
  EXPECT_EQ(names.size(), 100'000U);
}

}  // namespace
}  // namespace sensors
