// BridgeService is a sensor-http-bridge in the simulation: the real Logics of both its sides and of its sink, an HTTP
// client with deadlines, an HTTP server, and the state file of its breaker.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/codec/reading_json.hpp"
#include "common/codec/rpc_json.hpp"
#include "services/sensor-http-bridge/logic/bridge.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/http_attempts.hpp"
#include "tests/simulation/api_model.hpp"
#include "tests/simulation/breaker_watch.hpp"
#include "tests/simulation/broker_model.hpp"
#include "tests/simulation/service.hpp"

namespace sensors::simulation {

class BridgeService : public HostedService<bridge::Bridge, bridge::BridgeEvent, bridge::BridgeEffect> {
 public:
  BridgeService(World& world, BrokerModel& broker, ApiModel& api, bridge::DeliveryOptions options,
                bridge::HttpSinkOptions http, InboxSize inbox);

  /// It serves HTTP from its next start on.
  void serve(bridge::WebOptions web) { web_ = std::move(web); }

  /// Asks it; `answered` is called once: with its answer as it leaves, or without when the connection ends before that.
  void ask(WebRequest request, std::function<void(std::optional<WebResponse>)> answered);

  /// Whether it has a destination, from its next start on.
  void deliver(bool delivers) { next_delivers_ = delivers; }
  bool delivers() const { return next_delivers_; }

  const std::string& client_id() const { return client_id_; }

  /// Its machine gets another name, while it does not run.
  void rename(const std::string& node);

  /// It delivers to another address, or with another token, from its next start on.
  void change_destination(std::string about) { options_.about = std::move(about); }

  /// Its loop stands still from the next probe on until the probe's time is over; the answer may be there before.
  void stall_probe(bool stalls = true) { stalls_probe_ = stalls; }

  /// The HTTP client's thread hangs with the next request: its outcome comes so much later than its deadline.
  void hang_client(Millis time) { client_hang_ = time; }

  /// What its last status said.
  bool is_well() const { return is_well_; }
  bool is_one_too_many() const { return is_one_too_many_; }  // its destination has another bridge

 private:
  void open() override;
  void closed(End how) override;
  void apply(bridge::BridgeEffect& effect) override;
  void before_step(const bridge::BridgeEvent& event) override;
  void stepped() override;
  void logged(const LogLine& line) override { breaker_.logged(line); }
  std::optional<Instant> waits_since() const override;
  Millis longest_wait() const override { return options_.upload.bulk_timeout + bridge::stuck_sink_after; }
  void unfrozen() override;

  void carry_out(const LogLine&) {}
  void carry_out(const Exit&) {}
  void carry_out(const ServiceStatus&) {}
  void carry_out(MqttPublish& message);
  void carry_out(bridge::Attempt& attempt);
  void carry_out(const bridge::SaveBreaker& save);
  void carry_out(const bridge::SaveWriteHomes& save);
  void carry_out(WebResponse& response);
  void carry_out(const WebStreamBegin&) {}
  void carry_out(const WebStreamData&) {}
  void carry_out(const WebStreamEnd&) {}

  void connect();
  void note_handed_in(const MqttPublish& message);
  void answer(const bridge::Attempted& attempted);
  void note_size(std::uint64_t id, const ApiExchange& exchange);
  void check_without_destination(const MqttPublish& message);
  void check_size(const ApiExchange& exchange);
  void check_given_up(const UploadedRequest& request);

  BrokerModel& broker_;
  ApiModel& api_;
  bridge::DeliveryOptions options_;
  bridge::HttpSinkOptions http_;
  bridge::HttpAttempts attempts_;  // of this run
  std::string client_id_;
  std::unique_ptr<MqttLink> link_;
  BreakerWatch breaker_;
  struct Post {
    Instant since;
    ApiExchange exchange;
  };
  std::map<std::uint64_t, Post> posts_;  // under way
  std::optional<bridge::WebOptions> web_;
  std::map<std::uint64_t, std::function<void(std::optional<WebResponse>)>> asked_;  // without an answer
  std::uint64_t last_asked_ = 0;
  ReadingDecoder decoder_;
  Instant asked_to_wait_until_{};
  std::optional<std::string> state_file_;
  std::optional<std::string> write_homes_file_;
  std::optional<std::string> saving_write_homes_;  // on the worker, or lost with it
  std::size_t most_rows_ = 0;                      // in a batch, since a larger one was answered with 413
  Instant most_rows_until_{};
  bool delivered_some_ = false;        // with the last answer
  std::size_t given_up_in_row_ = 0;    // rows, in this run, without one that was delivered
  std::uint64_t settled_through_ = 0;  // the end of the range that was confirmed last
  Millis client_hang_{0};
  bool stalls_probe_ = false;
  bool is_well_ = false;
  bool is_one_too_many_ = false;
  bool must_be_closed_ = false;  // its breaker, in the first step of this run
  bool next_delivers_ = true;
};

}  // namespace sensors::simulation
