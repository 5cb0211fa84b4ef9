#include "services/sensorctl/setup/http_setup.hpp"

#include <gtest/gtest.h>

#include "services/sensorctl/setup/page_text.hpp"

namespace sensors::sensorctl {
namespace {

const std::string folder = "/etc/sensor-project";
const std::string closed = "[http]\n#listen = \"\"\n#anonymous = [\"read\"]\n";
const Reach reach{"pi", "kitchen", {"192.168.1.7", "fd00::7"}};

HttpSetup served_at(const std::string& listen) {
  HttpSetup setup;
  setup.listen = listen;
  return setup;
}

ListenAddress at(const std::string& text) { return parse_listen(text).value(); }

HttpSetup with_tokens(std::vector<Token> tokens) {
  HttpSetup setup;
  setup.tokens = std::move(tokens);
  return setup;
}

TEST(HttpSetup, takes_addresses_with_a_port) {
  for (const char* good : {"127.0.0.1:8080", "0.0.0.0:1", "[::1]:8080", "[::]:65535"}) EXPECT_EQ(at(good).text(), good);
  EXPECT_TRUE(at("[::1]:80").is_loopback());
  EXPECT_FALSE(at("0.0.0.0:80").is_loopback());
  for (const char* bad : {"", "8080", ":8080", "0.0.0.0", "0.0.0.0:0", "0.0.0.0:65536", "kitchen:8080", "::1:8080",
                          "0.0.0.0:80x", "[1.2.3.4]:80", "0.0.0.0:080"}) {
    const Result<ListenAddress> listen = parse_listen(bad);
    ASSERT_FALSE(listen.has_value()) << bad;
    EXPECT_EQ(listen.error().code, ErrorCode::invalid);
  }
}

TEST(OpenPage, makes_a_token_where_nobody_could_read) {
  const Result<Change> change = open_page(closed, HttpSetup{}, at("0.0.0.0:8080"), false, folder);
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->text,
            "[http]\nlisten = \"0.0.0.0:8080\"\n#anonymous = [\"read\"]\n\n"
            "[http.tokens.page]\nfile = \"/etc/sensor-project/page.token\"\nscopes = [\"read\"]\n");
  EXPECT_EQ(change->setup.listen, "0.0.0.0:8080");
  EXPECT_EQ(change->token->file, "/etc/sensor-project/page.token");
  EXPECT_TRUE(change->is_needed);
}

TEST(OpenPage, makes_none_where_somebody_may_read) {
  HttpSetup with_token = served_at("127.0.0.1:8080");
  with_token.tokens = {{"garden", folder + "/garden.token", {true, true}}};
  EXPECT_FALSE(open_page(closed, with_token, at("0.0.0.0:8080"), false, folder)->token.has_value());
  EXPECT_FALSE(open_page(closed, HttpSetup{}, at("127.0.0.1:8080"), false, folder)->token.has_value());
}

TEST(OpenPage, makes_one_of_another_name_where_that_is_of_a_token_that_only_writes) {
  HttpSetup setup;
  setup.tokens = {{"page", "", {false, true}}};
  EXPECT_EQ(open_page(closed, setup, at("0.0.0.0:8080"), false, folder)->token->name, "page-2");
}

TEST(OpenPage, lets_everybody_read_when_it_is_told_so) {
  const Result<Change> change = open_page(closed, HttpSetup{}, at("0.0.0.0:8080"), true, folder);
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->text, "[http]\nlisten = \"0.0.0.0:8080\"\nanonymous = [\"read\"]\n");
  EXPECT_FALSE(change->token.has_value());
}

/// On loopback, or opened before: what was right then was not asked now.
TEST(OpenPage, lets_nobody_do_without_a_token_what_was_not_asked) {
  for (const char* before : {"127.0.0.1:8080", "0.0.0.0:8080", ""}) {
    for (const Scopes anonymous : {Scopes{true, false}, Scopes{false, true}, Scopes{true, true}}) {
      HttpSetup setup = served_at(before);
      setup.anonymous = anonymous;
      const std::string text = "[http]\nlisten = \"x\"\nanonymous = [\"x\"]  # mine\n";
      const Result<Change> closed_to_all = open_page(text, setup, at("0.0.0.0:9090"), false, folder);
      ASSERT_TRUE(closed_to_all.has_value());
      EXPECT_EQ(anonymous_of(closed_to_all->setup), Scopes{});
      EXPECT_EQ(closed_to_all->text.find("[http]\nlisten = \"0.0.0.0:9090\"\n#anonymous = [\"x\"]  # mine\n"), 0U)
          << closed_to_all->text;
      EXPECT_EQ(closed_to_all->note.find("Reading takes a token now") != std::string::npos, anonymous.read);
      EXPECT_EQ(closed_to_all->note.find("Handing readings in takes a token now") != std::string::npos,
                anonymous.write);
      EXPECT_EQ(closed_to_all->token->name, "page") << "somebody must be able to read";

      const Result<Change> open = open_page(text, setup, at("0.0.0.0:9090"), true, folder);
      EXPECT_EQ(anonymous_of(open->setup), (Scopes{true, false})) << "--public is for reading";
      EXPECT_EQ(open->note.empty(), !anonymous.write);

      setup.listen = "127.0.0.1:8080";
      EXPECT_EQ(open_page(text, setup, at("127.0.0.1:9090"), false, folder)->setup.anonymous, anonymous)
          << "on this machine it stays";
    }
  }
}

TEST(OpenPage, takes_out_no_more_than_there_is) {
  HttpSetup nobody = served_at("0.0.0.0:8080");
  nobody.anonymous = Scopes{};
  const Result<Change> change = open_page("[http]\nanonymous = []\n", nobody, at("0.0.0.0:8080"), false, folder);
  EXPECT_EQ(change->setup.anonymous, Scopes{});
  EXPECT_EQ(change->note, "");
}

TEST(OpenPage, changes_nothing_the_second_time) {
  const Result<Change> first = open_page(closed, HttpSetup{}, at("0.0.0.0:8080"), false, folder);
  const Result<Change> second = open_page(first->text, first->setup, at("0.0.0.0:8080"), false, folder);
  EXPECT_FALSE(second->is_needed);
  EXPECT_EQ(second->text, first->text);
}

TEST(ClosePage, goes_back_to_this_machine_on_the_same_port_and_forgets_that_all_may_read) {
  HttpSetup setup = served_at("0.0.0.0:9090");
  setup.anonymous = Scopes{true, false};
  const Result<Change> change = close_page("[http]\nlisten = \"0.0.0.0:9090\"\nanonymous = [\"read\"]\n", setup);
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->text, "[http]\nlisten = \"127.0.0.1:9090\"\n#anonymous = [\"read\"]\n");
  EXPECT_TRUE(anonymous_of(change->setup).read) << "on loopback";
  EXPECT_FALSE(close_page(change->text, change->setup)->is_needed);
  EXPECT_EQ(close_page(closed, HttpSetup{})->setup.listen, "127.0.0.1:8080");
}

TEST(Tokens, are_added_and_taken_away_by_name) {
  const Result<Change> added = add_token(closed, HttpSetup{}, "garden", {false, true}, folder);
  ASSERT_TRUE(added.has_value());
  EXPECT_EQ(added->text, closed +
                             "\n[http.tokens.garden]\nfile = \"/etc/sensor-project/garden.token\"\n"
                             "scopes = [\"write\"]\n");
  const Result<Change> twice = add_token(added->text, added->setup, "garden", {true, false}, folder);
  EXPECT_EQ(twice.error().code, ErrorCode::in_use);
  const Result<Change> removed = remove_token(added->text, added->setup, "garden");
  ASSERT_TRUE(removed.has_value());
  EXPECT_EQ(removed->text, closed);
  const Result<Change> keeper = add_token(closed, HttpSetup{}, "keeper", {true, false, true}, folder);
  EXPECT_NE(keeper->text.find("scopes = [\"read\", \"operate\"]\n"), std::string::npos) << keeper->text;
  EXPECT_EQ(removed->setup, HttpSetup{});
  EXPECT_EQ(removed->token->file, "/etc/sensor-project/garden.token");
  EXPECT_EQ(remove_token(added->text, added->setup, "gardn").error().message,
            "there is no token 'gardn'; there is garden; did you mean 'garden'?");
  EXPECT_EQ(remove_token(closed, HttpSetup{}, "x").error().message, "there is no token 'x'; there is none");
}

TEST(Tokens, have_names_that_are_files_of_their_own) {
  for (const char* bad : {"", "a/b", "../x", "a.b", "with blank", "api", "k\u00fcche"}) {
    const Result<Change> change = add_token(closed, HttpSetup{}, bad, {true, false}, folder);
    ASSERT_FALSE(change.has_value()) << bad;
    EXPECT_EQ(change.error().code, ErrorCode::invalid);
  }
  EXPECT_FALSE(add_token(closed, HttpSetup{}, std::string(41, 'x'), {true, false}, folder).has_value());
}

TEST(PageText, says_where_the_page_is_and_how_others_see_it) {
  EXPECT_EQ(page_text(served_at("127.0.0.1:8080"), reach),
            "The page is at http://127.0.0.1:8080, for this machine only.\n"
            "From another one: ssh -L 8080:127.0.0.1:8080 pi@kitchen\n"
            "                  and there http://127.0.0.1:8080\n"
            "For the house, with a token: sudo sensorctl page --listen 0.0.0.0:8080\n");
  EXPECT_EQ(page_text(HttpSetup{}, reach),
            "There is no page: [http] listen names no address.\n"
            "For this machine only:         sudo sensorctl page --local\n"
            "For the house, with a token:   sudo sensorctl page --listen 0.0.0.0:8080\n");
}

TEST(PageText, knows_the_address_that_the_bridge_takes_without_brackets) {
  EXPECT_EQ(page_addresses(served_at("::1:8080"), reach), std::vector<std::string>{"http://[::1]:8080"});
}

TEST(PageText, says_who_may_read_it) {
  HttpSetup setup = served_at("0.0.0.0:8080");
  EXPECT_EQ(page_text(setup, reach),
            "The page is at http://192.168.1.7:8080\n"
            "Nobody may read it: sudo sensorctl token add page --read\n"
            "All passes in the clear: certificate_file and key_file make it HTTPS.\n"
            "For this machine only: sudo sensorctl page --local\n");
  setup.tokens = {{"page", folder + "/page.token", {true, false}}, {"garden", folder + "/g.token", {false, true}}};
  setup.has_certificate = true;
  setup.listen = "[::]:443";
  EXPECT_EQ(page_text(setup, reach),
            "The page is at https://192.168.1.7:443\n"
            "            or https://[fd00::7]:443\n"
            "It asks for a token, which is in\n"
            "  sudo cat /etc/sensor-project/page.token\n"
            "For this machine only: sudo sensorctl page --local\n");
  setup.anonymous = Scopes{true, false};
  EXPECT_NE(page_text(setup, reach).find("Whoever reaches it may read, without a token.\n"), std::string::npos);
  EXPECT_EQ(page_addresses(setup, Reach{"pi", "kitchen", {}}), std::vector<std::string>{"https://kitchen:443"});
}

TEST(TokenText, has_the_lines_that_use_it) {
  const Token token{"garden", folder + "/garden.token", {true, true}};
  EXPECT_EQ(token_text(token, served_at("0.0.0.0:8080")),
            "TOKEN=$(sudo cat /etc/sensor-project/garden.token)\n"
            "echo \"Authorization: Bearer $TOKEN\" | curl -H @- 'http://127.0.0.1:8080/v1/readings?limit=10'\n"
            "echo \"Authorization: Bearer $TOKEN\" | curl -H @- -H 'Content-Type: application/json' \\\n"
            "  -d '{\"sensor\":\"garden.soil\",\"value\":0.31}' http://127.0.0.1:8080/v1/readings\n");
  EXPECT_NE(token_text(token, HttpSetup{}).find("sudo sensorctl page --local"), std::string::npos);
  EXPECT_EQ(tokens_text(with_tokens({token, {"b", "", {false, true}}})),
            "TOKEN   MAY          FILE\n"
            "garden  read, write  /etc/sensor-project/garden.token\n"
            "b       write        a credential of systemd\n");
  EXPECT_NE(tokens_text(HttpSetup{}).find("there is no token"), std::string::npos);
}

TEST(HttpSetup, of_a_bridge_with_a_name_is_told_with_its_name) {
  HttpSetup setup;
  setup.bridge = "weather";
  EXPECT_EQ(page_text(setup, reach),
            "The bridge weather has no page: [http] listen names no address.\n"
            "For this machine only:         sudo sensorctl page --bridge weather --listen 127.0.0.1:8081\n");
  EXPECT_NE(close_page("", setup).error().message.find("sudo sensorctl page --bridge weather --listen 127.0.0.1:8081"),
            std::string::npos);
  setup.listen = "127.0.0.1:8081";
  EXPECT_NE(page_text(setup, reach).find("sudo sensorctl page --bridge weather --listen 0.0.0.0:8081\n"),
            std::string::npos);
  setup.listen = "0.0.0.0:8081";
  EXPECT_NE(page_text(setup, reach).find("sudo sensorctl token add page --read --bridge weather\n"), std::string::npos);
  EXPECT_NE(page_text(setup, reach).find("sudo sensorctl page --bridge weather --local\n"), std::string::npos);
  EXPECT_EQ(add_token("", setup, "garden", {true, false}, "/etc/x")->token->file, "/etc/x/garden@weather.token");
  EXPECT_NE(add_token("", setup, "api", {true, false}, "/etc/x").error().message.find("/etc/x/api@weather.token"),
            std::string::npos);
  EXPECT_NE(token_text({"a", "/a", {}}, HttpSetup{"", false, {}, {}, "b"}).find("--listen 127.0.0.1:8081\n"),
            std::string::npos);
  EXPECT_EQ(other_bridges_text("page", {}, ""), "");
  EXPECT_EQ(other_bridges_text("page", {"a", "b"}, "a"),
            "Of the bridge b: sensorctl page --bridge b\nOf the bridge without a name: sensorctl page\n");
}

TEST(HttpSetup, is_offered_a_port_that_no_other_bridge_has) {
  HttpSetup setup;
  setup.taken = {"", "0.0.0.0:8080", "127.0.0.1:8081", "[::1]:8083"};
  EXPECT_EQ(close_page(closed, setup)->setup.listen, "127.0.0.1:8082");
  EXPECT_NE(page_text(setup, reach).find("sudo sensorctl page --listen 0.0.0.0:8082\n"), std::string::npos);
  setup.bridge = "weather";
  const std::string told = "sudo sensorctl page --bridge weather --listen 127.0.0.1:8082";
  EXPECT_NE(page_text(setup, reach).find(told + "\n"), std::string::npos);
  EXPECT_NE(token_text({"garden", "/garden", {}}, setup).find(told + "\n"), std::string::npos);
  EXPECT_TRUE(close_page("", setup).error().message.ends_with(told)) << close_page("", setup).error().message;
  setup.taken = {"", "0.0.0.0:9090"};
  EXPECT_EQ(free_port(setup), 8081) << "8080 is of the bridge without a name, also while that has none";
}

}  // namespace
}  // namespace sensors::sensorctl
