#include "common/codec/time_text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace sensors {

namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr WallTime earliest{};
constexpr WallTime latest = sys_days{std::chrono::year{10000} / 1 / 1} - Millis{1};
constexpr std::size_t text_length = 24;

void put_digits(char* end, unsigned value, int count) {
  for (int i = 0; i < count; ++i) {
    *--end = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

/// Reads the text from left to right; each step answers whether it found what it looked for.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  bool one_of(std::string_view characters, char* found = nullptr) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
    if (found != nullptr) *found = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }

  bool digits(std::size_t count, int least, int most, int& value) {
    if (rest_.size() < count) return false;
    value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return false;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return value >= least && value <= most;
  }

  /// One to nine decimals, cut to milliseconds.
  bool decimals(int& millis) {
    millis = 0;
    int place = 100;
    std::size_t count = 0;
    for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; rest_.remove_prefix(1), ++count) {
      millis += place * (rest_.front() - '0');
      place /= 10;
    }
    return count >= 1 && count <= 9;
  }

 private:
  std::string_view rest_;
};

std::optional<sys_days> scan_date(Scanner& scanner) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!scanner.digits(4, 1969, 9999, year) || !scanner.one_of("-") || !scanner.digits(2, 1, 12, month) ||
      !scanner.one_of("-") || !scanner.digits(2, 1, 31, day)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return sys_days{date};
}

/// "Z", "+01:00" or nothing, to the end of the text.
std::optional<std::chrono::minutes> scan_offset(Scanner& scanner) {
  if (scanner.one_of("Zz")) return scanner.at_end() ? std::optional(std::chrono::minutes{0}) : std::nullopt;
  char sign = '+';
  int hours = 0;
  int minutes = 0;
  if (scanner.at_end()) return std::chrono::minutes{0};
  if (!scanner.one_of("+-", &sign) || !scanner.digits(2, 0, 23, hours) || !scanner.one_of(":") ||
      !scanner.digits(2, 0, 59, minutes) || !scanner.at_end()) {
    return std::nullopt;
  }
  const std::chrono::minutes offset{hours * 60 + minutes};
  return sign == '-' ? -offset : offset;
}

std::optional<WallTime> scan_time(Scanner& scanner) {
  const std::optional<sys_days> date = scan_date(scanner);
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millis = 0;
  if (!date.has_value() || !scanner.one_of("Tt ") || !scanner.digits(2, 0, 23, hour) || !scanner.one_of(":") ||
      !scanner.digits(2, 0, 59, minute) || !scanner.one_of(":") || !scanner.digits(2, 0, 60, second)) {
    return std::nullopt;
  }
  if (scanner.one_of(".") && !scanner.decimals(millis)) return std::nullopt;
  const std::optional<std::chrono::minutes> offset = scan_offset(scanner);
  if (!offset.has_value()) return std::nullopt;

  const WallTime whole_minute = *date + std::chrono::hours{hour} + std::chrono::minutes{minute} - *offset;
  const bool last_minute = whole_minute - std::chrono::floor<days>(whole_minute) == std::chrono::minutes{1439};
  if (second == 60 && !last_minute) return std::nullopt;  // a leap second stands only at the end of a UTC day
  const WallTime time = whole_minute + std::chrono::seconds{second} + Millis{millis};
  if (time < earliest || time > latest) return std::nullopt;
  return time;
}

}  // namespace

void append_time(std::string& out, WallTime time) {
  time = std::clamp(time, earliest, latest);
  const sys_days day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date{day};
  const auto millis = static_cast<unsigned>((time - day).count());
  std::array<char, text_length> text{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0',
                                     '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', 'Z'};
  char* const begin = text.data();
  put_digits(begin + 4, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put_digits(begin + 7, static_cast<unsigned>(date.month()), 2);
  put_digits(begin + 10, static_cast<unsigned>(date.day()), 2);
  put_digits(begin + 13, millis / 3'600'000, 2);
  put_digits(begin + 16, millis / 60'000 % 60, 2);
  put_digits(begin + 19, millis / 1'000 % 60, 2);
  put_digits(begin + 23, millis % 1'000, 3);
  out.append(begin, text.size());
}

std::string time_text(WallTime time) {
  std::string out;
  append_time(out, time);
  return out;
}

Result<WallTime> parse_time(std::string_view text) {
  Scanner scanner(text);
  if (const std::optional<WallTime> time = scan_time(scanner); time.has_value()) return *time;
  return fail(ErrorCode::malformed, "not a time of RFC 3339 between 1970 and 9999, such as 2026-01-15T16:09:35.123Z");
}

}  // namespace sensors
