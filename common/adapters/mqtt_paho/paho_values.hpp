// Our messages and errors to Paho's and back. Pure, apart from Paho's own allocations; any thread.
#pragma once

#include <memory>

#include "common/core/service_events.hpp"

namespace mqtt {
class exception;
class message;
class token;
}  // namespace mqtt

namespace sensors {

MqttMessage to_message(const mqtt::message& source);

/// Takes the topic and the payload out of `publish`.
std::shared_ptr<const mqtt::message> to_paho(MqttPublish& publish);

/// What became of a publish whose token has completed; rejected with the broker's reason code, or disconnected.
Result<void> outcome_of(const mqtt::token& token);

/// Why a connection or a subscription failed: rejected when the broker said no, else disconnected. `credentials` is
/// where the user and the password come from, and `user` is that user.
Error to_error(const mqtt::exception& error, const std::string& credentials, const std::string& user);

}  // namespace sensors
