#include "common/core/secret_name.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "common/core/ascii.hpp"
#include "common/core/printable.hpp"

namespace sensors {

namespace {

constexpr std::size_t most_quoted = 60;
constexpr std::size_t most_looked_at = 200;
constexpr std::array<std::string_view, 18> parts_of_secret_names{
    "password",   "passwd",     "passphrase",    "passcode", "secret", "token",   "apikey",    "api_key", "api-key",
    "credential", "access_key", "authorization", "cookie",   "psk",    "private", "preshared", "webhook", "bearer"};
constexpr std::array<std::string_view, 4> ends_of_secret_names{"pass", "pwd", "pw", "key"};
constexpr std::array<std::string_view, 6> secret_names{"auth", "sig", "signature", "dsn", "pin", "pat"};
constexpr std::array<std::string_view, 2> ends_of_file_names{"_file", "-file"};

/// `text` is in small letters.
bool names_secret(std::string_view text) {
  const auto is_all = [&](std::string_view name) { return text == name; };
  const auto is_in = [&](std::string_view part) { return text.find(part) != std::string_view::npos; };
  const auto is_end = [&](std::string_view end) { return text.ends_with(end); };
  return std::any_of(secret_names.begin(), secret_names.end(), is_all) ||
         std::any_of(parts_of_secret_names.begin(), parts_of_secret_names.end(), is_in) ||
         std::any_of(ends_of_secret_names.begin(), ends_of_secret_names.end(), is_end);
}

bool is_of_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; }

}  // namespace

bool is_secret_name(std::string_view name) {
  const std::string text = lower_ascii(name);
  const auto is_end = [&](std::string_view end) { return text.ends_with(end); };
  if (std::any_of(ends_of_file_names.begin(), ends_of_file_names.end(), is_end) || text == "idempotency-key")
    return false;
  return names_secret(text);
}

bool may_hold_secret(std::string_view text) {
  if (text.find("://") != std::string_view::npos || text.find('@') != std::string_view::npos) return true;
  const std::string all = lower_ascii(text);
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin;
    while (end < all.size() && is_of_word(all[end])) ++end;
    const std::string_view word = std::string_view(all).substr(begin, end - begin);
    if (names_secret(word) || word.find("header") != std::string_view::npos) return true;
    begin = end + 1;
  }
  return false;
}

std::string quotable(std::string_view text) {
  return may_hold_secret(text) ? "..." : printable_line(text.substr(0, most_looked_at), most_quoted);
}

}  // namespace sensors
