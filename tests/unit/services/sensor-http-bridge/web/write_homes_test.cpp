// Writes with a key across machines, renames and stores: two machines' writes are two, and one that comes again is one.
#include "services/sensor-http-bridge/web/write_homes.hpp"

#include <gtest/gtest.h>

#include "common/codec/reading_json.hpp"
#include "tests/unit/services/sensor-http-bridge/web/web_timeline.hpp"

namespace sensors::bridge {
namespace {

TEST(WriteHomes, are_what_a_name_is_made_of) {
  const std::set<std::string> names{stream_name({"a", "s1"}, "d"), stream_name({"b", "s1"}, "d"),
                                    stream_name({"a", "s2"}, "d"), stream_name({"a", "s1"}, "e"),
                                    stream_name({"as", "1"}, "d")};
  EXPECT_EQ(names.size(), 5U);
  EXPECT_EQ(stream_name({"kitchen", "w5n2"}, "d"), "k-2762b8fb3dd6144129280607838cb785") << "the same in every version";
}

TEST(WriteHomes, are_kept_over_renames_and_stores_up_to_the_newest) {
  WriteHomes homes("attic", {{"kitchen", "s1"}});
  EXPECT_FALSE(homes.present().has_value());
  EXPECT_TRUE(homes.learn("s1"));
  EXPECT_FALSE(homes.learn("s1")) << "that is saved";
  EXPECT_EQ(homes.former(), (std::vector<WriteHome>{{"kitchen", "s1"}}));
  EXPECT_TRUE(homes.learn("s2"));
  EXPECT_EQ(homes.former(), (std::vector<WriteHome>{{"attic", "s1"}, {"kitchen", "s1"}}));
  EXPECT_TRUE(homes.learn("s1")) << "an old store again";
  EXPECT_EQ(homes.former(), (std::vector<WriteHome>{{"attic", "s2"}, {"kitchen", "s1"}}));
  EXPECT_EQ(decode_write_homes(homes.text()).value(),
            (std::vector<WriteHome>{{"kitchen", "s1"}, {"attic", "s2"}, {"attic", "s1"}}));
  for (int i = 0; i < 20; ++i) homes.learn("t" + std::to_string(i));
  EXPECT_EQ(homes.former().size(), WriteHomes::max_kept - 1);
  EXPECT_EQ(decode_write_homes(homes.text())->size(), WriteHomes::max_kept);
}

TEST(WriteHomes, refuse_a_file_that_is_not_theirs) {
  const std::string head = "sensor-http-bridge-writes 1\n";
  EXPECT_TRUE(decode_write_homes(head).value().empty());
  std::string many = head;
  for (int i = 0; i < 9; ++i) many += "a s\n";
  for (const std::string& text : {std::string(), head + "a", head + "a\n", head + "a b", head + "a b c\n",
                                  head + "a /b\n", head + "\n", many, std::string("sensor-http-bridge-writes 2\n")})
    EXPECT_EQ(decode_write_homes(text).error().code, ErrorCode::corrupt) << text;
}

/// A machine of that name whose bridge has that file.
class Machine : public WebTimeline {
 public:
  /// `said`: the store that answers; empty: none does.
  explicit Machine(const std::string& node, const std::string& file = "", const std::string& said = "w5n2")
      : WebTimeline(options_of(node, file)) {
    store = said;
    step(MqttConnected{});
  }

  std::uint64_t post(const std::string& key, const std::string& body = R"({"sensor":"a","value":1})") {
    WebRequest request;
    request.method = "POST";
    request.target = "/v1/readings";
    request.headers = {{"content-type", "application/json"}, {"idempotency-key", key}};
    request.body = body;
    return ask(std::move(request));
  }
  std::string sent_stream() { return ReadingDecoder().batch(published.back().payload)->batch.stream; }

 private:
  static WebOptions options_of(const std::string& node, const std::string& file) {
    WebOptions options = web_options();
    options.anonymous = {true, true};
    options.node = node;
    if (!file.empty()) options.write_homes = decode_write_homes(file).value();
    return options;
  }
};

TEST(WriteAcrossMachines, is_another_one_on_another_machine_though_key_and_body_are_the_same) {
  Machine one("kitchen");
  Machine other("attic");
  Machine same_name("kitchen", "", "another");
  one.post("k");
  other.post("k");
  same_name.post("k");
  EXPECT_NE(one.sent_stream(), other.sent_stream());
  EXPECT_NE(one.sent_stream(), same_name.sent_stream());
}

TEST(WriteAcrossMachines, goes_on_under_its_first_name_after_a_rename) {
  Machine before("kitchen");
  before.post("k");
  const std::string stream = before.sent_stream();
  Machine after("attic", before.write_homes);
  after.known_streams = {stream};
  const std::uint64_t again = after.post("k");
  EXPECT_EQ(after.sent_stream(), stream);
  EXPECT_EQ(after.published.back().topic, "sensors/kitchen/backlog/sensor-http-bridge") << "the stream's node";
  after.hear("kitchen/committed/sensor-http-bridge", encode_committed({"w5n2", stream, 1, false}));
  EXPECT_EQ(after.answer(again).status, 201);
  after.post("new");
  EXPECT_NE(after.sent_stream(), stream);
  EXPECT_EQ(after.published.back().topic, "sensors/attic/backlog/sensor-http-bridge");
  const std::vector<std::string> filters = web_subscriptions([&] {
    WebOptions options = web_options();
    options.node = "attic";
    options.write_homes = decode_write_homes(before.write_homes).value();
    return options;
  }());
  for (const char* node : {"attic", "kitchen"})
    EXPECT_EQ(
        std::count(filters.begin(), filters.end(), "sensors/" + std::string(node) + "/committed/sensor-http-bridge"),
        1);
}

TEST(WriteAcrossMachines, goes_on_under_its_first_name_at_a_store_that_was_salvaged) {
  Machine machine("kitchen");
  machine.post("k");
  const std::string stream = machine.sent_stream();
  Machine next("kitchen", machine.write_homes, "salvaged");
  next.known_streams = {stream};
  next.post("k");
  EXPECT_EQ(next.sent_stream(), stream);
  next.post("k2");
  const std::string present = next.sent_stream();
  EXPECT_NE(present, stream);
  Machine lost("kitchen", machine.write_homes, "restored");
  lost.post("k");
  EXPECT_NE(lost.sent_stream(), stream) << "what the store does not know is a new write of this one";
}

TEST(WriteAcrossMachines, hears_of_another_store_from_its_watermark) {
  Machine machine("kitchen");
  machine.post("k");
  const std::string stream = machine.sent_stream();
  machine.store = "salvaged";
  machine.hear("kitchen/committed/sensor-http-bridge", encode_committed({"salvaged", stream, 1, false}));
  EXPECT_EQ(decode_write_homes(machine.write_homes)->back(), (WriteHome{"kitchen", "salvaged"}));
}

TEST(WriteAcrossMachines, of_a_clone_that_was_renamed_differs_from_the_same_write_to_the_first) {
  Machine first("kitchen");
  first.post("earlier");
  Machine clone("attic", first.write_homes);
  first.post("k");
  clone.post("k");
  EXPECT_NE(first.sent_stream(), clone.sent_stream());
}

TEST(WriteAcrossMachines, waits_for_the_store_to_say_who_it_is_and_takes_nothing_when_it_does_not) {
  Machine fresh("kitchen", "", "");
  const std::uint64_t silent = fresh.post("k");
  EXPECT_TRUE(fresh.published.empty());
  const std::size_t asked = fresh.questions.size();
  fresh.pass(Millis{9'000});
  EXPECT_GT(fresh.questions.size(), asked) << "it is asked again";
  fresh.pass(Millis{1'000});
  EXPECT_EQ(fresh.answer(silent).status, 503);
  EXPECT_NE(fresh.answer(silent).body.find("nothing of this was taken"), std::string::npos);
  fresh.store = "s";
  fresh.pass(Millis{20'000});
  EXPECT_TRUE(fresh.published.empty()) << "it is not sent after all";
  fresh.post("k");
  EXPECT_EQ(fresh.published.size(), 1U);
  EXPECT_EQ(fresh.web.writes().outbox().rows(), 1U);
}

TEST(WriteAcrossMachines, asks_nobody_and_wakes_for_nothing_while_there_is_no_broker) {
  Machine machine("attic", "sensor-http-bridge-writes 1\nkitchen s\n", "");
  const std::uint64_t id = machine.post("k");
  machine.step(MqttDisconnected{"gone"});
  const std::size_t asked = machine.questions.size();
  EXPECT_EQ(machine.web.wake_at(), machine.now.monotonic + Millis{10'000}) << "the write's deadline";
  machine.pass(Millis{5'000});
  EXPECT_EQ(machine.questions.size(), asked);
  machine.store = "s";
  machine.step(MqttConnected{});
  EXPECT_EQ(machine.published.size(), 1U);
  EXPECT_EQ(machine.answer(id).status, 0) << "it waits for its watermark";
}

TEST(WriteAcrossMachines, counts_what_waits_for_a_name_as_rows_that_wait) {
  Machine machine("attic", "sensor-http-bridge-writes 1\nkitchen s\n", "");
  std::string rows = R"([{"sensor":"a","value":1})";
  for (int i = 1; i < 1'000; ++i) rows += R"(,{"sensor":"a","value":1})";
  for (int i = 0; i < 10; ++i) machine.post("k" + std::to_string(i), rows + "]");
  EXPECT_EQ(machine.answer(machine.post("k")).status, 503);
  EXPECT_EQ(machine.web.writes().counters().refused_full, 1U);
}

TEST(WriteAcrossMachines, is_asked_about_again_when_the_answer_was_an_error_or_none_of_ours) {
  Machine machine("attic", "sensor-http-bridge-writes 1\nkitchen s\n", "");
  machine.post("k");
  for (const char* payload : {R"({"error":{"code":"overloaded","message":"later"}})", "{}", "x"}) {
    machine.store_answers(machine.questions.back(), payload);
    const std::size_t asked = machine.questions.size();
    machine.pass(Millis{1'000});
    EXPECT_GT(machine.questions.size(), asked) << payload;
  }
  EXPECT_EQ(std::count_if(machine.log.begin(), machine.log.end(),
                          [](const std::string& line) { return line.find("rpc/streams") != std::string::npos; }),
            1)
      << "that is said, once";
  EXPECT_TRUE(machine.published.empty());
}

}  // namespace
}  // namespace sensors::bridge
