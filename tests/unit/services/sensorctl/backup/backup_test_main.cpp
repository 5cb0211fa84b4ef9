// A backup runs its own program again for each copy, as sensorctl does: here that is the tests' program.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <string_view>

#include "services/sensorctl/backup/copy_process.hpp"
#include "services/sensorctl/machine/database_check.hpp"

int main(int argc, char** argv) {
  using sensors::Millis;
  const bool is_test = argc < 2 || std::string_view(argv[1]).starts_with("--");
  rlimit largest_file{};
  // A test that lets no file of its own grow means not those of the copies.
  if (!is_test && ::getrlimit(RLIMIT_FSIZE, &largest_file) == 0) {
    largest_file.rlim_cur = largest_file.rlim_max;
    ::setrlimit(RLIMIT_FSIZE, &largest_file);
  }
  if (argc == 7 && std::string_view(argv[1]) == sensors::backup::copy_database_verb) {
    return sensors::backup::copy_database_as_owner(
        {argv[2], argv[3], std::atoi(argv[4]), Millis{std::atoll(argv[5])}, Millis{std::atoll(argv[6])}});
  }
  if (argc == 4 && std::string_view(argv[1]) == sensors::doctor::check_database_verb)
    return sensors::doctor::check_database_as_owner(argv[2], Millis{std::atoll(argv[3])});
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
