// The tree keeps the layers of docs/architecture.md, and each rule bites when bad text is planted.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include "tests/layering/include_rules.hpp"

namespace sensors::layering {
namespace {

namespace fs = std::filesystem;

const fs::path top = SENSOR_SOURCE_DIR;

SourceFile read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {path.lexically_relative(top).string(), {std::istreambuf_iterator<char>(file), {}}};
}

std::vector<SourceFile> sources_below(const std::string& folder) {
  std::vector<SourceFile> files;
  for (const auto& entry : fs::recursive_directory_iterator(top / folder)) {
    const fs::path extension = entry.path().extension();
    if (extension == ".hpp" || extension == ".cpp") files.push_back(read(entry.path()));
  }
  return files;
}

/// Paths of the files of every Logic: what is in its folders, a service's events.hpp, and what these include of their
/// own service, step by step.
std::set<std::string> logic_paths() {
  const std::regex folders("(" + folders_of_layer("logic", read(top / "cmake" / "layers.cmake").text) + ")(/.*)?");
  std::vector<fs::path> open;
  for (const char* below : {"common", "services"}) {
    for (const auto& entry : fs::recursive_directory_iterator(top / below)) {
      const fs::path& path = entry.path();
      if (path.extension() != ".hpp" && path.extension() != ".cpp") continue;
      const bool is_logic = std::regex_match(path.lexically_relative(top).parent_path().string(), folders);
      if (is_logic || path.filename() == "events.hpp") open.push_back(path);
    }
  }
  std::set<std::string> paths;
  while (!open.empty()) {
    const fs::path path = open.back();
    open.pop_back();
    if (!fs::exists(path) || !paths.insert(path.lexically_relative(top).string()).second) continue;
    for (const std::string& header : includes_of(read(path))) {
      if (header.rfind("services/", 0) == 0) open.push_back(top / header);
    }
  }
  return paths;
}

void expect_clean(const std::string& folder, std::size_t least_files) {
  const std::set<std::string> logic = logic_paths();
  const std::vector<SourceFile> files = sources_below(folder);
  EXPECT_GE(files.size(), least_files) << "the check looks in the wrong place";
  for (const SourceFile& file : files) {
    for (const std::string& violation : violations(file, logic.count(file.path) != 0)) ADD_FAILURE() << violation;
  }
}

TEST(Layering, holds_in_common) { expect_clean("common", 30); }

TEST(Layering, holds_in_the_services) { expect_clean("services", 20); }

TEST(Layering, knows_the_logic_of_each_service) {
  const std::set<std::string> logic = logic_paths();
  for (const std::string service : {"sensor-publisher", "sensor-persistence", "sensor-http-bridge", "sensor-alerts"}) {
    EXPECT_EQ(logic.count("services/" + service + "/events.hpp"), 1U) << service;
    EXPECT_EQ(logic.count("services/" + service + "/main.cpp"), 0U) << service;
  }
  for (const char* file : {"sensor-publisher/logic/sender.cpp", "sensor-publisher/drivers/sample.hpp",
                           "sensor-persistence/logic/ingest.cpp", "sensor-http-bridge/delivery/delivery.cpp",
                           "sensor-http-bridge/sinks/http/logic/verdict.cpp", "sensorctl/doctor/plan.cpp"}) {
    EXPECT_EQ(logic.count(std::string("services/") + file), 1U) << file;
  }
  EXPECT_EQ(logic.count("common/self/namesakes.cpp"), 1U);
  EXPECT_EQ(logic.count("common/verdict/verdict.cpp"), 1U);
}

// ---- each rule, on planted text ----

struct Planted {
  std::string path;
  std::string text;
  std::string expected;  // within the violation; empty: none
  bool is_logic = false;
};

void expect_each(const std::vector<Planted>& all) {
  for (const Planted& planted : all) {
    SCOPED_TRACE(planted.path + " with " + planted.text);
    const std::vector<std::string> found =
        violations({planted.path, "#pragma once\n" + planted.text}, planted.is_logic);
    if (planted.expected.empty()) {
      EXPECT_TRUE(found.empty()) << found.front();
    } else if (found.size() != 1) {
      ADD_FAILURE() << found.size() << " violations, not one";
    } else {
      EXPECT_EQ(found.front().rfind(planted.path + ":2: ", 0), 0U) << found.front();
      EXPECT_NE(found.front().find(planted.expected), std::string::npos) << found.front();
    }
  }
}

const char* const core = "common/core/x.hpp";
const char* const logic = "services/sensor-publisher/logic/logic.cpp";
const char* const adapter = "common/adapters/sqlite/database.cpp";
const char* const shell = "services/sensor-publisher/main.cpp";

TEST(LayeringRules, keep_delivery_and_the_sinks_apart) {
  const std::string bridge = "services/sensor-http-bridge/";
  const std::string http = "#include \"services/sensor-http-bridge/sinks/http/logic/verdict.hpp\"";
  const std::string attempt = "#include \"services/sensor-http-bridge/delivery/attempt.hpp\"";
  expect_each({{bridge + "delivery/delivery.hpp", http, "may not include", true},
               {bridge + "delivery/delivery.hpp", attempt, "", true},
               {bridge + "sinks/http/logic/verdict.hpp", attempt, "", true},
               {bridge + "sinks/http/logic/verdict.cpp", http, "", true},
               {bridge + "sinks/http/http_sink.cpp", http, ""},
               {bridge + "sinks/file/file_sink.cpp", http, "may not include"},
               {bridge + "sinks/file/file_sink.cpp", "#include \"services/sensor-http-bridge/sinks/sink.hpp\"", ""},
               {bridge + "sinks/sinks.cpp", http, ""}});
}

TEST(LayeringRules, keep_core_pure) {
  expect_each({{core, "#include <vector>", ""},
               {core, "#include <tl/expected.hpp>", ""},
               {core, "#include \"common/core/time.hpp\"", ""},
               {core, "#include <thread>", "not among the headers for pure code"},
               {core, "#  include <iostream>", "not among the headers"},
               {core, "#include <fmt/core.h>", "not among the headers"},
               {core, "#include \"common/codec/topic.hpp\"", "may not include"},
               {core, "#include \"common/runtime/log.hpp\"", "may not include"},
               {core, "auto t = Clock::now();", "reads a clock"},
               {core, "using C = std::chrono::steady_clock;", "reads a clock"},
               {core, "auto t = std::time(nullptr);", "reads a clock"},
               {core, "auto t = time(nullptr);", "reads a clock"},
               {core, "auto t = std::clock();", "reads a clock"},
               {core, "const auto t = clock( );", "reads a clock"},
               {core, "timespec_get(&t, TIME_UTC);", "reads a clock"},
               {core, "const auto c = status.clock();", ""},
               {core, "std::chrono::sys_time<Millis> time(sys_time<Millis> at);", ""},
               {core, "void advance(Instant now); // steady_clock::now()", ""},
               {core, "void watch_clock(Now now);", ""},
               {core, "const char* text = \"std::cout and getenv\";", ""},
               {core, "std::mutex mutex_;", "uses threads"},
               {core, "getenv(name);", "environment"},
               {core, "std::cerr << x;", "does input or output"},
               {core, "std::random_device seed;", "randomness"},
               {core, "std::this_thread::sleep_for(1s);", "sleeps"}});
}

TEST(LayeringRules, keep_codec_pure_but_for_its_json_library) {
  expect_each({{"common/codec/x.cpp", "#include <simdjson.h>", ""},
               {"common/codec/x.hpp", "#include <simdjson.h>", "in a header"},
               {"common/codec/x.cpp", "#include <nlohmann/json.hpp>", "belongs elsewhere"},
               {"common/codec/x.cpp", "#include \"common/runtime/log.hpp\"", "may not include"},
               {"common/codec/x.cpp", "auto t = std::chrono::system_clock::now();", "reads a clock"}});
}

TEST(LayeringRules, keep_a_logic_pure_and_to_its_own_service) {
  expect_each({{logic, "#include \"services/sensor-publisher/events.hpp\"", "", true},
               {logic, "#include \"common/codec/topic.hpp\"", "", true},
               {logic, "#include \"common/self/namesakes.hpp\"", "", true},
               {"common/self/x.cpp", "#include \"common/self/namesakes.hpp\"", "", true},
               {"common/self/x.cpp", "#include \"common/runtime/log.hpp\"", "may not include", true},
               {"common/codec/x.cpp", "#include \"common/self/namesakes.hpp\"", "may not include"},
               {logic, "#include <fmt/core.h>", "", true},
               {logic, "#include \"services/sensor-persistence/events.hpp\"", "may not include", true},
               {logic, "#include \"common/runtime/event_loop.hpp\"", "may not include", true},
               {logic, "#include \"common/adapters/sqlite/database.hpp\"", "may not include", true},
               {logic, "#include <fstream>", "not among the headers", true},
               {logic, "const Now now = read(std::chrono::steady_clock::now());", "reads a clock", true}});
}

TEST(LayeringRules, keep_runtime_adapters_drivers_and_shells_apart) {
  expect_each({{"common/runtime/x.cpp", "#include \"common/core/time.hpp\"", ""},
               {"common/runtime/x.cpp", "#include \"common/codec/topic.hpp\"", "may not include"},
               {"common/runtime/x.cpp", "#include \"common/adapters/sqlite/database.hpp\"", "may not"},
               {"common/runtime/x.cpp", "#include <boost/asio/post.hpp>", ""},
               {"common/runtime/x.hpp", "#include <boost/asio/post.hpp>", "in a header"},
               {"common/runtime/x.cpp", "#include <curl/curl.h>", "belongs elsewhere"},
               {adapter, "#include <sqlite3.h>", ""},
               {adapter, "#include \"common/runtime/worker.hpp\"", ""},
               {adapter, "#include \"common/adapters/mqtt_paho/mqtt_client.hpp\"", "may not include"},
               {adapter, "#include <curl/curl.h>", "belongs elsewhere"},
               {adapter, "#include \"services/sensor-publisher/outbox/outbox.hpp\"", "may not include"},
               {"services/sensor-publisher/drivers/host/host.cpp", "#include \"common/adapters/sqlite/database.hpp\"",
                "may not include"},
               {"services/sensor-publisher/drivers/host/host.cpp",
                "#include \"services/sensor-publisher/logic/logic.hpp\"", "may not include"},
               {"common/service/x.hpp", "#include \"common/adapters/mqtt_paho/mqtt_client.hpp\"", ""},
               {"common/service/x.hpp", "#include \"services/sensor-publisher/shell.hpp\"", "may not include"},
               {"common/adapters/systemd/x.cpp", "#include \"common/service/run_service.hpp\"", "may not include"},
               {shell, "#include \"common/adapters/sqlite/database.hpp\"", ""},
               {shell, "#include \"services/sensor-persistence/store/store.hpp\"", "may not include"},
               {shell, "#include <mqtt/async_client.h>", "belongs elsewhere"},
               {shell, "#include <toml++/toml.h>", "belongs elsewhere"}});
}

TEST(LayeringRules, leave_passing_an_error_on_to_one_idiom) {
  const char* const passes = "passes an error on: use TRY";
  expect_each({{adapter, "if (!row.has_value()) return tl::unexpected<Error>(row.error());", passes},
               {adapter, "if (!row) return tl::unexpected(std::move(row.error()));", passes},
               {adapter, "if (Result<void> done = run(); !done.has_value()) return done;", passes},
               {logic, "if (!read) { return read; }", passes, true},
               {shell, "return owned ? close() : tl::unexpected(owned.error());", passes},
               {adapter, "TRY(run()); TRY_ASSIGN(const int id, last_id());", ""},
               {adapter, "if (!row) return fail(row.error().code, path + row.error().message);", ""},
               {adapter, "if (!fresh) return tl::unexpected(JoinFailure{fresh.error()});", ""},
               {adapter, "if (!read) return unreadable(read.error());", ""},
               {adapter, "if (!found.has_value()) return other;", ""},
               {adapter, "// if (!row) return row;", ""}});
}

TEST(LayeringRules, see_an_error_that_is_passed_on_in_two_lines) {
  for (const char* text :
       {"  if (Result<void> done = run(a,\n      b); !done)\n    return tl::unexpected<Error>(done.error());",
        "  if (x)\n  if (!done.has_value()) {\n    return done;\n  }"}) {
    const std::vector<std::string> found = violations({adapter, text}, false);
    ASSERT_EQ(found.size(), 1U) << text;
    EXPECT_EQ(found.front().rfind(std::string(adapter) + ":3: passes an error on", 0), 0U) << found.front();
  }
}

TEST(LayeringRules, let_no_failed_read_throw) {
  expect_each(
      {{adapter, "const std::string text{std::istreambuf_iterator<char>(file), {}};", "throws when a read fails"},
       {adapter, "const std::string text = proc_text(path);", ""}});
}

TEST(WithoutComments, blanks_comments_and_strings_and_keeps_lines) {
  EXPECT_EQ(without_comments("a // b\nc /* d\ne */ f"), "a     \nc     \n     f");
  EXPECT_EQ(without_comments("x(\"a//b\", '\"') // c"), "x(\"    \", ' ')     ");
  EXPECT_EQ(without_comments("1'000'000 + y"), "1'000'000 + y");
}

TEST(FoldersOfLayer, stand_in_one_line_of_the_table) {
  const std::string table = "set(layers_of_folders\n  \"a/[^/]+ core\"\n  \"b/(c|d) logic\")\nset(logic core)\n";
  EXPECT_EQ(folders_of_layer("core", table), "a/[^/]+");
  EXPECT_EQ(folders_of_layer("logic", table), "b/(c|d)");
}

}  // namespace
}  // namespace sensors::layering
