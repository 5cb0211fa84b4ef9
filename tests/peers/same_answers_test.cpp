// What agents for InfluxDB send, sent to a real one and to the bridge: the same status, an error or none, and as many
// readings as points have fields. Where the bridge differs, it does so for the reason that stands in the table.
#include <nlohmann/json.hpp>
#include <ostream>

#include "tests/peers/curl.hpp"
#include "tests/peers/influxdb.hpp"
#include "tests/rig/http_peer.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

struct Answer {
  int status = 0;
  bool has_error = false;    // its body is {"error":"..."}
  std::size_t readings = 0;  // that it has more than before
  bool operator==(const Answer&) const = default;
};

void PrintTo(const Answer& answer, std::ostream* out) {
  *out << answer.status << (answer.has_error ? " with an error" : "") << ", " << answer.readings << " readings";
}

struct Difference {
  Answer influxdb;
  Answer bridge;
  const char* why;
};

struct Sent {
  const char* what;
  const char* method;
  std::string target;
  std::string headers;
  std::string body;
  std::optional<Difference> difference = std::nullopt;
};

const std::string with_db = "/write?db=sensors";
const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
const std::string root_root = "Authorization: Basic cm9vdDpyb290\r\n";

/// `printf 'g1 value=1\ng2 value=2\n' | gzip -n`
const std::string packed_lines(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x37\x54\x28\x4b\xcc\x29\x4d\xb5\x35\xe4\x4a\x37\x82\x32\x8d\xb8"
    "\x00\xd5\xac\x23\x96\x16\x00\x00\x00",
    36);

std::vector<Sent> questions() {
  const Answer refused{400, true, 0};
  return {{"who asks whether it is there", "GET", "/ping", "", ""},
          {"the same without a body", "HEAD", "/ping", "", ""},
          {"the same, as some clients do", "GET", "/ping?wait_for_leader=1s", root_root, ""},
          {"how well it is", "GET", "/health", "", "",
           Difference{{404, false, 0}, {200, false, 0}, "clients of later versions ask so"}},
          {"Telegraf's database", "POST", "/query", form, "q=CREATE+DATABASE+%22sensors%22"},
          {"influxdb-python's database", "GET", "/query?q=CREATE+DATABASE+sensors&db=sensors", root_root, ""},
          {"which databases there are", "GET", "/query?q=SHOW+DATABASES", root_root, ""},
          {"no statement", "GET", "/query", "", ""},
          {"what is no InfluxQL", "GET", "/query?q=NONSENSE", "", ""},
          {"a question about the data", "GET", "/query?db=sensors&q=SELECT+*+FROM+a1", "", "",
           Difference{{200, false, 0}, refused, "GET /v1/readings answers that"}}};
}

/// Each line of its own series, as both keep one value for one series and time.
std::vector<Sent> good_writes() {
  return {
      {"nothing", "POST", with_db, "", ""},
      {"Home Assistant's first write", "POST", with_db, "Content-Type: application/octet-stream\r\n" + root_root, "\n"},
      {"blanks", "POST", with_db, "", "   "},
      {"a comment", "POST", with_db, "", "# nothing\n"},
      {"a point", "POST", with_db, "", "a1 value=1"},
      {"credentials in the address", "POST", with_db + "&u=root&p=root", "", "a2 value=1"},
      {"a token", "POST", with_db, "Authorization: Token whatever\r\n", "a3 value=1"},
      {"parameters that nobody knows", "POST", with_db + "&foo=bar&x", "", "a4 value=1"},
      {"two precisions", "POST", with_db + "&precision=s&precision=ms", "", "a5 value=1 1768493375"},
      {"another type", "POST", with_db, "Content-Type: application/json\r\n", "a6 value=1"},
      {"all types of values", "POST", with_db, "", "a7 f=1.5,i=3i,b=true,t=T,s=\"x\",e=-1e3"},
      {"blank lines", "POST", with_db, "", "a8 value=1\n\n\na9 value=2\n"},
      {"a line end in a text", "POST", with_db, "", "b1 descr=\"Router OS\r\nBuild 7\",up=5i\nb2 value=1\n"},
      {"tags in another order", "POST", with_db, "", "b3,x=1,y=2 value=1 1\nb3,y=2,x=1 value=1 2"},
      {"names in Cyrillic", "POST", with_db, "", "temp,room=Кухня value=21\ntemp,room=Ванна value=24"},
      {"backslashes", "POST", with_db, "", "b\\ 4,t\\,=a\\ b\\= v\\=w=1"},
      {"a blank behind", "POST", with_db, "", "b5 value=1 1768493375000000000 "},
      {"a packed body", "POST", with_db, "Content-Encoding: gzip\r\n", packed_lines},
      {"no database", "POST", "/write", "", "d1 value=1",
       Difference{{400, true, 0}, {204, false, 1}, "there is one store"}},
      {"another database", "POST", "/write?db=other", "", "d2 value=1",
       Difference{{404, true, 0}, {204, false, 1}, "there is one store"}},
      {"InfluxDB 2's write", "POST", "/api/v2/write?bucket=sensors&org=home", "", "d3 value=1",
       Difference{{404, false, 0}, {204, false, 1}, "clients of later versions write so"}}};
}

std::vector<Sent> bad_writes() {
  const std::string long_text(300, 'x');
  return {{"bad lines among good ones", "POST", with_db, "", "b6 value=1\nbad\nb7 value=2"},
          {"a tag without a value", "POST", with_db, "", "bad,t= value=1"},
          {"a tag without a key", "POST", with_db, "", "bad,=x value=1"},
          {"a tag that comes twice", "POST", with_db, "", "bad,t=1,t=2 value=1"},
          {"no measurement", "POST", with_db, "", ",t=1 value=1"},
          {"no field", "POST", with_db, "", "bad"},
          {"no value", "POST", with_db, "", "bad value="},
          {"no number", "POST", with_db, "", "bad value=nan"},
          {"an open quote", "POST", with_db, "", "bad s=\"open"},
          {"something behind the time", "POST", with_db, "", "bad value=1 1 2"},
          {"a time that is none", "POST", with_db, "", "bad value=1 tomorrow"},
          {"an integer that is too large", "POST", with_db, "", "bad value=9223372036854775808i"},
          {"a body that is no gzip", "POST", with_db, "Content-Encoding: gzip\r\n", "bad value=1"},
          {"another coding", "POST", with_db, "Content-Encoding: br\r\n", "bad value=1",
           Difference{{204, false, 1}, {415, true, 0}, "what it cannot read it does not take for lines"}},
          {"an unknown precision", "POST", with_db + "&precision=fortnight", "", "e1 value=1 1",
           Difference{{204, false, 1}, {400, true, 0}, "nanoseconds would be a guess"}},
          {"a text of 300 bytes", "POST", with_db, "", "e2 s=\"" + long_text + "\",up=1",
           Difference{{204, false, 2}, {400, true, 1}, "a text has 256 at most, and it is said"}},
          {"a text that is not UTF-8", "POST", with_db, "", "e3 s=\"\xff\",up=1",
           Difference{{204, false, 2}, {400, true, 1}, "what is stored is text"}},
          {"more than a body may have", "POST", with_db, "", "e4 s=\"" + std::string(2'000'000, 'x') + "\"",
           Difference{{204, false, 1}, {413, false, 0}, "max_body_bytes, before it is known what it is for"}}};
}

std::vector<Sent> precisions() {
  std::vector<Sent> all;
  for (const char* precision : {"n", "ns", "u", "us", "%C2%B5", "ms", "s", "m", "h"}) {
    all.push_back({"a precision", "POST", with_db + "&precision=" + precision, "",
                   "c,p=" + std::string(precision) + " value=1 1"});
  }
  return all;
}

/// A query of InfluxQL has them by field, so a point of several fields is several readings there, too.
std::size_t fields_in(const TempDir& folder, const InfluxDb& database) {
  std::size_t fields = 0;
  const auto answer = nlohmann::json::parse(
      curl(folder, {"--data-urlencode", "q=SELECT *::field FROM /.*/", database.url("/query?db=sensors")}));
  for (const auto& series : answer.at("results").at(0).value("series", nlohmann::json::array())) {
    for (const auto& row : series.at("values")) {
      for (std::size_t i = 1; i < row.size(); ++i) fields += row.at(i).is_null() ? 0 : 1;
    }
  }
  return fields;
}

HttpReplyText reply_of(std::uint16_t port, const Sent& sent) {
  if (std::string_view(sent.method) == "POST") return http_post(port, sent.target, sent.headers, sent.body);
  if (std::string_view(sent.method) == "GET") return http_get(port, sent.target, sent.headers);
  HttpPeer peer(port);
  peer.send("HEAD " + sent.target + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n" + sent.headers + "\r\n");
  return peer.read_reply(Millis{30'000}, true);
}

/// `count`: how many readings there are at `port`.
template <class Count>
Answer answer_of(std::uint16_t port, const Sent& sent, Count count) {
  const std::size_t before = count();
  const HttpReplyText reply = reply_of(port, sent);
  const auto body = nlohmann::json::parse(reply.body, nullptr, false);
  return {reply.status, body.is_object() && body.contains("error"), count() - before};
}

class SameAnswers : public RigTest {
 protected:
  void SetUp() override {
    database_.start();
    rig_.broker().start();
    rig_.persistence().start();
    rig_.bridge().start();
    rig_.wait_until("the bridge is ready", Millis{60'000},
                    [&] { return accepts_connections(port_) && http_get(port_, "/readyz").status == 200; });
  }

  void expect_same(const std::vector<Sent>& requests) {
    for (const Sent& sent : requests) {
      const Answer theirs = answer_of(database_.port(), sent, [&] { return fields_in(folder_, database_); });
      const Answer ours = answer_of(port_, sent, [&] { return rig_.store().readings(); });
      const std::string what = std::string(sent.what) + ": " + sent.method + " " + sent.target;
      EXPECT_EQ(theirs, sent.difference.has_value() ? sent.difference->influxdb : ours) << what;
      EXPECT_EQ(ours, sent.difference.has_value() ? sent.difference->bridge : theirs) << what;
    }
  }

  static RigOptions serving_at(std::uint16_t port) {
    RigOptions options;
    options.serve_http(port, R"(["read", "write"])");
    return options;
  }

  const std::uint16_t port_ = free_port();
  InfluxDb database_{folder_};
  Rig rig_{folder_, serving_at(port_)};
};

TEST_F(SameAnswers, of_the_bridge_and_of_InfluxDB_to_questions_of_agents) { expect_same(questions()); }

TEST_F(SameAnswers, of_the_bridge_and_of_InfluxDB_to_writes) { expect_same(good_writes()); }

TEST_F(SameAnswers, of_the_bridge_and_of_InfluxDB_to_writes_that_are_wrong) { expect_same(bad_writes()); }

TEST_F(SameAnswers, of_the_bridge_and_of_InfluxDB_to_each_precision) { expect_same(precisions()); }

}  // namespace
}  // namespace sensors::rig
