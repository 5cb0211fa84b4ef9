#include "services/sensorctl/bundle/redact.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

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

RC_GTEST_PROP(Redact, changes_nothing_the_second_time, (const std::vector<std::string>& words)) {
  const std::vector<std::string> pieces{"token", " = ",     "\"\"\"", "'''", "\n", "://",
                                        "@",     "Bearer ", "key",    ":",   "--", " "};
  std::string text;
  for (const std::string& word : words) text += word + *rc::gen::elementOf(pieces);
  const std::string once = without(text);
  RC_ASSERT(without(once) == once);
}

}  // namespace
}  // namespace sensors::bundle
