// The reference API's program, its database, and the one HTTP request that a test makes of it.
#include "tests/rig/api_process.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/rig/programs.hpp"
#include "tests/rig/rig_error.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::rig {
namespace {

constexpr Millis start_deadline{30'000};
constexpr const char* token = "a-token-of-the-test-rig";

Process::Options api_options(const TempDir& folder, const std::string& token_file, std::uint16_t port) {
  Process::Options options;
  options.name = "reference_api";
  options.command = {
      program_path("reference_api"), "--port", std::to_string(port), "--token-file", token_file, "--database",
      folder.file("api.db")};
  options.log_file = folder.file("reference_api.log");
  return options;
}

/// Sends `request` and returns the answer up to the end of the connection; empty when there is none.
std::string request_answer(std::uint16_t port, const std::string& request) {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{5, 0};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  std::string answer;
  if (connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      send(client, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    char buffer[4'096];
    for (ssize_t got = recv(client, buffer, sizeof buffer, 0); got > 0; got = recv(client, buffer, sizeof buffer, 0)) {
      answer.append(buffer, static_cast<std::size_t>(got));
    }
  }
  close(client);
  return answer;
}

std::uint64_t counter(const SqliteFile& database, const std::string& name) {
  return static_cast<std::uint64_t>(database.number("SELECT value FROM counters WHERE name = '" + name + "'"));
}

}  // namespace

ApiProcess::ApiProcess(const TempDir& folder)
    : token_file_(folder.write("api.token", std::string(token) + "\n")),
      port_(free_port()),
      database_(folder.file("api.db")),
      process_(api_options(folder, token_file_, port_)) {}

void ApiProcess::start() {
  process_.start();
  const bool listening =
      comes_true(start_deadline, [this] { return accepts_connections(port_) || !process_.running(); });
  if (listening && process_.running()) return;
  throw RigError("reference_api does not listen on port " + std::to_string(port_) + ":\n" +
                 read_file(process_.options().log_file));
}

std::string ApiProcess::url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1/readings"; }

std::uint64_t ApiProcess::delivered() const {
  return static_cast<std::uint64_t>(database_.number("SELECT count(*) FROM readings"));
}

std::uint64_t ApiProcess::duplicates() const { return counter(database_, "duplicates"); }

std::uint64_t ApiProcess::repeated_requests() const { return counter(database_, "repeated_requests"); }

std::uint64_t ApiProcess::gap_records() const {
  return static_cast<std::uint64_t>(database_.number("SELECT count(*) FROM gaps"));
}

std::vector<ApiProcess::Row> ApiProcess::rows(const std::string& stream) const {
  std::vector<Row> rows;
  for (const auto& row :
       database_.rows("SELECT seq, sensor, value FROM readings WHERE stream = '" + stream + "' ORDER BY seq")) {
    rows.push_back({std::stoull(row.at(0)), row.at(1), std::strtod(row.at(2).c_str(), nullptr)});
  }
  return rows;
}

std::vector<std::uint64_t> ApiProcess::came_again(const std::string& stream) const {
  std::vector<std::uint64_t> numbers;
  for (const auto& row : database_.rows("SELECT seq FROM again WHERE stream = '" + stream + "' ORDER BY seq"))
    numbers.push_back(std::stoull(row.at(0)));
  return numbers;
}

std::vector<NumberRange> ApiProcess::gaps(const std::string& stream) const {
  std::vector<NumberRange> gaps;
  for (const auto& row :
       database_.rows("SELECT first, last FROM gaps WHERE stream = '" + stream + "' ORDER BY first")) {
    gaps.push_back({std::stoull(row.at(0)), std::stoull(row.at(1))});
  }
  return gaps;
}

std::uint64_t ApiProcess::arrivals() const {
  const std::string answer =
      request_answer(port_, "GET /stats HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
  const std::string key = "\"arrivals\":";
  const std::size_t at = answer.find(key);
  if (at == std::string::npos) throw RigError("reference_api: GET /stats: " + answer);
  return std::stoull(answer.substr(at + key.size()));
}

void ApiProcess::set_fault(const std::string& json) { tell("/fault", json); }
void ApiProcess::set_rules(const std::string& json) { tell("/rules", json); }

void ApiProcess::tell(const std::string& path, const std::string& json) {
  const std::string answer = request_answer(
      port_, "POST " + path +
                 " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
                 "Content-Length: " +
                 std::to_string(json.size()) + "\r\n\r\n" + json);
  if (!answer.starts_with("HTTP/1.1 200")) throw RigError("reference_api: POST " + path + " " + json + ": " + answer);
}

}  // namespace sensors::rig
