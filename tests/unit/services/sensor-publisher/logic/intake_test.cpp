#include "services/sensor-publisher/logic/intake.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "tests/support/described.hpp"

namespace sensors::publisher {
namespace {

using namespace std::chrono_literals;

struct HasSilence {
  explicit HasSilence(const std::vector<DriverSchedule>& drivers) : silence(drivers, {}, "kitchen") {}
  Silence silence;
};

struct WatchedIntake : HasSilence, Intake {
  explicit WatchedIntake(const std::vector<DriverSchedule>& drivers) : HasSilence(drivers), Intake(drivers, silence) {}
};

class IntakeTest : public testing::Test {
 protected:
  static Sample sample(const std::string& sensor, double value) { return {sensor, value, "Cel", std::nullopt}; }

  std::size_t rounds_started(Intake& intake) {
    Effects effects;
    intake.advance(pacing, room, now, effects);
    for (const Effect& effect : effects) {
      if (const LogLine* line = std::get_if<LogLine>(&effect)) log.push_back(line->text);
    }
    return static_cast<std::size_t>(std::count_if(effects.begin(), effects.end(), [](const Effect& effect) {
      return std::holds_alternative<StartRead>(effect);
    }));
  }

  std::vector<Reading> finish(Intake& intake, DriverReport report) {
    Effects effects;
    std::vector<Reading> readings = intake.take({0, std::move(report)}, pacing, now, effects);
    for (const Effect& effect : effects) {
      if (const LogLine* line = std::get_if<LogLine>(&effect)) log.push_back(line->text);
    }
    return readings;
  }

  void pass(Millis time) { now.monotonic += time; }

  Now now{Instant{} + 1h, WallTime{Millis{1'768'493'375'000}}};
  Pacing pacing{{10s, 30s, 60s}};
  std::vector<std::string> log;
  RoomForReadings room{1'000, false};
};

TEST_F(IntakeTest, reads_a_driver_at_its_interval) {
  WatchedIntake intake({{"a", 10s, 5s, {}}});
  EXPECT_EQ(rounds_started(intake), 1U);
  finish(intake, {{sample("t", 1)}, {}, false});
  pass(9'999ms);
  EXPECT_EQ(rounds_started(intake), 0U);
  pass(1ms);
  EXPECT_EQ(rounds_started(intake), 1U);
}

TEST_F(IntakeTest, never_starts_a_round_while_one_is_under_way) {
  WatchedIntake intake({{"a", 1s, 5s, {}}});
  rounds_started(intake);
  pass(3s);
  EXPECT_EQ(rounds_started(intake), 0U);
}

TEST_F(IntakeTest, reports_a_stuck_driver_once_and_the_others_go_on) {
  WatchedIntake intake({{"stuck", 1s, 5s, {}}, {"fine", 1s, 5s, {}}});
  EXPECT_EQ(rounds_started(intake), 2U);
  Effects effects;
  intake.take({1, {{sample("t", 1)}, {}, false}}, pacing, now, effects);
  pass(5s);
  EXPECT_EQ(rounds_started(intake), 1U);
  rounds_started(intake);
  EXPECT_EQ(log.size(), 1U);
  EXPECT_NE(log[0].find("driver stuck: a read takes longer than 5000 ms"), std::string::npos);
  EXPECT_EQ("driver " + intake.ailing(), log[0]);
}

TEST_F(IntakeTest, refuses_what_is_not_a_number_and_keeps_the_rest) {
  WatchedIntake intake({{"a", 1s, 5s, {}}});
  rounds_started(intake);
  const auto readings =
      finish(intake, {{sample("bad", std::nan("")), sample("good", 1), sample("worse", INFINITY)}, {}, false});
  ASSERT_EQ(readings.size(), 1U);
  EXPECT_EQ(readings[0].sensor, "good");
  EXPECT_EQ(shown(intake, "refused"), 2U);
}

TEST_F(IntakeTest, logs_a_complaint_once_and_its_end_once) {
  WatchedIntake intake({{"a", 1s, 5s, {}}});
  const DriverReport failed{{}, {{ErrorCode::not_found, "temp1_input: not there"}}, false};
  for (int i = 0; i < 5; ++i) {
    rounds_started(intake);
    finish(intake, failed);
    pass(1s);
  }
  EXPECT_EQ(log, (std::vector<std::string>{"driver a: temp1_input: not there"}));
  EXPECT_EQ(shown(intake, "driver_errors"), 5U);
  rounds_started(intake);
  finish(intake, {{sample("t", 1)}, {}, false});
  EXPECT_EQ(log.back(), "driver a: well again after 5 errors");
}

// It was said to be well again between any two attempts to start it.
TEST_F(IntakeTest, a_program_that_never_gives_anything_is_never_well) {
  WatchedIntake intake({{"a", 0s, 5s, {}, true}});
  for (int i = 0; i < 50; ++i) {
    rounds_started(intake);
    DriverReport report;
    if (i % 5 == 0)
      report.errors.push_back({ErrorCode::not_found, "start /no/such/program: No such file or directory"});
    finish(intake, std::move(report));
    EXPECT_EQ("driver " + intake.ailing(), log.front());
    pass(1s);
  }
  EXPECT_EQ(log.size(), 1U);
  rounds_started(intake);
  finish(intake, {{sample("t", 1)}, {}, false});
  EXPECT_EQ(intake.ailing(), "");
  EXPECT_EQ(log.back(), "driver a: well again after 10 errors");
}

TEST_F(IntakeTest, quotes_the_first_bad_line_of_a_kind_and_counts_the_others) {
  WatchedIntake intake({{"a", 0s, 5s, {}, true}});
  for (int i = 0; i < 5; ++i) {
    rounds_started(intake);
    DriverReport report;
    report.bad_lines.push_back({{ErrorCode::malformed, "co2.py printed a bad line: not JSON"},
                                "\x1b[1mco2 is " + std::to_string(i) + std::string(1'000, 'x')});
    finish(intake, std::move(report));
    pass(1s);
  }
  ASSERT_EQ(log.size(), 1U);
  EXPECT_EQ(log[0].find("driver a: co2.py printed a bad line: not JSON: \"[1mco2 is 0xxx"), 0U) << log[0];
  EXPECT_LT(log[0].size(), 200U);
  EXPECT_EQ(shown(intake, "driver_errors"), 5U);
}

TEST_F(IntakeTest, says_what_is_wrong_in_the_words_of_the_log_and_the_newest_of_it) {
  WatchedIntake intake({{"a", 1s, 5s, {}}});
  const auto round = [&](const std::vector<std::string>& wrong) {
    rounds_started(intake);
    DriverReport report;
    for (const std::string& what : wrong) report.errors.push_back({ErrorCode::io, what});
    finish(intake, std::move(report));
    pass(1s);
  };
  round({"x: not there"});
  EXPECT_EQ(intake.ailing(), "a: x: not there");
  round({"x: not there", "b: not there"});
  EXPECT_EQ("driver " + intake.ailing(), log.back());
  EXPECT_EQ(intake.ailing(), "a: b: not there");
  round({"x: not there"});
  EXPECT_EQ(intake.ailing(), "a: x: not there") << "what is over is not said";
  round({});
  EXPECT_EQ(intake.ailing(), "");
}

TEST_F(IntakeTest, what_is_wrong_is_said_each_time_that_a_driver_fails_and_is_well_again) {
  WatchedIntake intake({{"a", 1s, 5s, {}}});
  for (int i = 0; i < 20; ++i) {
    rounds_started(intake);
    DriverReport report;
    report.errors.push_back({ErrorCode::io, "x: not there"});
    finish(intake, std::move(report));
    EXPECT_EQ(intake.ailing(), "a: x: not there") << i;
    pass(1s);
    rounds_started(intake);
    finish(intake, {{sample("t", 1)}, {}, false});
    EXPECT_EQ(intake.ailing(), "") << i;
    pass(1s);
  }
}

TEST_F(IntakeTest, what_is_wrong_is_said_as_soon_as_the_log_has_room_for_it) {
  WatchedIntake intake({{"a", 1s, 5s, {}}});
  const auto round = [&](const std::string& wrong) {
    rounds_started(intake);
    DriverReport report;
    report.errors.push_back({ErrorCode::io, wrong});
    finish(intake, std::move(report));
  };
  for (int i = 0; i < 20; ++i) round("rubbish " + std::to_string(i));
  round("x: not there");
  ASSERT_EQ(log.size(), 10U);
  pass(10s);
  round("x: not there");
  round("x: not there");
  ASSERT_EQ(log.size(), 11U);
  EXPECT_EQ(log.back().find("driver a: x: not there"), 0U) << log.back();
  EXPECT_EQ(intake.ailing(), "a: x: not there");
}

// The status is retained by the broker, and shown to whoever may read.
TEST_F(IntakeTest, what_a_program_printed_that_may_hold_a_secret_is_in_the_log_only) {
  const std::string ended = "co2.py ended (exited with status 1); it will be started again; the last it said";
  for (const char* line : {"HTTPError: 401 for url: https://api/?appid=0ff1ce", "the token 0ff1ce is not valid"}) {
    WatchedIntake intake({{"a", 0s, 5s, {}, true}});
    rounds_started(intake);
    DriverReport report;
    report.bad_lines.push_back({{ErrorCode::disconnected, ended}, line});
    finish(intake, std::move(report));
    EXPECT_EQ(log.back(), "driver a: " + ended + ": \"" + line + "\"");
    EXPECT_EQ(intake.ailing(), "a: " + ended + ": (only the log has it)");
  }
}

// Each change of it is a message to the broker.
TEST_F(IntakeTest, what_is_wrong_changes_no_more_often_than_the_log_says_it) {
  WatchedIntake intake({{"a", 0s, 5s, {}, true}});
  std::set<std::string> told;
  for (int i = 0; i < 1'000; ++i) {
    rounds_started(intake);
    DriverReport report;
    report.errors.push_back({ErrorCode::io, "ended for the " + std::to_string(i) + "th time"});
    finish(intake, std::move(report));
    told.insert(intake.ailing());
    pass(100ms);
  }
  EXPECT_LE(told.size(), log.size() + 1);
  EXPECT_LT(log.size(), 50U);
}

TEST_F(IntakeTest, what_is_wrong_is_said_of_a_few_drivers_and_not_at_any_length) {
  std::vector<DriverSchedule> schedules;
  for (int i = 0; i < 8; ++i) schedules.push_back({"d" + std::to_string(i), 1s, 5s, {}});
  WatchedIntake intake(std::move(schedules));
  rounds_started(intake);
  for (std::size_t i = 0; i < 8; ++i) {
    Effects effects;
    DriverReport report;
    report.errors.push_back({ErrorCode::io, "\x1b[1mno\n" + std::string(5'000, 'x')});
    intake.take({i, std::move(report)}, pacing, now, effects);
  }
  const std::string said = intake.ailing();
  EXPECT_LT(said.size(), 2'000U);
  EXPECT_NE(said.find("d4: [1mno xxx"), std::string::npos) << said;
  EXPECT_TRUE(said.ends_with("...; and 3 more drivers")) << said;
}

// ---- the end of the service ----

TEST_F(IntakeTest, at_the_end_a_program_is_read_until_it_has_ended) {
  WatchedIntake intake({{"program", 10s, 5s, {}, true, 1'200ms}, {"device", 10s, 5s, {}}});
  rounds_started(intake);
  finish(intake, {{sample("t", 1)}, {}, false});
  Effects effects;
  intake.take({1, {{sample("u", 1)}, {}, false}}, pacing, now, effects);
  effects.clear();
  intake.stop(now, effects);
  ASSERT_EQ(effects.size(), 2U);
  EXPECT_EQ(std::get<FinishDriver>(effects[0]).driver, 0U);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(rounds_started(intake), 1U) << "at once, and the program only";
    EXPECT_FALSE(intake.is_read_out());
    EXPECT_EQ(finish(intake, {{sample("t", 2)}, {}, i == 2}).size(), 1U);
  }
  EXPECT_TRUE(intake.is_read_out());
  EXPECT_EQ(rounds_started(intake), 0U);
  EXPECT_FALSE(intake.wake_at(pacing).has_value());
  EXPECT_TRUE(log.empty());
}

TEST_F(IntakeTest, at_the_end_a_program_that_does_not_end_is_cut_off_and_it_is_said) {
  WatchedIntake intake({{"program", 10s, 5s, {}, true, 1'200ms}});
  Effects effects;
  intake.stop(now, effects);
  rounds_started(intake);
  EXPECT_EQ(intake.wake_at(pacing), now.monotonic + 1'200ms);
  pass(1'200ms);
  rounds_started(intake);
  EXPECT_TRUE(intake.is_read_out());
  EXPECT_EQ(log, (std::vector<std::string>{
                     "driver program: was cut off: what its program had printed and was not read in time is lost"}));
}

TEST_F(IntakeTest, at_the_end_a_program_whose_read_is_stuck_is_said_to_be_cut_off) {
  WatchedIntake intake({{"program", 10s, 5s, {}, true, 1'200ms}});
  rounds_started(intake);
  pass(5s);
  rounds_started(intake);
  Effects effects;
  intake.stop(now, effects);
  EXPECT_FALSE(intake.is_read_out());
  pass(1'200ms);
  rounds_started(intake);
  EXPECT_TRUE(intake.is_read_out());
  EXPECT_NE(log.back().find("was cut off"), std::string::npos);
}

TEST_F(IntakeTest, at_the_end_backpressure_holds) {
  WatchedIntake intake({{"program", 0s, 5s, {}, true, 1'200ms}});
  Effects effects;
  intake.stop(now, effects);
  room = {0, false};
  EXPECT_EQ(rounds_started(intake), 0U);
  EXPECT_FALSE(intake.is_read_out());
  room = {7, false};
  EXPECT_EQ(rounds_started(intake), 1U);
}

TEST_F(IntakeTest, at_the_end_the_round_of_a_device_that_is_under_way_is_waited_for_a_second) {
  WatchedIntake intake({{"device", 10s, 5s, {}}});
  rounds_started(intake);
  Effects effects;
  intake.stop(now, effects);
  EXPECT_FALSE(intake.is_read_out());
  EXPECT_EQ(finish(intake, {{sample("t", 1)}, {}, false}).size(), 1U);
  EXPECT_TRUE(intake.is_read_out());
}

TEST_F(IntakeTest, says_when_two_drivers_have_a_sensor_of_one_name_and_keeps_both) {
  WatchedIntake intake({{"a", 1s, 5s, {}}, {"b", 1s, 5s, {}}});
  for (int i = 0; i < 3; ++i) {
    rounds_started(intake);
    Effects effects;
    EXPECT_EQ(intake.take({0, {{sample("t", 1)}, {}, false}}, pacing, now, effects).size(), 1U);
    EXPECT_EQ(intake.take({1, {{sample("t", 1), sample("u", 1)}, {}, false}}, pacing, now, effects).size(), 2U);
    EXPECT_EQ(effects.empty(), i > 0);  // said once
    pass(1s);
  }
  EXPECT_EQ(shown(intake, "shared_names"), 3U);
  EXPECT_EQ(intake.ailing(),
            "b: sensor t is also one of driver a; their readings are in one history. Give one of the two a "
            "'prefix' or another name");
}

TEST_F(IntakeTest, counts_what_patience_found_to_be_no_trouble) {
  WatchedIntake intake({{"a", 1s, 5s, {}}});
  rounds_started(intake);
  DriverReport report;
  report.passed_over = 2;
  finish(intake, report);
  EXPECT_EQ(shown(intake, "no_values"), 2U);
  EXPECT_EQ(shown(intake, "driver_errors"), 0U);
  EXPECT_EQ(intake.ailing(), "");
}

TEST_F(IntakeTest, stretches_the_interval_under_pressure) {
  WatchedIntake intake({{"a", 10s, 5s, {}}});
  pacing.update(true, now.monotonic);
  pacing.update(true, now.monotonic + 10s);
  rounds_started(intake);
  finish(intake, {{sample("t", 1)}, {}, false});
  pass(29s);
  EXPECT_EQ(rounds_started(intake), 0U);
  pass(1s);
  EXPECT_EQ(rounds_started(intake), 1U);
}

TEST_F(IntakeTest, keeps_the_interval_of_a_critical_sensor_under_pressure_and_thins_the_others) {
  SensorOptions critical;
  critical.critical = true;
  WatchedIntake intake({{"a", 10s, 5s, {{"alarm", critical}}}});
  pacing.update(true, now.monotonic);
  pacing.update(true, now.monotonic + 10s);
  std::vector<std::size_t> counts;
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(rounds_started(intake), 1U);
    counts.push_back(finish(intake, {{sample("alarm", i), sample("other", i)}, {}, false}).size());
    pass(10s);
  }
  EXPECT_EQ(counts, (std::vector<std::size_t>{2, 1, 1, 2}));
  EXPECT_EQ(shown(intake, "left_out"), 2U);
}

// Rounds start a little late now and then; what is not critical was then read at every fourth of them, not third.
TEST_F(IntakeTest, thins_what_is_not_critical_by_the_grid_and_not_by_when_a_round_came) {
  SensorOptions critical;
  critical.critical = true;
  WatchedIntake intake({{"a", 10s, 5s, {{"alarm", critical}}}});
  pacing.update(true, now.monotonic);
  pacing.update(true, now.monotonic + 10s);
  std::vector<std::size_t> counts;
  for (const Millis late : {20ms, 10ms, 5ms, 0ms, 3ms, 2ms, 1ms}) {
    const Instant on_grid = now.monotonic;
    pass(late);
    EXPECT_EQ(rounds_started(intake), 1U);
    counts.push_back(finish(intake, {{sample("alarm", 1), sample("other", 1)}, {}, false}).size());
    now.monotonic = on_grid + 10s;
    if (counts.size() == 1) now.monotonic += late;  // the first round sets the grid
  }
  EXPECT_EQ(counts, (std::vector<std::size_t>{2, 1, 1, 2, 1, 1, 2}));
}

TEST_F(IntakeTest, is_back_at_its_interval_at_once_when_the_pace_is) {
  WatchedIntake intake({{"a", 10s, 5s, {}}});
  pacing.update(true, now.monotonic);
  pacing.update(true, now.monotonic + 10s);
  rounds_started(intake);
  finish(intake, {{sample("t", 1)}, {}, false});
  pass(12s);
  EXPECT_EQ(rounds_started(intake), 0U);
  pacing.update(false, now.monotonic);
  pacing.update(false, now.monotonic + 30s);
  EXPECT_EQ(rounds_started(intake), 1U);
}

TEST_F(IntakeTest, asks_no_stream_for_which_there_is_no_room_and_reads_devices_on) {
  for (const Millis interval : {Millis{0}, Millis{10'000}}) {
    WatchedIntake intake({{"program", interval, 5s, {}, true}, {"device", 10s, 5s, {}}});
    room = {0, false};
    EXPECT_EQ(rounds_started(intake), 1U);
    EXPECT_EQ(intake.wake_at(pacing), now.monotonic + 5s) << "it is not asked again for nothing";
    room = {7, false};
    Effects effects;
    intake.advance(pacing, room, now, effects);
    ASSERT_EQ(effects.size(), 1U);
    EXPECT_EQ(std::get<StartRead>(effects[0]).driver, 0U);
    EXPECT_EQ(std::get<StartRead>(effects[0]).room, 7U);
  }
}

TEST_F(IntakeTest, asks_nobody_while_memory_is_full) {
  WatchedIntake intake({{"program", 0s, 5s, {}, true}, {"device", 10s, 5s, {}}});
  room = {0, true};
  EXPECT_EQ(rounds_started(intake), 0U);
  EXPECT_FALSE(intake.wake_at(pacing).has_value());
}

// A program with an interval and a critical sensor lost the lines of its other sensors under pressure.
TEST_F(IntakeTest, keeps_all_that_a_stream_gives_at_every_pace) {
  SensorOptions critical;
  critical.critical = true;
  WatchedIntake intake({{"program", 10s, 5s, {{"alarm", critical}}, true}});
  pacing.update(true, now.monotonic);
  pacing.update(true, now.monotonic + 10s);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(rounds_started(intake), 1U) << "its critical sensor keeps the interval";
    EXPECT_EQ(finish(intake, {{sample("alarm", i), sample("other", i)}, {}, false}).size(), 2U);
    pass(10s);
  }
  EXPECT_EQ(shown(intake, "left_out"), 0U);
}

TEST_F(IntakeTest, a_program_that_prints_rubbish_for_ever_is_a_few_lines_in_the_log) {
  WatchedIntake intake({{"a", 0s, 5s, {}}});
  for (int i = 0; i < 1'000; ++i) {
    rounds_started(intake);
    DriverReport report{{sample("t", 1)}, {}, false};
    for (int line = 0; line < 10; ++line)
      report.errors.push_back({ErrorCode::malformed, std::to_string(i * 10 + line)});
    finish(intake, std::move(report));
    pass(10ms);
  }
  EXPECT_LE(log.size(), 12U);
  EXPECT_EQ(shown(intake, "driver_errors"), 10'000U);
}

TEST_F(IntakeTest, a_driver_that_has_ended_is_not_read_again) {
  WatchedIntake intake({{"a", 1s, 5s, {}}});
  rounds_started(intake);
  finish(intake, {{}, {}, true});
  pass(10s);
  EXPECT_EQ(rounds_started(intake), 0U);
  EXPECT_FALSE(intake.wake_at(pacing).has_value());
}

}  // namespace
}  // namespace sensors::publisher
