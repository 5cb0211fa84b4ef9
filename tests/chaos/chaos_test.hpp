// ChaosTest is the fixture of tests of one fault each: what is stated of every fault, and the fault's row in
// docs/resilience-table.md, whose figures are those of the run.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include "tests/chaos/chaos_rig.hpp"

namespace sensors::rig {

inline constexpr Millis patience{20'000};

class ChaosTest : public testing::Test {
 protected:
  /// The texts of the row. Call first.
  struct Row {
    std::string fault;
    std::string guide;  // what the guide's old system did
    std::string ours;
  };
  void describe(Row row) { row_ = std::move(row); }

  /// Makes and starts the rig.
  ChaosRig& begin(ChaosOptions options = {});
  ChaosRig& chaos() { return chaos_.value(); }
  Rig& rig() { return chaos().rig(); }

  /// `count` more readings become durable while the fault lasts.
  void expect_readings_go_on(std::uint64_t count = 60);

  /// `count` more reach the store, likewise.
  void expect_store_goes_on(std::uint64_t count = 60);

  /// A status of `service` comes that `wanted` accepts.
  void expect_status(const std::string& service, const std::string& what,
                     const std::function<bool(const nlohmann::json&)>& wanted);

  /// Breaker "open" or "closed", state "up" or "degraded".
  void expect_breaker(const std::string& service, const std::string& state);
  void expect_state(const std::string& service, const std::string& state);

  /// `service`'s log says `text`.
  void expect_log(Service& service, const std::string& text);

  /// Without being touched, every service says that it is up, and new readings arrive at the API.
  void expect_recovery(Millis deadline = patience);

  /// All drains, and every number is there once, `gaps` of them (exactly) as gap records.
  void expect_nothing_lost(std::uint64_t gaps = 0);

  /// Takes `account` for the row.
  void keep(Account account) { account_ = std::move(account); }

  void TearDown() override;

  TempDir folder_{"sensor-chaos"};

 private:
  void print_row() const;

  std::optional<ChaosRig> chaos_;
  std::optional<Row> row_;
  std::optional<Account> account_;
};

/// Ends the test as skipped, saying why, where this machine does not let it have a network and mounts of its own.
#define NEEDS_PRIVATE_WORLD() \
  if (!PrivateWorld::current().entered()) GTEST_SKIP() << PrivateWorld::current().why_not()

}  // namespace sensors::rig
