// File format, every line "key value", in this order:
//   sensor-http-bridge-breaker 1
//   state open|half_open|closed|isolated      isolated: open, by an operator
//   openings N
//   left_ms N          0 .. 600,000, of the open time
//   saved_at_ms N      wall clock, since 1970
//   refused_in_row N
//   about TEXT         which destination it is about; absent: not known
//   reason TEXT        to the end of the line
#include "services/sensor-http-bridge/delivery/saved_breaker.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

namespace sensors::bridge {

namespace {

constexpr std::string_view first_line = "sensor-http-bridge-breaker 1";
constexpr std::int64_t most_left_ms = 600'000;
constexpr std::int64_t most_openings = 1'000'000;
constexpr std::int64_t most_refused = 1'000'000;
constexpr std::int64_t latest_ms = 253'402'300'799'999;  // the end of 9999

/// Takes lines off the front of a text; remembers when one was not as expected.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}

  std::string_view value_of(std::string_view key) {
    const std::string_view line = next();
    const bool fits = line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ';
    if (!fits) return fail_with_empty();
    return line.substr(key.size() + 1);
  }

  std::int64_t number_of(std::string_view key, std::int64_t most) {
    const std::string_view text = value_of(key);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 0 || number > most) failed_ = true;
    return number;
  }

  /// Empty where the next line is not of `key`.
  std::string_view value_if_any(std::string_view key) {
    const bool is_next = rest_.starts_with(key) && rest_.substr(key.size()).starts_with(' ');
    if (!is_next) return {};
    const std::string_view value = value_of(key);
    return value.empty() ? fail_with_empty() : value;
  }

  std::string_view next() {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return fail_with_empty();
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
  }

  bool at_end() const { return rest_.empty(); }
  bool failed() const { return failed_; }

 private:
  std::string_view fail_with_empty() {
    failed_ = true;
    return {};
  }

  std::string_view rest_;
  bool failed_ = false;
};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

std::optional<CircuitBreaker::State> state_from(std::string_view name) {
  using State = CircuitBreaker::State;
  for (const State state : {State::closed, State::open, State::half_open}) {
    if (name == name_of(state)) return state;
  }
  return std::nullopt;
}

constexpr std::string_view isolated_state = "isolated";

}  // namespace

SavedBreaker saved_breaker(const CircuitBreaker& breaker, std::size_t refused_in_row, std::string about, Now now) {
  SavedBreaker saved;
  saved.state = breaker.state();
  saved.openings = breaker.openings();
  saved.saved_at = now.wall;
  saved.refused_in_row = std::min(refused_in_row, static_cast<std::size_t>(most_refused));
  saved.reason = breaker.reason();
  saved.isolated = breaker.is_isolated();
  saved.about = std::move(about);
  if (const std::optional<Instant> next = breaker.next_attempt(); next.has_value()) {
    saved.left = std::clamp(std::chrono::ceil<Millis>(*next - now.monotonic), Millis{0}, Millis{most_left_ms});
  }
  return saved;
}

std::string encode_saved_breaker(const SavedBreaker& saved) {
  std::string reason = saved.reason.empty() ? "none" : saved.reason;
  std::replace_if(reason.begin(), reason.end(), is_control, ' ');
  const std::string about = saved.about.empty() ? "" : fmt::format("about {}\n", saved.about);
  return fmt::format("{}\nstate {}\nopenings {}\nleft_ms {}\nsaved_at_ms {}\nrefused_in_row {}\n{}reason {}\n",
                     first_line, saved.isolated ? isolated_state : name_of(saved.state), saved.openings,
                     saved.left.count(), saved.saved_at.time_since_epoch().count(), saved.refused_in_row, about,
                     reason);
}

Result<SavedBreaker> decode_saved_breaker(std::string_view text) {
  LineReader lines(text);
  const bool is_ours = lines.next() == first_line;
  const std::string_view state_name = lines.value_of("state");
  SavedBreaker saved;
  saved.isolated = state_name == isolated_state;
  const std::optional<CircuitBreaker::State> state =
      saved.isolated ? CircuitBreaker::State::open : state_from(state_name);
  saved.openings = static_cast<std::size_t>(lines.number_of("openings", most_openings));
  saved.left = Millis{lines.number_of("left_ms", most_left_ms)};
  saved.saved_at = WallTime{Millis{lines.number_of("saved_at_ms", latest_ms)}};
  saved.refused_in_row = static_cast<std::size_t>(lines.number_of("refused_in_row", most_refused));
  saved.about = lines.value_if_any("about");
  saved.reason = lines.value_of("reason");
  const bool is_text = !saved.reason.empty() && std::none_of(saved.reason.begin(), saved.reason.end(), is_control) &&
                       std::none_of(saved.about.begin(), saved.about.end(), is_control);
  if (!is_ours || !state.has_value() || lines.failed() || !lines.at_end() || !is_text) {
    return fail(ErrorCode::corrupt, "not the state of a circuit breaker");
  }
  saved.state = *state;
  return saved;
}

std::optional<Millis> open_time_left(const SavedBreaker& saved, WallTime now) {
  if (saved.state == CircuitBreaker::State::closed) return std::nullopt;
  return std::clamp(saved.left - (now - saved.saved_at), Millis{0}, saved.left);
}

}  // namespace sensors::bridge
