#include "services/sensorctl/machine/broker_watch.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "common/adapters/mqtt_paho/mqtt_client.hpp"
#include "services/sensorctl/doctor/status_collector.hpp"
#include "services/sensorctl/shell/command_shell.hpp"

namespace sensors::doctor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds grace{3};  // for a status that comes a little late

/// What the client's threads have heard, and the one that waits for it.
class Listener {
 public:
  Listener(const std::vector<std::string>& services, Millis interval) : collector_(services, interval) {}

  MqttCallbacks callbacks() {
    MqttCallbacks callbacks;
    callbacks.on_connected = [this](MqttConnected) { tell([this] { connected_at_ = Clock::now(); }); };
    callbacks.on_disconnected = [this](MqttDisconnected event) {
      tell([&] { failure_ = Error{event.code, std::move(event.reason)}; });
    };
    callbacks.on_published = [](const std::vector<MqttPublished>&) {};
    callbacks.on_message = [this](const MqttMessage& message) {
      // Retained messages may come before the client says that it is connected.
      tell([&] { collector_.take(message, connected_at_.has_value() ? since(*connected_at_) : Millis{0}); });
    };
    return callbacks;
  }

  Result<BrokerFacts> wait(Millis connect_timeout, Millis listen) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, connect_timeout, [this] { return connected_at_.has_value(); })) {
      return tl::unexpected<Error>(failure_.value_or(Error{ErrorCode::timeout, "the broker does not answer"}));
    }
    changed_.wait_until(lock, *connected_at_ + listen, [this] { return collector_.is_complete(); });
    return collector_.facts(since(*connected_at_));
  }

 private:
  template <class Change>
  void tell(Change change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_one();
  }

  static Millis since(Clock::time_point start) { return std::chrono::duration_cast<Millis>(Clock::now() - start); }

  std::mutex mutex_;
  std::condition_variable changed_;
  StatusCollector collector_;
  std::optional<Clock::time_point> connected_at_;
  std::optional<Error> failure_;
};

}  // namespace

Result<BrokerFacts> watch_broker(const sensorctl::BrokerAccess& access, const std::vector<std::string>& services,
                                 Millis interval) {
  TRY_ASSIGN(const std::string password, sensorctl::read_password(access));
  Listener listener(services, interval);
  const std::string below = access.root + "/" + (access.node.empty() ? "+" : access.node);
  const MqttClientOptions options = sensorctl::client_options(access, password, sensorctl::new_client_name(),
                                                              {below + "/status/+", below + "/queue/+"});
  const MqttClient client(options, listener.callbacks());
  return listener.wait(access.timeout + grace, interval + grace);
}

}  // namespace sensors::doctor
