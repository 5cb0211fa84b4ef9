#include "services/sensor-alerts/channels/mail_channel.hpp"

#include <memory>
#include <utility>

#include "common/runtime/clocks.hpp"

namespace sensors::alerts {

MailChannel::MailChannel(const ChannelConfig& config, Done done) : config_(config), done_(std::move(done)) {}

MailChannel::~MailChannel() { client_.stop(); }

void MailChannel::send(SendMessage send) {
  // A shared_ptr because std::function copies: the job alone owns it.
  const auto owned = std::make_shared<SendMessage>(std::move(send));
  worker_.post([this, owned] {
    const Instant begun = read_clocks().monotonic;
    Delivery delivery = deliver(owned->message);
    const Millis took = std::chrono::duration_cast<Millis>(read_clocks().monotonic - begun);
    done_({owned->attempt, config_.options.name, std::move(delivery), took});
  });
}

Delivery MailChannel::deliver(const Message& message) {
  Result<std::string> password = secret_of(config_);
  if (!password.has_value()) return {Delivery::Outcome::unusable, password.error().message, {}};
  Mail mail;
  mail.url = config_.url;
  mail.needs_tls = !config_.is_plain;
  mail.user = config_.user;
  mail.password = std::move(*password);
  mail.ca_file = config_.ca_file;
  mail.timeout = config_.options.timeout;
  mail.from = config_.addresses.from;
  mail.to = config_.addresses.to;
  mail.text = mail_text(config_.addresses, message);
  const SmtpOutcome outcome = client_.send(mail);
  if (outcome.result.has_value()) return mail_delivery_of(outcome.refused, mail.to.size());
  return mail_delivery_of(outcome.result.error(), outcome.code);
}

}  // namespace sensors::alerts
