#include "services/sensorctl/redaction/redact.hpp"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "services/sensorctl/redaction/configuration_text.hpp"

namespace sensors::bundle {
namespace {

std::string without(std::string_view text) { return redact(text, {}); }

TEST(Redact, takes_the_values_of_secret_keys_out_and_leaves_the_rest) {
  EXPECT_EQ(without("[destination]\nurl = \"https://api\"\ntoken = \"abc def\"  # mine\ngzip = true\n"),
            "[destination]\nurl = \"https://api\"\ntoken = [removed]\ngzip = true\n");
  for (const char* line :
       {"password=hush", "mqtt.password: hush", "\"Api-Key\": \"hush\"", "X_API_KEY = 'hush'",
        "headers = { \"X-Token\" = \"hush\" }", "env = [\"TOKEN=hush\"]", "Authorization: Digest hush",
        "remote_password hush", "  password hush", "program = [\"x\", \"--password\", \"hush\"]", "x --secret hush",
        "https://api?key=hush", "SECRET:hush"}) {
    EXPECT_EQ(without(line).find("hush"), std::string::npos) << without(line);
  }
}

TEST(Redact, leaves_names_of_files_and_prose) {
  for (const char* line :
       {"password_file = \"/etc/sensor-project/x.password\"", "password_file /etc/x", "# A token is a secret; keep it.",
        "check [mqtt] user and password_file against the broker's", "Idempotency-Key: w5n2:api:1-200:9ae16a3b2f90404f",
        "keepalive = 5", "", "sensor = \"key\""}) {
    EXPECT_EQ(without(line), line);
  }
}

TEST(Redact, takes_the_user_out_of_urls) {
  EXPECT_EQ(without("url = \"https://me:pw@api.example/readings\" # http://x@y"),
            "url = \"https://[removed]@api.example/readings\" # http://[removed]@y");
  EXPECT_EQ(without("https://me:p/w@d@api"), "https://[removed]@api");
  EXPECT_EQ(without("https://me:mytoken:rest@api"), "https://[removed]@api");
  EXPECT_EQ(without("POST https://api.example/readings failed"), "POST https://api.example/readings failed");
}

TEST(Redact, takes_tokens_behind_bearer_and_basic) {
  EXPECT_EQ(without("sent 'bearer abc.def', got 401"), "sent 'bearer [removed]', got 401");
  EXPECT_EQ(without("Basic dXNlcjpwdw=="), "Basic [removed]");
}

TEST(Redact, takes_texts_of_several_lines_out_to_their_end) {
  EXPECT_EQ(without("a = 1\nsecret = \"\"\"\nline one\nline two\"\"\"\nb = 2\n"), "a = 1\nsecret = [removed]\nb = 2\n");
  EXPECT_EQ(without("token = '''one'''\nb = 2\n"), "token = [removed]\nb = 2\n");
}

TEST(Redact, finds_known_secrets_wherever_they_stand) {
  EXPECT_EQ(redact("refused 's3cret-words' of x\n", {"s3cret-words"}), "refused '[removed]' of x\n");
  EXPECT_EQ(redact("a short one", {"one"}), "a short one");
}

TEST(Redact, leaves_nothing_of_what_is_planted_in_logs_and_reports) {
  for (const char* line : {R"(journal: {"password":"hush"})",
                           R"(said {\"broker\":{\"Password\":\"hush\"}})",
                           R"({"auth":{"token":"hush"}})",
                           "\"password\":\n    \"hush\"\n",
                           "\"secrets\": {\n \"a\": \"hush\"\n}\n",
                           "token:\n- hush\n",
                           "<password>hush</password>",
                           "PASSWORD='hush'",
                           "Environment=MQTT_PW=hush",
                           "export INFLUX_TOKEN=hush",
                           "DB_PASS=hush",
                           "api-key hush",
                           "  --token hush",
                           "--password=hush",
                           R"(["curl", "-u", "me:hush"])",
                           "curl -u me:hush http://x",
                           "mosquitto_pub -h h -u me -P hush -t x",
                           "mysql -phush x",
                           "plink -pw hush",
                           "-H 'X-Api-Key: hush'",
                           "Authorization: Basic hush",
                           "authorization: bearer hush",
                           "sent Bearer hush, got 401",
                           "Cookie: session=hush",
                           "POST https://hush:hush@api/v1: timeout",
                           "GET https://api/v1?token=hush&x=hush",
                           "https://ntfy.sh/hush",
                           "https://hooks.slack.com/services/T0/B0/hush",
                           "https://discord.com/api/webhooks/1/hush",
                           "https://api.telegram.org/bot1:hush/sendMessage",
                           "mqtts://hush@broker",
                           "postgres://u:hush@db/x",
                           "wpa_psk=hush",
                           "bridge_psk hush",
                           "private_key = hush",
                           "PIN: hush",
                           "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n",
                           "x = '-----BEGIN RSA PRIVATE KEY----- hush -----END'",
                           "Server=db;Password=hush;",
                           "dsn=hush",
                           "session_cookie: hush",
                           "client_secret=hush"}) {
    EXPECT_EQ(without(line).find("hush"), std::string::npos) << line << "\n->\n" << without(line);
  }
}

TEST(Redact, takes_words_that_look_like_chance) {
  for (const char* secret :
       {"tk4Zr8Qp2Lx9", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "dGhpcyBpcyBhIHNlY3JldCB0b2tlbiE5/+Ab3dEf4gH5",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1rwW1gFWFOEjXk",
        "550e8400-e29b-41d4-a716-446655440000", "5f4dcc3b5aa765d61d8327deb882cf99", "xoxb-123456789012-abcDEF123456ghi",
        "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"}) {
    const std::string shown = without(std::string("the device says ") + secret + " and goes on");
    EXPECT_EQ(shown.find(secret), std::string::npos) << shown;
    EXPECT_TRUE(shown.ends_with(" and goes on")) << shown;
  }
  EXPECT_EQ(without("/etc/sensor-project/tk4Zr8Qp2Lx9.token"), "/etc/sensor-project/[removed].token");
  for (const char* line : {"2026-01-15T16:09:35+0000 kitchen sensor-publisher[812]: up", "stream k3v9x2m7qp4d at 15",
                           "libpaho-mqtt1.3 1.3.12-1", "Linux kitchen 6.1.0-13-arm64 #1 SMP Debian 6.1.55-1 aarch64",
                           "CPUQuotaPerSecUSec=infinity", "/dev/mmcblk0p2 29G 4.1G",
                           "-rw-r----- 1 998 996 4096 Jan 15 16:09 readings.db-wal",
                           "Circuit breaker OPEN - API failures exceeded threshold (3)", "http://127.0.0.1:8086/write",
                           "batch 1-200, 200 rows, not delivered, kept in the store: HTTP 503"}) {
    EXPECT_EQ(without(line), line);
  }
}

TEST(Redact, finds_known_secrets_in_other_forms) {
  EXPECT_EQ(redact("cGFzcyB3b3JkIQ== x, pass%20word%21, pass word!", forms_of("pass word!")),
            "[removed]== x, [removed], [removed]");
}

// ---- configuration files ----

std::string example(const std::string& service) {
  std::ifstream file(SENSOR_SOURCE_DIR "/services/" + service + "/" + service + ".toml");
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ShownToml, keeps_what_is_known_to_be_harmless) {
  EXPECT_EQ(shown_toml("[destination]\nurl = \"https://me:hush@api.example.com/v1/readings?x=hush\"  # hush\n"
                       "gzip = true\nmax_rate=5_000\ninterval = '10s'\nopen_times = [\"60s\", \"5min\"]\n\n"
                       "scopes = [\"read\"]\ntoken_file = \"/etc/sensor-project/api.token\"\n"),
            "[destination]\nurl = \"https://[removed]@api.example.com/v1/readings?[removed]\"\n"
            "gzip = true\nmax_rate = 5_000\ninterval = \"10s\"\nopen_times = [\"60s\", \"5min\"]\n\n"
            "scopes = [\"read\"]\ntoken_file = \"/etc/sensor-project/api.token\"\n");
  EXPECT_EQ(
      shown_toml("program = [\"/usr/bin/rtl_433\", \"-F\", \"json\", \"--key=hush\", \"-M\", \"5\", \"-phush\"]\n"),
      "program = [\"/usr/bin/rtl_433\", \"-F\", \"[removed]\", \"--key=[removed]\", \"-M\", \"5\", \"-p\"]\n");
}

TEST(ShownToml, leaves_nothing_of_what_is_planted) {
  for (const char* text : {"password = \"hush\"",
                           "PASSWORD = 'hush'",
                           "mqtt.password = \"hush\"",
                           "\"api key\" = \"hush\"",
                           "unknown = \"hush\"",
                           "unknown = ['hush', 1]",
                           "unknown = [\n  \"hush\",\n]\nx = 1",
                           "x = { a = 1, b = \"hush\" }",
                           "x = {\n a = \"hush\"\n}",
                           "x = \"\"\"\nhush\nhush\"\"\"",
                           "x = '''\nhush\n'''",
                           "x = \"\"\"hush\"\"\"",
                           "# password was hush",
                           "x = 1 # hush",
                           "x = hush",
                           "hush",
                           "url = \"https://hush@api\"",
                           "url = \"https://ntfy.sh/hush\"",
                           "url = \"https://api/v1?k=hush\"",
                           "program = [\"x\", \"hush\"]",
                           "program = [\"x\", \"--a\", \"hush\"]",
                           "program = [\"x\", \"--a=hush\"]",
                           "program = [\n\"x\",\n\"hush\"]",
                           "environment = [\"A=hush\"]",
                           "headers = { \"X-Token\" = \"hush\" }",
                           "psk = \"hush\"",
                           "token = 12345 # hush",
                           "x = \"a\\\"hush\"",
                           "x = 1979-05-27 hush",
                           "x = [[\"hush\"]]",
                           "x = [ # [\n\"hush\" ]",
                           "key = \"hush\"",
                           "x = \"hush",
                           "topic = \"hush\"",
                           "webhook = \"https://h/hush\"",
                           "x =\"hush\"",
                           "\tx\t=\t\"hush\"",
                           "a.b.\"c\" = \"hush\"",
                           "url = \"https://me:a=hush@api\"",
                           "name = \"https://api/bot1:hush/x\""}) {
    const std::string shown = shown_toml(text);
    EXPECT_EQ(shown.find("hush"), std::string::npos) << text << "\n->\n" << shown;
  }
  EXPECT_EQ(shown_toml("pin = 1234\ntoken = 1\n"), "pin = [removed]\ntoken = [removed]\n");
}

TEST(ShownToml, goes_on_behind_a_value_of_several_lines) {
  EXPECT_EQ(shown_toml("x = [\n 'a]',\n # ]\n]\ny = 1\nz = \"\"\"\n[\n\"\"\"\n[mqtt]\nport = 1\n"),
            "x = [removed]\ny = 1\nz = [removed]\n[mqtt]\nport = 1\n");
}

TEST(ShownToml, shows_the_settings_of_the_examples) {
  for (const char* service : {"sensor-publisher", "sensor-persistence", "sensor-http-bridge"}) {
    std::string text = example(service);
    for (std::size_t at = text.find("\n#"); at != std::string::npos; at = text.find("\n#", at + 1)) {
      const std::size_t letter = at + 2;
      if (letter < text.size() && text[letter] >= 'a' && text[letter] <= 'z') text.erase(at + 1, 1);
    }
    const std::string shown = shown_toml(text);
    for (const char* line :
         {"status_interval = \"10s\"", "host = \"127.0.0.1\"", "log_level = \"info\"", "port = 11883"})
      EXPECT_NE(shown.find(line), std::string::npos) << service << ": " << line << "\n" << shown;
  }
}

TEST(ShownBrokerConfiguration, keeps_what_is_known_to_be_harmless) {
  EXPECT_EQ(shown_broker_configuration("# hush\nlistener 11883 127.0.0.1\nmax_inflight_messages 20\n"
                                       "password_file /etc/x\nremote_password hush\nbridge_psk hush\n"
                                       "bridge_identity hush\nplugin_opt_x hush\n  remote_username hush\n"
                                       "set_tcp_nodelay true\n"),
            "#\nlistener 11883 127.0.0.1\nmax_inflight_messages 20\n"
            "password_file /etc/x\nremote_password [removed]\nbridge_psk [removed]\n"
            "bridge_identity [removed]\nplugin_opt_x [removed]\nremote_username [removed]\n"
            "set_tcp_nodelay true\n");
}

TEST(ShownToml, its_secrets_are_looked_for_elsewhere) {
  EXPECT_EQ(secrets_of_toml("password = \"hush hush\"\nurl = \"https://me:p%40ss@api\"\nname = \"x\"\n"),
            (std::vector<std::string>{"hush hush", "p%40ss"}));
}

RC_GTEST_PROP(ShownToml, no_text_of_an_unknown_key_stays, (const std::vector<char>& length)) {
  const std::vector<std::string> pieces{"x = ", "\"", "\"\"\"", "'''", "\n", "[", "]",
                                        "{",    "}",  "#",      ",",   "\\", " ", "y = \"hush\"\n"};
  std::string text;
  for (std::size_t i = 0; i < length.size(); ++i) text += *rc::gen::elementOf(pieces);
  RC_ASSERT(shown_toml(text).find("hush") == std::string::npos);
}

RC_GTEST_PROP(Redact, changes_nothing_the_second_time, (const std::vector<std::string>& words)) {
  const std::vector<std::string> pieces{"token",   " = ", "\"\"\"", "'''",         "\n",       "://",         "@",
                                        "Bearer ", "key", ":",      "--",          " ",        "-P ",         "?",
                                        "/",       "{",   "}",      "-----BEGIN ", "-----END", "aB3dE5gH7jK9"};
  std::string text;
  for (const std::string& word : words) text += word + *rc::gen::elementOf(pieces);
  const std::string once = without(text);
  RC_ASSERT(without(once) == once);
}

}  // namespace
}  // namespace sensors::bundle
