// Topics: four levels, three of them names.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "common/codec/topic.hpp"
#include "tests/support/any_reading.hpp"

namespace sensors {
namespace {

TEST(Topic, is_made_of_four_levels) {
  EXPECT_EQ(topic_of("sensors", "kitchen", "reading", "bme280.temperature"),
            "sensors/kitchen/reading/bme280.temperature");
}

TEST(Topic, is_taken_apart_as_it_was_made) {
  EXPECT_TRUE(rc::check("parse_topic(topic_of(...)) has the same levels", [] {
    const std::string node = any_name();
    const std::string kind = any_name();
    const std::string name = any_name();
    const std::string topic = topic_of("sensors", node, kind, name);
    const std::optional<TopicView> view = parse_topic(topic);
    RC_ASSERT(view.has_value());
    RC_ASSERT(view->root == "sensors");
    RC_ASSERT(view->node == node);
    RC_ASSERT(view->kind == kind);
    RC_ASSERT(view->name == name);
  }));
}

class BadTopic : public testing::TestWithParam<std::string> {};

TEST_P(BadTopic, is_refused) { EXPECT_FALSE(parse_topic(GetParam()).has_value()) << GetParam(); }

INSTANTIATE_TEST_SUITE_P(Topic, BadTopic,
                         testing::Values("", "/", "///", "sensors", "sensors/a/reading", "sensors/a/reading/b/c",
                                         "sensors//reading/b", "sensors/a//b", "sensors/a/reading/", "/a/reading/b",
                                         "sensors/a b/reading/b", "sensors/+/reading/b", "sensors/a/reading/#",
                                         "sensors/a/reading/\xc3\xa9", "sensors/a/reading/" + std::string(65, 'x'),
                                         std::string("sensors/a/reading/b\0c", 21)));

}  // namespace
}  // namespace sensors
