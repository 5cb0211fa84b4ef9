// With MQTT 5 a refused publish may reach on_failure with return code 0: the reason code decides.
#include "common/adapters/mqtt_paho/paho_values.hpp"

#include <algorithm>
#include <utility>

#include <mqtt/async_client.h>

namespace sensors {

namespace {

/// A refused CONNECT arrives as a return code that is a reason code (MQTT 5 section 3.2.2.2).
int code_of(const mqtt::exception& error) {
  return std::max(error.get_return_code(), static_cast<int>(error.get_reason_code()));
}

bool is_refusal(int code) { return code >= mqtt::ReasonCode::UNSPECIFIED_ERROR; }

std::string describe_refusal(int code, const std::string& credentials, const std::string& user) {
  const char* name = MQTTReasonCode_toString(static_cast<MQTTReasonCodes>(code));
  const bool is_access =
      code == mqtt::ReasonCode::NOT_AUTHORIZED || code == mqtt::ReasonCode::BAD_USER_NAME_OR_PASSWORD;
  return std::string("refused: ") + (name == nullptr ? std::to_string(code) : name) +
         (is_access ? "; check " + credentials + " against the broker's" +
                          (user.empty() ? "" : " (the user is " + user + ")") +
                          ", or reload sensor-broker, if it was just added"
                    : "");
}

std::string describe_refused_publish(const mqtt::token& token, int reason) {
  std::string text = "broker refused the message";
  const auto* delivery = dynamic_cast<const mqtt::delivery_token*>(&token);
  if (delivery != nullptr && delivery->get_message()) text += " on " + delivery->get_message()->get_topic();
  text += ", MQTT 5 reason code " + std::to_string(reason);
  if (reason != mqtt::ReasonCode::NOT_AUTHORIZED) return text;
  return text +
         "; check the access rules of this user: that of another machine is called as its node "
         "(broker-config/machine-access.sh)";
}

}  // namespace

MqttMessage to_message(const mqtt::message& source) {
  MqttMessage message;
  message.topic = source.get_topic();
  message.payload = source.get_payload_str();
  message.retained = source.is_retained();
  const mqtt::properties& properties = source.get_properties();
  if (properties.contains(mqtt::property::RESPONSE_TOPIC)) {
    message.response_topic = mqtt::get<std::string>(properties, mqtt::property::RESPONSE_TOPIC);
  }
  if (properties.contains(mqtt::property::CORRELATION_DATA)) {
    message.correlation = mqtt::get<std::string>(properties, mqtt::property::CORRELATION_DATA);
  }
  return message;
}

std::shared_ptr<const mqtt::message> to_paho(MqttPublish& publish) {
  auto message = mqtt::make_message(std::move(publish.topic), std::move(publish.payload), publish.qos, publish.retain);
  if (!publish.response_topic.empty()) {
    mqtt::properties properties;
    properties.add(mqtt::property(mqtt::property::RESPONSE_TOPIC, publish.response_topic));
    properties.add(mqtt::property(mqtt::property::CORRELATION_DATA, publish.correlation));
    message->set_properties(std::move(properties));
  } else if (!publish.correlation.empty()) {
    message->set_properties({mqtt::property(mqtt::property::CORRELATION_DATA, publish.correlation)});
  }
  return message;
}

Result<void> outcome_of(const mqtt::token& token) {
  const int reason = token.get_reason_code();
  if (is_refusal(reason)) {
    return fail(ErrorCode::rejected, describe_refused_publish(token, reason));
  }
  if (token.get_return_code() != MQTTASYNC_SUCCESS) {
    return fail(ErrorCode::disconnected, "publish failed: " + mqtt::exception::error_str(token.get_return_code()));
  }
  return {};
}

Error to_error(const mqtt::exception& error, const std::string& credentials, const std::string& user) {
  const int code = code_of(error);
  if (is_refusal(code)) return {ErrorCode::rejected, describe_refusal(code, credentials, user)};
  return {ErrorCode::disconnected, error.what()};
}

}  // namespace sensors
