#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void must(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", promise);
  std::abort();
}

void must_be_valid(const Batch& batch) {
  must(is_name(batch.stream), "a stream is a name");
  for (const SequencedReading& row : batch.readings) {
    must(validate(row.reading).has_value(), "a reading keeps the rules");
    must(row.seq >= 1 && row.seq <= max_seq, "a number is 1 .. 2^53-1");
  }
  for (const Gap& gap : batch.gaps) {
    must(is_name(gap.reason), "a gap's reason is a name");
    must(gap.first >= 1 && gap.first <= gap.last && gap.last <= max_seq, "a gap is a range");
  }
}

}  // namespace sensors::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sensors::fuzz::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
