// ServiceWatch remembers what each service says of itself on its status and queue topics: of so many as its owner
// wants. The services of the own node always fit; of the others one that has been silent for long gives way. Owned by
// Web. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/codec/json_object.hpp"
#include "common/codec/status_json.hpp"
#include "common/core/time.hpp"

namespace sensors::bridge {

class ServiceWatch {
 public:
  /// Of one payload.
  static constexpr std::size_t max_payload_bytes = 16 * 1024;

  /// A service that has said nothing for so long gives way to another when there are `max_services`.
  static constexpr Millis long_silence{600'000};

  /// `own_service`: what the bridge is called that this is part of.
  ServiceWatch(std::string node, std::string own_service, std::size_t max_services)
      : node_(std::move(node)), own_service_(std::move(own_service)), max_services_(max_services) {}

  struct Heard {
    std::string payload;  // a JSON object on one line
    Instant at{};
  };

  struct Service {
    std::optional<Heard> status;
    std::optional<Heard> queue;
  };

  using Name = std::pair<std::string, std::string>;  // node and service

  /// A message of kind "status" or "queue"; an empty one takes it off. Nothing when it is refused, which is counted;
  /// otherwise the payload on one line, "{}" for a status that took a service off.
  std::optional<std::string> take(std::string_view node, std::string_view service, std::string_view kind,
                                  std::string_view payload, Instant now);

  const std::map<Name, Service>& services() const { return services_; }

  /// The status of one service, when it has said one that can be read.
  std::optional<ServiceReport> report(const std::string& node, const std::string& service) const;

  /// About what as_json() takes.
  std::size_t json_bytes() const;

  /// {"time":"...","broker":{"connected":true},"services":[...]}
  std::string as_json(bool is_connected, Now now) const;

  /// How many were refused since the last call.
  std::uint64_t take_refused() { return std::exchange(refused_, 0); }

 private:
  bool is_own(const Name& name) const;
  bool make_room(const Name& name, Instant now);

  const std::string node_;
  const std::string own_service_;
  const std::size_t max_services_;
  JsonObjectReader reader_;
  std::map<Name, Service> services_;
  std::uint64_t refused_ = 0;
};

}  // namespace sensors::bridge
