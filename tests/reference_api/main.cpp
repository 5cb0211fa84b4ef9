// reference_api: the ReferenceApi as a program. Prints its port as its first line and serves until SIGTERM or SIGINT.
#include <pthread.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "common/runtime/secret.hpp"
#include "tests/reference_api/reference_api.hpp"

int main(int argc, char** argv) {
  sensors::ReferenceApiOptions options;
  std::string token_file;
  CLI::App app("An HTTP API to test sensor-http-bridge against", "reference_api");
  app.add_option("--address", options.address, "IPv4 address to listen on; 0.0.0.0: all of this machine's")
      ->check(CLI::ValidIPV4)
      ->capture_default_str();
  app.add_option("--port", options.port, "Port; 0: a free one, which is printed");
  app.add_option("--token-file", token_file, "File with the bearer token; without it none is checked");
  app.add_option("--database", options.database, "SQLite file for what it gets")->required();
  CLI11_PARSE(app, argc, argv);

  if (!token_file.empty()) {
    const sensors::Result<std::string> token = sensors::read_secret(token_file);
    if (!token.has_value()) {
      std::cerr << token.error().message << '\n';
      return 78;
    }
    options.token = *token;
  }
  sigset_t signals;  // blocked before the server's thread is made, so that it inherits the mask
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const auto api = sensors::ReferenceApi::start(options);
  if (!api.has_value()) {
    std::cerr << api.error().message << '\n';
    return 1;
  }
  std::cout << (*api)->port() << std::endl;
  int received = 0;
  sigwait(&signals, &received);
  return 0;
}
