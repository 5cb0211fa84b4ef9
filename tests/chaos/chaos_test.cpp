// Rows are printed, and appended to the file that SENSOR_CHAOS_TABLE names.
#include "tests/chaos/chaos_test.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "tests/rig/rig_error.hpp"

namespace sensors::rig {
namespace {

/// How long `count` readings may take: ten times what they need on an idle machine, so that a busy one passes. What
/// waits for the end of the fault does not.
Millis time_for(std::uint64_t count) { return Millis{6'000 + 3 * static_cast<Millis::rep>(count)}; }

bool log_has(const Service& service, const std::string& text) { return service.log().find(text) != std::string::npos; }

}  // namespace

ChaosRig& ChaosTest::begin(ChaosOptions options) {
  chaos_.emplace(folder_, std::move(options));
  chaos_->start();
  return *chaos_;
}

void ChaosTest::expect_readings_go_on(std::uint64_t count) {
  const std::uint64_t then = rig().taken();
  EXPECT_TRUE(comes_true(time_for(count), [&] { return rig().taken() >= then + count; }))
      << "readings stopped at " << rig().taken() - then << " of " << count << "\n"
      << folder_.log_tails();
}

void ChaosTest::expect_store_goes_on(std::uint64_t count) {
  const std::uint64_t then = rig().store().readings();
  EXPECT_TRUE(comes_true(time_for(count), [&] { return rig().store().readings() >= then + count; }))
      << "the store stopped at " << rig().store().readings() - then << " of " << count << "\n"
      << folder_.log_tails();
}

void ChaosTest::expect_status(const std::string& service, const std::string& what,
                              const std::function<bool(const nlohmann::json&)>& wanted) {
  EXPECT_TRUE(comes_true(patience, [&] { return wanted(chaos().status(service)); }))
      << service << " does not say " << what << "; it says " << chaos().status(service).dump() << "\n"
      << folder_.log_tails();
}

void ChaosTest::expect_breaker(const std::string& service, const std::string& state) {
  expect_status(service, "breaker " + state, [&](const nlohmann::json& status) {
    return status.contains("breaker") && status["breaker"].value("state", "") == state;
  });
}

void ChaosTest::expect_state(const std::string& service, const std::string& state) {
  expect_status(service, state, [&](const nlohmann::json& status) { return status.value("state", "") == state; });
}

void ChaosTest::expect_log(Service& service, const std::string& text) {
  EXPECT_TRUE(comes_true(patience, [&] { return log_has(service, text); }))
      << service.name() << " does not log \"" << text << "\"\n"
      << folder_.log_tails();
}

void ChaosTest::expect_recovery(Millis deadline) {
  const std::uint64_t then = rig().taken();
  EXPECT_TRUE(comes_true(deadline, [&] { return rig().progress().delivered > then; }))
      << "no new reading arrives at the API\n"
      << folder_.log_tails();
  for (const char* service : {"sensor-publisher", "sensor-persistence", "sensor-http-bridge"}) {
    EXPECT_TRUE(comes_true(deadline, [&] { return chaos().status(service).value("state", "") == "up"; }))
        << service << " is not up again: " << chaos().status(service).dump() << "\n"
        << folder_.log_tails();
  }
}

void ChaosTest::expect_nothing_lost(std::uint64_t gaps) {
  account_ = chaos().finish(Millis{60'000});
  EXPECT_TRUE(account_->whole()) << account_->text() << "\n" << folder_.log_tails();
  EXPECT_EQ(account_->in_gaps, gaps) << account_->text();
}

void ChaosTest::TearDown() {
  if (HasFailure()) {
    folder_.keep();
  } else if (row_.has_value() && account_.has_value()) {
    print_row();
  }
}

void ChaosTest::print_row() const {
  const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
  const std::string lost = account_->in_gaps == 0 ? fmt::format("{} of {}", account_->lost, account_->taken)
                                                  : fmt::format("{} of {}; {} in gap records", account_->lost,
                                                                account_->taken, account_->in_gaps);
  const std::string row = fmt::format("| {} | {} | {} | `{}.{}` | {} | {} ms | {} |\n", row_->fault, row_->guide,
                                      row_->ours, test.test_suite_name(), test.name(), lost,
                                      chaos_->vitals().worst_loop_ms(), chaos_->vitals().memory_text());
  std::cout << row;
  if (const char* table = std::getenv("SENSOR_CHAOS_TABLE"); table != nullptr) {
    std::ofstream(table, std::ios::app) << row;
  }
}

}  // namespace sensors::rig
