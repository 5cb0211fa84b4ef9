// A compressed body of a request, as it comes and as the members behind each other that it is the second of.
#include "common/codec/gunzip.hpp"

#include <algorithm>

#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

namespace {

constexpr std::size_t max_bytes = 64 * 1024;

// gzip of "a".
constexpr std::string_view member(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x04\x00\x43\xbe\xb7\xe8\x01\x00\x00\x00", 21);

}  // namespace

void run(std::string_view input) {
  const Result<std::string> plain = gunzip(input, max_bytes);
  const Result<std::string> behind = gunzip(std::string(member) + std::string(input), max_bytes + 1);
  must(input.empty() || plain.has_value() == behind.has_value(), "a member stands for itself");
  if (!taken(plain)) return;
  must(plain->size() <= max_bytes, "a body is bounded");
  must(*behind == "a" + *plain, "members are one body");
  must(plain->empty() || !gunzip(input, plain->size() - 1).has_value(), "the limit is the limit");
}

}  // namespace sensors::fuzz
