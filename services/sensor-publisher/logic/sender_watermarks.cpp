// The part of Sender that hears how far the store has come: what is confirmed, what a store lacks
// that another one or its own past had, and which streams are left.
#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "services/sensor-publisher/logic/sender.hpp"

namespace sensors::publisher {

Sender::Confirmation Sender::refuse(const std::string& why, Now now, Effects& effects) {
  ++watermarks_refused_;
  warn("watermark ignored", why, now, effects);
  return Confirmation::nothing;
}

Sender::Confirmation Sender::committed(const Committed& committed, Position gone, Now now, Effects& effects) {
  if (!committed.refused_node.empty()) return refused(committed, now, effects);
  rows_are_gone(gone);
  if (committed.store != known_store_) {
    if (!known_store_.empty()) {
      warn("another store answers",
           committed.store + " instead of " + known_store_ + "; sending it all that the outbox still has", now,
           effects);
      claims_.begin();
    }
    known_store_ = committed.store;
    store_instance_.clear();
    refused_by_store_.clear();
    offer_again();
    return Confirmation::another_store;  // this message itself deletes nothing
  }
  const auto stream = std::find_if(streams_.begin(), streams_.end(),
                                   [&](const OutboxStream& candidate) { return candidate.id == committed.stream; });
  if (stream == streams_.end()) return committed_before(committed, now, effects);
  // Another store than the one that confirmed the first numbers, before there was an outbox.
  if (committed.through < stream->skipped) return watermark_went_back(*stream, committed, gone, now, effects);
  const bool is_this_runs = std::next(stream) == streams_.end();
  Position through = stream->base + std::min(committed.through, max_seq);
  if (is_this_runs && through > window_.highest_sent()) {
    return refuse("it says that " + committed.stream + " is committed through " + std::to_string(committed.through) +
                      ", but only " + std::to_string(std::max(window_.highest_sent(), stream->start()) - stream->base) +
                      " were sent; who may write the topic `committed`?",
                  now, effects);
  }
  // An earlier run may have sent more than the outbox still knows of (a disk that lied, a restored file).
  if (!is_this_runs) through = std::min(through, std::next(stream)->start());
  if (through < window_.confirmed()) return watermark_went_back(*stream, committed, gone, now, effects);
  if (stream != streams_.begin()) return Confirmation::nothing;  // what is before it is not confirmed yet
  const bool advanced = through > window_.confirmed();
  if (advanced) {
    waits_since_.reset();
    refused_by_store_.clear();
  }
  while (!cache_.empty() && cache_.front().last <= through) cache_.pop_front();
  window_.confirmed(through, now.monotonic);
  drop_finished_streams();
  if (committed.resend && window_.sent() > window_.confirmed() && window_.resend_requested(now.monotonic)) go_back();
  return advanced ? Confirmation::advanced : Confirmation::nothing;
}

/// Of a stream that was confirmed to its end: its rows may be in the outbox still; or the message is retained, or
/// answers a claim.
Sender::Confirmation Sender::committed_before(const Committed& committed, Now now, Effects& effects) {
  claims_.committed(committed.stream, committed.through);
  if (!committed.resend) return Confirmation::nothing;
  for (std::size_t i = 0; i < finished_.size(); ++i) {
    const Position end = i + 1 < finished_.size() ? finished_[i + 1].start() : streams_.front().start();
    if (finished_[i].id != committed.stream || committed.through >= finished_[i].seq_at(end)) continue;
    warn("store went back",
         "store " + committed.store + " has " + committed.stream + " only through " +
             std::to_string(committed.through) + "; sending all of it that the outbox still has",
         now, effects);
    claims_.begin();
    offer_again();
    return Confirmation::taken_back;
  }
  return Confirmation::nothing;
}

/// The store lacks numbers that another one, or its own past, has confirmed: what the outbox still has of them is sent
/// again, and a gap record takes the place of the rest.
Sender::Confirmation Sender::watermark_went_back(const OutboxStream& stream, const Committed& committed, Position gone,
                                                 Now now, Effects& effects) {
  const bool is_first = &stream == &streams_.front();
  if (!committed.resend || !is_first || !window_.resend_requested(now.monotonic)) return Confirmation::nothing;
  // In numbers of the stream: positions begin with 1, and the numbers that a stream skipped have none.
  const std::uint64_t has = std::min(committed.through, max_seq);
  const std::uint64_t gone_through = std::max(stream.seq_at(std::max(gone, stream.start())), has);
  const std::uint64_t kept_behind = std::min(gone_through, stream.seq_at(window_.confirmed()));
  std::string text =
      "store " + committed.store + " has " + stream.id + " only through " + std::to_string(committed.through) + "; ";
  if (kept_behind > has) {
    unfillable_ = Gap{has + 1, kept_behind, "other_store", now.wall};
    text += "sending a gap record for " + std::to_string(unfillable_->first) + ".." + std::to_string(unfillable_->last);
  } else {
    unfillable_.reset();
    text += "sending it again from there";
  }
  effects.push_back(LogLine{LogLevel::warning, text});
  claims_.begin();
  window_.unconfirmed(stream.base + kept_behind);
  go_back();
  return Confirmation::taken_back;
}

void Sender::drop_finished_streams() {
  while (streams_.size() > 1 && streams_[1].start() <= window_.confirmed()) {
    finished_.push_back(std::move(streams_.front()));
    streams_.pop_front();
    refused_by_broker_.clear();
    refused_by_store_.clear();
    unfillable_.reset();
  }
  rows_are_gone(gone_);
}

/// A stream is claimed from a store that lacks it, instead of sent again, when its last row is gone.
void Sender::rows_are_gone(Position through) {
  gone_ = through;
  while (!finished_.empty()) {
    const OutboxStream& first = finished_.front();
    const Position end = finished_.size() > 1 ? finished_[1].start() : streams_.front().start();
    if (end > gone_) return;
    claims_.ended({first.id, first.node, first.seq_at(end)});
    finished_.pop_front();
  }
}

/// The store may lack what another one, or its own past, has confirmed, and of streams that it does not know it says
/// nothing: all rows that the outbox still has are sent again.
void Sender::offer_again() {
  streams_.insert(streams_.begin(), finished_.begin(), finished_.end());
  finished_.clear();
  window_.unconfirmed(std::max(gone_, streams_.front().start()));
  unfillable_.reset();
  go_back();
}

bool Sender::store_runs_as(const std::string& instance, Position gone) {
  if (instance.empty() || instance == store_instance_) return false;
  if (std::exchange(store_instance_, instance).empty()) return false;
  refused_by_store_.clear();
  rows_are_gone(gone);
  claims_.begin();
  offer_again();
  return true;
}

}  // namespace sensors::publisher
