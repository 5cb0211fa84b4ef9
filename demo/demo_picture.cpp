// Each cell is cut to the width of its column, so that no line is ever wider than a terminal.
#include "demo/demo_picture.hpp"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "common/codec/quantity_text.hpp"
#include "common/codec/status_json.hpp"

namespace sensors::demo {
namespace {

constexpr std::size_t most_columns = 80;
constexpr std::size_t most_sensors = 9;  // with the lines above and below: 23, and the cursor's own row

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

/// At most `columns` characters of `text`, the last one "…" where it is longer.
std::string cut(const std::string& text, std::size_t columns) {
  if (width_of(text) <= columns) return text;
  std::size_t bytes = 0;
  for (std::size_t seen = 0; bytes < text.size(); ++bytes) {
    if (begins_character(text[bytes]) && seen++ == columns - 1) break;
  }
  return text.substr(0, bytes) + "…";
}

std::string left(const std::string& text, std::size_t columns) {
  std::string cell = cut(text, columns);
  return cell.append(columns - width_of(cell), ' ');
}

std::string right(const std::string& text, std::size_t columns) {
  const std::string cell = cut(text, columns);
  return std::string(columns - width_of(cell), ' ') + cell;
}

/// As on the page; "12.3 M" and so on from ten million on, for its column.
std::string narrow_count(std::uint64_t count) {
  if (count >= 10'000'000'000'000) return fmt::format("{:.3g}", static_cast<double>(count));
  if (count >= 10'000'000'000) return fmt::format("{:.1f} G", static_cast<double>(count) / 1e9);
  if (count >= 10'000'000) return fmt::format("{:.1f} M", static_cast<double>(count) / 1e6);
  return count_text(count);
}

std::string part_line(const std::string& name, const std::string& readings, const std::string& waiting,
                      const std::string& state, const std::string& breaker, const std::string& pace) {
  return left(name, 23) + right(readings, 20) + right(waiting, 11) + "  " + left(state, 9) + left(breaker, 10) +
         cut(pace, 5) + "\n";
}

std::string sensor_line(const std::string& node, const std::string& sensor, const std::string& value,
                        const std::string& age) {
  return left(node, 14) + "  " + left(sensor, 24) + right(value, 20) + right(age, 20) + "\n";
}

std::string parts_text(const std::vector<Part>& parts) {
  std::string out = part_line("service", "readings", "waiting", "state", "breaker", "pace");
  for (const Part& part : parts) {
    out += part_line(part.name, narrow_count(part.readings) + " " + part.did,
                     part.waiting.has_value() ? narrow_count(*part.waiting) : "", part.state, part.breaker,
                     part.pace.has_value() ? fmt::format("{} s", static_cast<double>(part.pace->count()) / 1e3) : "");
  }
  return out;
}

std::string sensors_text(const std::vector<Newest>& newest, WallTime now) {
  std::string out = sensor_line("machine", "sensor", "newest value", "measured");
  const std::size_t shown = newest.size() > most_sensors ? most_sensors - 1 : newest.size();
  for (std::size_t i = 0; i < shown; ++i) {
    const Reading& reading = newest[i].reading;
    out += sensor_line(newest[i].node, reading.sensor, quantity_text(reading), age_text(now - reading.time));
  }
  if (shown < newest.size()) out += fmt::format("and {} more on the page\n", newest.size() - shown);
  return out;
}

}  // namespace

void take_status(Part& part, const std::string& payload) {
  const Result<ServiceReport> report = decode_status(payload);
  if (!report.has_value()) return;
  part.state = name_of(report->state);
  if (report->breaker.has_value()) part.breaker = report->breaker->state;
  part.pace = report->pace;
}

std::string tunnel_command(const std::string& ssh_connection, const std::string& user, std::uint16_t page_port) {
  std::istringstream words(ssh_connection);
  std::string client, client_port, server, server_port;
  if (!(words >> client >> client_port >> server >> server_port)) return {};
  const std::string port = server_port == "22" ? "" : " -p " + server_port;
  return fmt::format("ssh -N -L {0}:127.0.0.1:{0} {1}@{2}{3}", page_port, user, server, port);
}

std::string picture(const View& view, WallTime now) {
  std::string out = cut(view.verdict, most_columns) + "\n";
  out += fmt::format("The pipeline, for {}. Ctrl-C ends it and counts the readings.\n", span_text(view.since_start));
  out += cut("Page:  " + view.page, most_columns) + "\n";
  if (!view.reach.empty()) out += cut("From your machine: " + view.reach, most_columns) + "\n";
  out += cut("Watch: " + view.watch, most_columns) + "\n\n";
  out += parts_text(view.parts) + "\n" + sensors_text(view.newest, now);
  return out + cut(view.note, most_columns) + "\n";
}

std::string line(const View& view) {
  std::string out = span_text(view.since_start) + " | " + view.verdict;
  for (const Part& part : view.parts) {
    out += fmt::format(" | {} {} {}", part.name, narrow_count(part.readings), part.did);
    if (part.waiting.has_value()) out += fmt::format(", {} waiting", narrow_count(*part.waiting));
    if (part.breaker != "-" && part.breaker != "closed") out += ", breaker " + part.breaker;
  }
  return out + (view.note.empty() ? "" : " | " + view.note) + "\n";
}

}  // namespace sensors::demo
