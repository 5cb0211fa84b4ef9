// confirmed <= sent <= highest_sent <= synced holds after every call.
#include "services/sensor-publisher/logic/send_window.hpp"

#include <algorithm>

namespace sensors {

SendWindow::SendWindow(SendWindowOptions options, Position confirmed, Position synced)
    : options_(options),
      confirmed_(confirmed),
      sent_(confirmed),
      synced_(std::max(confirmed, synced)),
      highest_sent_(confirmed),
      resend_wait_(options.resend_after) {}

std::optional<SendWindow::Range> SendWindow::sendable(Position barrier) const {
  if (!may_send()) return std::nullopt;
  const Position last = std::min({synced_, barrier, confirmed_ + options_.max_unconfirmed});
  if (last <= sent_) return std::nullopt;
  return Range{sent_ + 1, last};
}

void SendWindow::connected() {
  connected_ = true;
  go_back();
}

void SendWindow::disconnected() {
  connected_ = false;
  go_back();
}

void SendWindow::restart(Position confirmed, Position synced) {
  confirmed_ = sent_ = highest_sent_ = confirmed;
  synced_ = std::max(confirmed, synced);
  resend_wait_ = options_.resend_after;
  resend_at_.reset();
  next_request_honoured_.reset();
}

void SendWindow::synced(Position through) { synced_ = std::max(synced_, through); }

void SendWindow::only_synced(Position through) { synced_ = std::max(through, highest_sent_); }

void SendWindow::sent(Position through, Instant now) {
  sent_ = std::clamp(through, sent_, synced_);
  highest_sent_ = std::max(highest_sent_, sent_);
  ++unacknowledged_;
  if (!resend_at_.has_value()) arm(now);
}

void SendWindow::acknowledged() { unacknowledged_ = std::max(0, unacknowledged_ - 1); }

void SendWindow::confirmed(Position through, Instant now) {
  through = std::min(through, synced_);
  if (through <= confirmed_) return;
  confirmed_ = through;
  sent_ = std::max(sent_, confirmed_);
  highest_sent_ = std::max(highest_sent_, sent_);
  resend_wait_ = options_.resend_after;
  next_request_honoured_.reset();
  arm(now);
}

void SendWindow::unconfirmed(Position through) {
  confirmed_ = std::min(confirmed_, through);
  go_back();
}

void SendWindow::go_back() {
  sent_ = confirmed_;
  resend_at_.reset();
}

bool SendWindow::resend_requested(Instant now) {
  if (next_request_honoured_.has_value() && now < *next_request_honoured_) return false;
  next_request_honoured_ = now + options_.resend_request_spacing;
  go_back();
  return true;
}

bool SendWindow::advance(Instant now) {
  if (!resend_at_.has_value() || now < *resend_at_) return false;
  resend_wait_ = std::min(options_.resend_longest, resend_wait_ * 2);
  go_back();
  return true;
}

void SendWindow::arm(Instant now) {
  if (sent_ > confirmed_) {
    resend_at_ = now + resend_wait_;
  } else {
    resend_at_.reset();
  }
}

}  // namespace sensors
