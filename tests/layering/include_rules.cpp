#include "tests/layering/include_rules.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <sstream>

namespace sensors::layering {
namespace {

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

bool starts_with_any(std::string_view text, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const auto& prefix) { return starts_with(text, prefix); });
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Standard headers without a clock of their own, thread, file or environment. <chrono> is here for its durations;
/// its clocks are caught as words. <fnmatch.h> is POSIX's, and compares two texts.
const std::vector<std::string>& pure_standard_headers() {
  static const std::vector<std::string> headers{"algorithm",
                                                "arpa/inet.h",
                                                "array",
                                                "bit",
                                                "cassert",
                                                "cctype",
                                                "charconv",
                                                "chrono",
                                                "climits",
                                                "cmath",
                                                "compare",
                                                "concepts",
                                                "cstddef",
                                                "cstdint",
                                                "cstring",
                                                "deque",
                                                "fnmatch.h",
                                                "functional",
                                                "initializer_list",
                                                "iterator",
                                                "limits",
                                                "list",
                                                "map",
                                                "memory",
                                                "numeric",
                                                "optional",
                                                "queue",
                                                "random",
                                                "ratio",
                                                "set",
                                                "span",
                                                "string",
                                                "string_view",
                                                "tuple",
                                                "type_traits",
                                                "unordered_map",
                                                "unordered_set",
                                                "utility",
                                                "variant",
                                                "vector"};
  return headers;
}

/// For text and calendars: in codec and Logic, not in core.
const std::vector<std::string>& text_headers() {
  static const std::vector<std::string> headers{"ctime", "iomanip", "locale", "sstream"};
  return headers;
}

struct Word {
  const char* pattern;
  const char* what;
};

/// What pure code must not say: time and randomness come in as arguments, and everything else goes out as an effect.
constexpr std::array<Word, 9> impure_words{
    {{R"(\b(system|steady|high_resolution|utc|tai|gps|file|local|coarse)_clock\b)", "reads a clock"},
     {R"((\.|::)now\s*\(\s*\))", "reads a clock"},
     {R"(\b(clock_gettime|gettimeofday)\b|(std)?::time\s*\(|\btime\s*\(\s*(nullptr|NULL|0|&))", "reads a clock"},
     {R"(\btimespec_get\b|(^|[^\w.>])clock\s*\(\s*\))", "reads a clock"},
     {R"(\bstd::(thread|jthread|mutex|atomic|condition_variable|async|future)\b)", "uses threads"},
     {R"(\b(getenv|setenv)\b)", "reads the environment"},
     {R"(\bstd::(cout|cerr|clog|cin|[io]?fstream)\b|\b(printf|fprintf|fopen)\s*\()", "does input or output"},
     {R"(\brandom_device\b|\brand\s*\()", "draws its own randomness"},
     {R"(\b(sleep|usleep|nanosleep|sleep_for|sleep_until)\s*\()", "sleeps"}}};

/// Headers that are slow to compile or belong behind an adapter, and the only places for them: .cpp files below a
/// folder, or one file by its name.
struct Confined {
  std::string header;               // prefix of what is included
  std::vector<std::string> places;  // prefixes of paths
};

const std::vector<Confined>& confined_headers() {
  static const std::vector<Confined> table{
      {"boost/", {"common/runtime/", "common/adapters/http_server/"}},
      {"CLI/", {"common/runtime/command_line.cpp", "services/sensorctl/"}},
      {"toml++/", {"common/runtime/config_state.hpp"}},
      {"mqtt/", {"common/adapters/mqtt_paho/"}},
      {"MQTT", {"common/adapters/mqtt_paho/"}},
      {"sqlite3.h", {"common/adapters/sqlite/"}},
      {"curl/", {"common/adapters/http_client/", "common/adapters/smtp_client/"}},
      {"zlib.h", {"common/adapters/http_client/", "common/codec/"}},
      {"systemd/", {"common/adapters/systemd/"}},
      {"nlohmann/", {}},  // for tests, which read what the product writes with another library
      {"simdjson", {"common/codec/", "common/codec/json_document.hpp"}},
  };
  return table;
}

/// The folder of `path` down to `levels`: folder_of("common/adapters/sqlite/x.cpp", 3) is "common/adapters/sqlite/".
std::string folder_of(std::string_view path, int levels) {
  std::size_t end = 0;
  for (int level = 0; level < levels; ++level) {
    const std::size_t slash = path.find('/', end);
    if (slash == std::string_view::npos) break;
    end = slash + 1;
  }
  return std::string(path.substr(0, end));
}

/// Which folders of ours `path` may include from.
std::vector<std::string> allowed_folders(std::string_view path, bool is_logic) {
  if (starts_with(path, "common/core/")) return {"common/core/"};
  if (starts_with(path, "common/codec/")) return {"common/core/", "common/codec/"};
  if (starts_with(path, "common/runtime/")) return {"common/core/", "common/runtime/"};
  if (starts_with(path, "common/adapters/")) return {"common/core/", "common/runtime/", folder_of(path, 3)};
  if (starts_with(path, "common/service/")) {
    return {"common/core/", "common/codec/", "common/runtime/", "common/adapters/", "common/service/"};
  }
  if (is_logic) return {"common/core/", "common/codec/", "common/self/", "common/verdict/", folder_of(path, 2)};
  if (starts_with(path, "services/sensor-publisher/drivers/")) {
    return {"common/core/", "common/codec/", "common/runtime/", "services/sensor-publisher/drivers/"};
  }
  return {"common/", folder_of(path, 2)};  // a shell: anything but another service
}

bool is_pure(std::string_view path, bool is_logic) {
  return is_logic || starts_with(path, "common/core/") || starts_with(path, "common/codec/");
}

/// The kind of sink whose folder `path` is in; empty: none.
std::string_view sink_of(std::string_view path) {
  constexpr std::string_view sinks = "/sinks/";
  const std::size_t at = path.find(sinks);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = path.substr(at + sinks.size());
  const std::size_t slash = rest.find('/');
  return slash == std::string_view::npos ? std::string_view{} : rest.substr(0, slash);
}

/// Delivery knows no sink, and no sink another.
bool is_of_a_strange_sink(std::string_view path, std::string_view header) {
  if (path.find("/delivery/") != std::string_view::npos) return header.find("/sinks/") != std::string_view::npos;
  return !sink_of(path).empty() && !sink_of(header).empty() && sink_of(path) != sink_of(header);
}

/// What is wrong with including `header` in `path`, or nothing.
std::string wrong_include(std::string_view path, const std::string& header, bool is_logic) {
  if (starts_with(header, "common/") || starts_with(header, "services/") || starts_with(header, "tests/")) {
    const bool may = starts_with_any(header, allowed_folders(path, is_logic)) && !is_of_a_strange_sink(path, header);
    return may ? "" : "may not include \"" + header + "\"";
  }
  for (const Confined& confined : confined_headers()) {
    if (!starts_with(header, confined.header)) continue;
    if (!starts_with_any(path, confined.places)) return "may not include <" + header + ">: it belongs elsewhere";
    return path.ends_with(".cpp") || contains(confined.places, path)
               ? ""
               : "may not include <" + header + "> in a header: it is slow to compile";
  }
  if (!is_pure(path, is_logic)) return "";
  if (contains(pure_standard_headers(), header) || header == "tl/expected.hpp") return "";
  const bool is_core = starts_with(path, "common/core/");
  if (!is_core && (starts_with(header, "fmt/") || contains(text_headers(), header))) return "";
  return "may not include <" + header + ">: it is not among the headers for pure code";
}

/// Whether these two lines, or one of them, only pass on the error of a Result: TRY() and TRY_ASSIGN() are for that.
bool passes_error_on(const std::string& before, const std::string& code) {
  static const std::regex by_if(
      R"(!(\w+)(\.has_value\(\))?\) *\{? *return (\1|tl::unexpected(<\w+>)?\((std::move\()?\1\.error\(\)\)?\));)");
  static const std::regex by_condition(
      R"(return (\w+)(\.has_value\(\))? \? .* : tl::unexpected(<\w+>)?\((std::move\()?\1\.error\(\)\)?\);)");
  const std::size_t word = code.find("return ");
  if (word == std::string::npos) return false;
  const bool begins_line = code.find_first_not_of(' ') == word;
  return std::regex_search(begins_line ? before + code.substr(word) : code, by_if) ||
         std::regex_search(code, by_condition);
}

std::string place(const SourceFile& file, std::size_t line) { return file.path + ":" + std::to_string(line) + ": "; }

const std::regex& include_line() {
  static const std::regex pattern(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  return pattern;
}

}  // namespace

std::string without_comments(std::string_view text) {
  enum class In { code, line_comment, block_comment, string, character };
  std::string out(text);
  In in = In::code;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    const bool is_digit_separator = i > 0 && std::isalnum(static_cast<unsigned char>(text[i - 1])) != 0;
    if (c == '\n') {
      if (in != In::block_comment) in = In::code;
    } else if (in == In::code) {
      if (c == '/' && next == '/') in = In::line_comment;
      if (c == '/' && next == '*') in = In::block_comment;
      if (c == '"') in = In::string;
      if (c == '\'' && !is_digit_separator) in = In::character;
      if (in == In::line_comment || in == In::block_comment) out[i] = ' ';
    } else if (in == In::block_comment) {
      out[i] = ' ';
      if (c == '*' && next == '/') {
        out[++i] = ' ';
        in = In::code;
      }
    } else if (in == In::line_comment) {
      out[i] = ' ';
    } else if (c == '\\' && next != '\n') {
      out[i] = ' ';
      out[++i] = ' ';
    } else if (c == (in == In::string ? '"' : '\'')) {
      in = In::code;
    } else {
      out[i] = ' ';
    }
  }
  return out;
}

std::vector<std::string> includes_of(const SourceFile& file) {
  std::vector<std::string> headers;
  std::istringstream lines(file.text);
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_search(line, match, include_line())) headers.push_back(match[1]);
  }
  return headers;
}

std::vector<std::string> violations(const SourceFile& file, bool is_logic) {
  static const auto patterns = [] {
    std::vector<std::regex> compiled;
    for (const Word& word : impure_words) compiled.emplace_back(word.pattern);
    return compiled;
  }();
  std::vector<std::string> found;
  std::istringstream lines(file.text);
  std::istringstream code_lines(without_comments(file.text));
  std::string code;
  std::string before;
  std::smatch match;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line) && std::getline(code_lines, code);) {
    ++number;
    if (std::regex_search(line, match, include_line())) {
      const std::string wrong = wrong_include(file.path, match[1], is_logic);
      if (!wrong.empty()) found.push_back(place(file, number) + wrong);
    } else if (is_pure(file.path, is_logic)) {
      for (std::size_t i = 0; i < impure_words.size(); ++i) {
        if (!std::regex_search(code, patterns[i])) continue;
        found.push_back(place(file, number) + impure_words[i].what);
        break;
      }
    }
    if (passes_error_on(before, code))
      found.push_back(place(file, number) + "passes an error on: use TRY or TRY_ASSIGN");
    if (code.find("istreambuf_iterator") != std::string::npos)
      found.push_back(place(file, number) + "throws when a read fails: use proc_text() or istream::read()");
    before = code;
  }
  return found;
}

std::string folders_of_layer(const std::string& layer, const std::string& text) {
  const std::regex line(R"re("(\S+) )re" + layer + R"re("\)?\n)re");
  std::smatch match;
  return std::regex_search(text, match, line) ? match[1].str() : "";
}

}  // namespace sensors::layering
