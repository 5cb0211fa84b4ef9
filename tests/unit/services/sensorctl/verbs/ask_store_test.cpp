#include <gtest/gtest.h>

#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/verbs/dead_letters.hpp"
#include "services/sensorctl/verbs/query.hpp"
#include "tests/unit/services/sensorctl/verbs/timeline.hpp"

namespace sensors::sensorctl {
namespace {

const std::string up =
    R"({"service":"sensor-persistence","state":"up","reason":"","since":"2026-01-15T16:00:00Z","version":"0.1.0"})";
const Session anywhere{"sensors", "", "sensorctl-1", Millis{5'000}};
const Session in_kitchen{"sensors", "kitchen", "sensorctl-1", Millis{5'000}};
const std::string row =
    R"({"node":"kitchen","stream":"k3","seq":7,"sensor":"t","value":21.5,"unit":"Cel","time":"2026-01-15T16:00:00.000Z"})";
const std::string answer_topic = "sensors/kitchen/rpc-reply/sensorctl-1";

TEST(AskStore, asks_the_only_store_there_is_and_tells_its_answer) {
  AskStore command(query_question({}, Format::text), anywhere);
  Timeline line(command);
  line.happens(MqttConnected{});
  line.hears("sensors/kitchen/status/sensor-persistence", up, true);
  line.passes(Millis{1'000});
  ASSERT_EQ(line.published.size(), 1U);
  EXPECT_EQ(line.published[0].topic, "sensors/kitchen/rpc/query");
  EXPECT_EQ(line.published[0].response_topic, answer_topic);
  line.hears(answer_topic, R"({"readings":[)" + row + R"(],"truncated":false})", false,
             line.published.back().correlation);
  EXPECT_EQ(line.out, "TIME                      SENSOR  VALUE\n2026-01-15T16:00:00.000Z  t       21.5 Cel\n");
  EXPECT_EQ(line.complaints, "");
  EXPECT_EQ(line.exit_code, exit_ok);
}

TEST(AskStore, wants_a_node_named_when_there_are_several) {
  AskStore command(query_question({}, Format::text), anywhere);
  Timeline line(command);
  line.happens(MqttConnected{});
  line.hears("sensors/kitchen/status/sensor-persistence", up, true);
  line.hears("sensors/attic/status/sensor-persistence", up, true);
  line.passes(Millis{1'000});
  EXPECT_EQ(line.exit_code, exit_usage);
  EXPECT_EQ(line.complaints, "there are several nodes; name one with --node: attic, kitchen\n");
  EXPECT_TRUE(line.published.empty());
}

TEST(AskStore, says_that_there_is_no_store) {
  AskStore command(query_question({}, Format::text), anywhere);
  Timeline line(command);
  line.happens(MqttConnected{});
  line.passes(Millis{4'900});
  EXPECT_FALSE(line.exit_code.has_value());
  line.passes(Millis{200});
  EXPECT_EQ(line.exit_code, exit_no_answer);
  EXPECT_NE(line.complaints.find("systemctl status sensor-persistence"), std::string::npos) << line.complaints;
}

TEST(AskStore, gives_up_a_store_that_does_not_answer) {
  AskStore command(query_question({}, Format::text), in_kitchen);
  Timeline line(command);
  line.happens(MqttConnected{});
  ASSERT_EQ(line.published.size(), 1U) << "at once, the node is named";
  line.hears(answer_topic, "{}", false, "somebody else's");
  line.hears("sensors/attic/rpc-reply/sensorctl-1", "{}", false, line.published.back().correlation);
  line.passes(Millis{5'000});
  EXPECT_EQ(line.exit_code, exit_no_answer);
  EXPECT_EQ(line.complaints,
            "sensor-persistence of node kitchen did not answer in 5 s; systemctl status sensor-persistence\n");
}

TEST(AskStore, says_that_nobody_is_known_under_a_node_and_which_are) {
  AskStore command(query_question({}, Format::text), Session{"sensors", "kichen", "sensorctl-1", Millis{5'000}});
  Timeline line(command);
  line.happens(MqttConnected{});
  line.hears("sensors/kitchen/status/sensor-persistence", up, true);
  line.passes(Millis{5'000});
  EXPECT_EQ(line.exit_code, exit_no_answer);
  EXPECT_EQ(line.complaints,
            "nobody is known under the node 'kichen'; the broker knows kitchen; did you mean 'kitchen'?\n");
}

TEST(AskStore, passes_a_refusal_on) {
  AskStore command(query_question({}, Format::text), in_kitchen);
  Timeline line(command);
  line.happens(MqttConnected{});
  line.hears(answer_topic, R"({"error":{"code":"invalid","message":"limit: must be 1 .. 5000"}})", false,
             line.published.back().correlation);
  EXPECT_EQ(line.exit_code, exit_trouble);
  EXPECT_EQ(line.complaints, "the store answered: limit: must be 1 .. 5000\n");
}

TEST(AskStore, says_that_the_broker_takes_no_such_request_of_ours) {
  AskStore command(query_question({}, Format::text), in_kitchen);
  Timeline line(command);
  line.happens(MqttConnected{});
  line.happens(MqttPublished{line.published.at(0).id, fail(ErrorCode::rejected, "refused; check the access rules")});
  EXPECT_EQ(line.exit_code, exit_trouble);
  EXPECT_EQ(line.complaints, "refused; check the access rules\n");
}

TEST(AskStore, ends_without_an_answer_by_ctrl_c_or_with_the_connection) {
  AskStore command(query_question({}, Format::text), in_kitchen);
  Timeline line(command);
  line.happens(MqttConnected{});
  line.happens(StopRequested{});
  EXPECT_EQ(line.exit_code, exit_interrupted);
  AskStore other(query_question({}, Format::text), in_kitchen);
  Timeline other_line(other);
  other_line.happens(MqttConnected{});
  other_line.happens(MqttDisconnected{"connection lost", ErrorCode::disconnected});
  EXPECT_EQ(other_line.exit_code, exit_no_broker);
}

StoredReading reading_of(const std::string& node, Value value) {
  return {0, node, "k3", {7, {"door", std::move(value), "", WallTime{Millis{1'768'492'800'000}}}}};
}

TEST(Query, names_the_node_where_there_are_several) {
  EXPECT_EQ(readings_table({reading_of("attic", true), reading_of("kitchen", false)}),
            "TIME                      NODE     SENSOR  VALUE\n"
            "2026-01-15T16:00:00.000Z  attic    door    true\n"
            "2026-01-15T16:00:00.000Z  kitchen  door    false\n");
}

TEST(Query, quotes_what_csv_must) {
  EXPECT_EQ(readings_csv({reading_of("attic", std::string("open, \"wide\"\n"))}),
            "time,node,sensor,value,unit,stream,seq,uptime_ms\r\n"
            "2026-01-15T16:00:00.000Z,attic,door,\"open, \"\"wide\"\"\n\",,k3,7,\r\n");
}

TEST(Query, says_when_nothing_fits_and_when_there_is_more) {
  const Question question = query_question({}, Format::text);
  EXPECT_EQ(question.tell(R"({"readings":[],"truncated":false})")->note, "no reading fits");
  EXPECT_NE(question.tell(R"({"readings":[)" + row + R"(],"truncated":true})")->note.find("--limit"),
            std::string::npos);
  EXPECT_EQ(query_question({}, Format::json).tell("{\"readings\":[],\n\"truncated\":false}")->text,
            "{\"readings\":[], \"truncated\":false}\n");
}

TEST(DeadLetters, are_listed_with_what_was_refused_and_why) {
  const Question question = dead_letters_question({}, false);
  const Result<Told> told = question.tell(
      R"({"dead_letters":[{"id":7,"destination":"api","status":422,"reason":"out of\nrange","refused":"2026-01-15T16:00:00Z",)"
      R"("refusals":2,"waits":true,"reading":)" +
      row +
      R"(},{"id":9,"destination":"api","status":0,"reason":"x","refused":"2026-01-15T16:00:00Z","refusals":1,"waits":false,)"
      R"("gap":{"node":"kitchen","stream":"k3","first":8,"last":9,"reason":"thinned","time":"2026-01-15T16:00:00Z"}}],"truncated":true})");
  ASSERT_TRUE(told.has_value()) << told.error().message;
  EXPECT_EQ(
      told->text,
      "ID  REFUSED                   TIMES  DESTINATION  STATUS  ROW                                  REASON\n"
      "7   2026-01-15T16:00:00.000Z  2      api          422     2026-01-15T16:00:00.000Z t 21.5 Cel  (requeued) out "
      "of range\n"
      "9   2026-01-15T16:00:00.000Z  1      api          -       gap 8..9 thinned                     x\n");
  EXPECT_EQ(told->note, "there are more: --after 9");
}

TEST(DeadLetters, tell_what_became_of_them) {
  DeadLettersRequest request;
  request.action = DeadLettersRequest::Action::requeue;
  EXPECT_EQ(dead_letters_question(request, false).tell(R"({"requeued":2,"dead_letters":1})")->text,
            "2 requeued, 1 left\n");
  request.action = DeadLettersRequest::Action::purge;
  EXPECT_EQ(dead_letters_question(request, false).tell(R"({"purged":2,"dead_letters":0})")->text, "2 purged, 0 left\n");
  EXPECT_FALSE(dead_letters_question(request, false).tell(R"({"dead_letters":0})").has_value());
}

TEST(DeadLetters, that_stay_when_all_are_requeued_are_of_destinations_that_nobody_asks_for) {
  DeadLettersRequest request;
  request.action = DeadLettersRequest::Action::requeue;
  request.all = true;
  const Told told = dead_letters_question(request, false).tell(R"({"requeued":2,"dead_letters":3})").value();
  EXPECT_NE(told.note.find("3 stay: their destinations are not configured any more"), std::string::npos) << told.note;
  EXPECT_EQ(told.exit_code, exit_trouble);
  EXPECT_EQ(dead_letters_question(request, false).tell(R"({"requeued":2,"dead_letters":0})")->note, "");
  request.destination = "api";  // those of others are not meant
  EXPECT_EQ(dead_letters_question(request, false).tell(R"({"requeued":2,"dead_letters":3})")->exit_code, exit_ok);
}

TEST(DeadLetters, that_are_not_there_cannot_be_purged_and_a_script_sees_it) {
  DeadLettersRequest request;
  request.action = DeadLettersRequest::Action::purge;
  request.ids = {5, 7};
  const Told told = dead_letters_question(request, false).tell(R"({"purged":1,"dead_letters":3})").value();
  EXPECT_EQ(told.text, "1 purged, 3 left\n");
  EXPECT_NE(told.note.find("1 of the 2 named"), std::string::npos) << told.note;
  EXPECT_EQ(told.exit_code, exit_trouble);
  EXPECT_EQ(dead_letters_question(request, false).tell(R"({"purged":2,"dead_letters":3})")->exit_code, exit_ok);
}

}  // namespace
}  // namespace sensors::sensorctl
