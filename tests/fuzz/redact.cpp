// Text of configurations and logs on its way into a support bundle; and the input as a secret in such a text.
#include "services/sensorctl/redaction/redact.hpp"
#include "services/sensorctl/redaction/configuration_text.hpp"

#include <algorithm>

#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

namespace {

constexpr std::size_t enough_to_know_it_again = 12;

bool is_in_place(std::string_view text, std::string_view before, std::string_view secret) {
  return text.find(std::string(before) + std::string(secret)) != std::string_view::npos;
}

}  // namespace

void run(std::string_view input) {
  const std::string once = bundle::redact(input, {});
  must(bundle::redact(once, {}) == once, "doing it again changes nothing");
  must(static_cast<std::size_t>(std::count(once.begin(), once.end(), '\n')) <=
           static_cast<std::size_t>(std::count(input.begin(), input.end(), '\n')),
       "no line is made");
  const std::string_view planted = "y = \"hush hush\"\n";
  must(bundle::shown_toml(std::string(planted) + std::string(input)).starts_with("y = \"[removed]\"\n"),
       "a text of an unknown key goes");
  static_cast<void>(bundle::shown_broker_configuration(input));
  static_cast<void>(bundle::secrets_of_toml(input));
  const std::string_view secret = input.substr(0, input.find('\n'));
  if (secret.size() < enough_to_know_it_again) return;
  const std::string before = "x = 1\ntoken = '";
  must(!is_in_place(bundle::redact(before + std::string(secret) + "'\ny = 2\n", {}), before, secret), "a value goes");
  if (secret.find_first_of(" \t\r\"'<>") != std::string_view::npos) return;
  const std::string url = "url: https://me:";
  must(!is_in_place(bundle::redact(url + std::string(secret) + "@api/", {}), url, secret), "the user of a URL goes");
}

}  // namespace sensors::fuzz
