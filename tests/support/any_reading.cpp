#include "tests/support/any_reading.hpp"

#include <rapidcheck.h>

#include <bit>
#include <cmath>

namespace sensors {

namespace {

constexpr std::int64_t millis_to_year_10000 = 253'402'300'800'000;

/// Every bit pattern that is a finite number, and round numbers as sensors give them.
double any_number() {
  if (*rc::gen::arbitrary<bool>()) return *rc::gen::inRange(-100'000, 100'000) / 100.0;
  const double number = std::bit_cast<double>(*rc::gen::noShrink(rc::gen::inRange<std::uint64_t>(0, UINT64_MAX)));
  return std::isfinite(number) ? number : 0.0;
}

Value any_value() {
  switch (*rc::gen::inRange(0, 4)) {
    case 0: return *rc::gen::arbitrary<bool>();
    case 1: return any_text();
    default: return any_number();
  }
}

}  // namespace

std::string any_name() {
  const std::string letters = "ABCXYZabcxyz019_.-";
  return *rc::gen::container<std::string>(*rc::gen::inRange<std::size_t>(1, 65), rc::gen::elementOf(letters));
}

std::string any_text() {
  static const std::vector<std::string> pieces{
      "a",    "Z", " ", "\"", "\\", "\n", "\t", "\r", "\x01",         "\x1f",
      "\x7f", "/", "{", "]",  ",",  "é",  "€",  "😀",  "\xef\xbf\xbf", std::string(1, '\0')};
  std::string text;
  for (const std::string& piece : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces))) {
    if (text.size() + piece.size() <= max_text_value_length) text += piece;
  }
  return text;
}

WallTime any_time() {
  return WallTime{Millis{*rc::gen::noShrink(rc::gen::inRange<std::int64_t>(0, millis_to_year_10000))}};
}

std::uint64_t any_seq() { return *rc::gen::inRange<std::uint64_t>(1, max_seq + 1); }

Reading any_reading() {
  return {any_name(), any_value(), *rc::gen::element<std::string>("", "Cel", "%", "m/s2", "[degF]", "10*-6.m"),
          any_time()};
}

Reading any_unsynced_reading() {
  Reading reading = any_reading();
  reading.uptime = Millis{*rc::gen::noShrink(rc::gen::inRange<std::int64_t>(0, max_uptime.count() + 1))};
  return reading;
}

Gap any_gap(std::uint64_t first) {
  return {first, first + *rc::gen::inRange<std::uint64_t>(0, 100), any_name(), any_time()};
}

Batch any_batch() {
  Batch batch;
  batch.stream = any_name();
  if (*rc::gen::arbitrary<bool>()) batch.boot = any_name();
  std::uint64_t next = *rc::gen::inRange<std::uint64_t>(1, 1'000'000'000);
  const int rows = *rc::gen::inRange(0, 30);
  for (int i = 0; i < rows; ++i) {
    if (*rc::gen::inRange(0, 5) == 0) {
      batch.gaps.push_back(any_gap(next));
      next = batch.gaps.back().last + 1;
    } else {
      const bool unsynced = !batch.boot.empty() && *rc::gen::arbitrary<bool>();
      batch.readings.push_back({next++, unsynced ? any_unsynced_reading() : any_reading()});
    }
    if (*rc::gen::inRange(0, 10) == 0) next += 7;
  }
  return batch;
}

}  // namespace sensors
