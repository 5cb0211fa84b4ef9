// Shell connects the Logics to the world: broker, sink, HTTP server, small files. What comes of their effects goes
// into the inbox as events. It decides nothing. Loop thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/adapters/http_server/http_server.hpp"
#include "common/runtime/event_loop.hpp"
#include "common/runtime/worker.hpp"
#include "common/service/service_shell.hpp"
#include "services/sensor-http-bridge/config.hpp"
#include "services/sensor-http-bridge/events.hpp"
#include "services/sensor-http-bridge/sinks/sink.hpp"

namespace sensors::bridge {

class Shell : public ServiceShell {
 public:
  /// `config`, `loop` and `inbox` must outlive this. Connecting and listening start at once.
  Shell(const Config& config, MqttClientOptions mqtt, EventLoop& loop, Inbox<BridgeEvent>& inbox);

  /// Reads again what a file has that may be renewed while this runs: the certificate of the HTTP side.
  void reload();

  using ServiceShell::carry_out;
  void carry_out(Attempt attempt) { sink_->attempt(std::move(attempt)); }
  void carry_out(SaveBreaker save);
  void carry_out(SaveWriteHomes save);
  void carry_out(WebResponse response) { server_->respond(std::move(response)); }
  void carry_out(WebStreamBegin stream) { server_->begin_stream(std::move(stream)); }
  void carry_out(const WebStreamData& data) { server_->send(data); }
  void carry_out(WebStreamEnd stream) { server_->end_stream(stream); }

 private:
  void save(std::string path, std::string text, std::string consequence);

  const Config& config_;
  Worker worker_;
  std::unique_ptr<Sink> sink_;        // where there is a destination, which alone has attempts
  std::optional<HttpServer> server_;  // where there is an HTTP side, which alone has effects for it
};

/// The service, until it ends; its exit code.
int run(Config config);

}  // namespace sensors::bridge
