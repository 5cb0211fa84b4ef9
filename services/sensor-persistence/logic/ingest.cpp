// A stream's numbers: 1 .. committed .. accepted. Rows between the two are pending or in the outstanding commit; a
// failed commit sets accepted back to committed. Whatever is refused leaves `resend` set until a row is taken again:
// the sender's messages are in order, so a row that is taken shows that it has gone back.
#include "services/sensor-persistence/logic/ingest.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace sensors::persistence {
namespace {

constexpr std::size_t row_overhead_bytes = 160;  // of a reading in memory, beyond its text

std::size_t size_of(const SequencedReading& row) {
  const std::string* text = std::get_if<std::string>(&row.reading.value);
  return row_overhead_bytes + row.reading.sensor.size() + (text == nullptr ? 0 : text->size());
}

constexpr std::size_t max_told = 1'000;  // senders in one answer_pause

std::size_t row_count(const Batch& batch) { return batch.readings.size() + batch.gaps.size(); }

}  // namespace

void Ingest::restart(std::vector<StreamState> streams) {
  failed();
  streams_.clear();
  owing_.clear();
  loading_.clear();
  to_load_.clear();
  held_rows_ = 0;
  newest_born_ = 0;
  for (StreamState& state : streams) {
    newest_born_ = std::max(newest_born_, state.id);
    Stream& stream = streams_[state.name];
    stream.node = std::move(state.node);
    stream.publisher = std::move(state.publisher);
    stream.born = state.id;
    stream.committed = stream.accepted = state.through;
    stream.last_use = ++uses_;
  }
}

void Ingest::offer(const Origin& origin, Batch batch, Instant now) {
  const auto found = streams_.find(batch.stream);
  if (found == streams_.end()) {
    return hold(origin, std::move(batch));
  }
  Stream& stream = found->second;
  if (stream.node != origin.node || stream.publisher != origin.publisher) {
    counters_.refused_foreign += row_count(batch);
    return refuse(origin, batch.stream, Origin{stream.node, stream.publisher}, now);
  }
  stream.last_use = ++uses_;
  take(found->first, stream, batch, now);
}

/// It will never be taken, however often it is sent: its sender is told so, at most once an answer_pause.
void Ingest::refuse(const Origin& origin, const std::string& stream, const Origin& owner, Instant now) {
  std::erase_if(told_at_, [&](const auto& told) { return now >= told.second + options_.answer_pause; });
  if (told_at_.size() >= max_told || !told_at_.try_emplace({origin.node, origin.publisher}, now).second) return;
  refusals_.push_back(Refusal{origin, stream, owner});
}

/// Takes what continues the stream, up to the first hole or to where there is no room.
void Ingest::take(const std::string& name, Stream& stream, Batch& batch, Instant now) {
  auto reading = batch.readings.begin();
  auto gap = batch.gaps.begin();
  std::size_t left = row_count(batch);
  for (; left > 0; --left) {
    const bool is_gap = reading == batch.readings.end() || (gap != batch.gaps.end() && gap->first < reading->seq);
    const std::uint64_t first = is_gap ? gap->first : reading->seq;
    const std::uint64_t last = is_gap ? gap->last : reading->seq;
    if (last <= stream.accepted) {
      ++counters_.duplicates;
      owe(name, stream, stream.resend);
    } else if (first > stream.accepted + 1 || !has_room()) {
      (first > stream.accepted + 1 ? counters_.refused_holes : counters_.refused_full) += left;
      owe(name, stream, true);
      return;
    } else if (is_gap) {
      add_gap(name, stream, Gap{stream.accepted + 1, last, std::move(gap->reason), gap->time}, now);
    } else {
      const bool is_unsynced = reading->reading.uptime.has_value();
      add_reading(name, stream, *reading, now);
      if (is_unsynced) pending_[*stream.pending_index].boot = batch.boot;
    }
    is_gap ? static_cast<void>(++gap) : static_cast<void>(++reading);
  }
}

bool Ingest::has_room() const {
  return open_ && pending_rows_ < options_.max_pending_rows && pending_bytes_ < options_.max_pending_bytes;
}

StreamRows& Ingest::rows_of(const std::string& name, Stream& stream, Instant now) {
  if (!stream.pending_index.has_value()) {
    stream.pending_index = pending_.size();
    pending_.push_back(StreamRows{name, stream.node, stream.publisher, 0, {}, {}});
  }
  if (pending_rows_ == 0) pending_since_ = now;
  ++pending_rows_;
  stream.resend = false;
  return pending_[*stream.pending_index];
}

void Ingest::add_reading(const std::string& name, Stream& stream, SequencedReading& reading, Instant now) {
  StreamRows& rows = rows_of(name, stream, now);
  pending_bytes_ += size_of(reading);
  stream.accepted = rows.through = reading.seq;
  rows.readings.push_back(std::move(reading));
}

void Ingest::add_gap(const std::string& name, Stream& stream, Gap gap, Instant now) {
  StreamRows& rows = rows_of(name, stream, now);
  pending_bytes_ += row_overhead_bytes;
  stream.accepted = rows.through = gap.last;
  rows.gaps.push_back(std::move(gap));
}

// ---- streams that are not in memory ----

void Ingest::hold(const Origin& origin, Batch batch) {
  const auto found = loading_.find(batch.stream);
  const bool room = held_rows_ + row_count(batch) <= options_.max_held_rows;
  if (!open_ || !room || (found == loading_.end() && loading_.size() >= options_.max_loading)) {
    counters_.refused_full += row_count(batch);  // its sender tries again after 5 s without a watermark
    return;
  }
  if (found == loading_.end()) to_load_.push_back(LoadStream{batch.stream});
  held_rows_ += row_count(batch);
  std::vector<Held>& held = loading_[batch.stream];
  held.push_back(Held{origin, std::move(batch)});
}

std::optional<std::uint64_t> Ingest::accepted(const std::string& stream) const {
  const auto found = streams_.find(stream);
  return found == streams_.end() ? std::nullopt : std::optional(found->second.accepted);
}

std::vector<LoadStream> Ingest::take_loads() { return std::exchange(to_load_, {}); }

void Ingest::loaded(const StreamLoaded& event, Instant now) {
  auto node = loading_.extract(event.stream);
  if (node.empty()) return;
  for (const Held& held : node.mapped()) held_rows_ -= row_count(held.batch);
  if (!event.state.has_value() || node.mapped().empty()) {
    for (const Held& held : node.mapped()) counters_.refused_full += row_count(held.batch);
    return;
  }
  if (streams_.size() >= options_.max_streams) forget_idle_streams();
  const StreamState& state = *event.state;
  const Origin& first = node.mapped().front().origin;
  Stream& stream = streams_[event.stream];
  stream.node = state.id == 0 ? first.node : state.node;
  stream.publisher = state.id == 0 ? first.publisher : state.publisher;
  stream.born = state.id == 0 ? ++newest_born_ : state.id;
  stream.committed = stream.accepted = state.through;
  for (Held& held : node.mapped()) offer(held.origin, std::move(held.batch), now);
}

bool Ingest::is_idle(const Stream& stream) const {
  return stream.accepted == stream.committed && !stream.owes_answer && !stream.pending_index.has_value();
}

/// Makes room for a tenth, so that the search for the least used is rare.
void Ingest::forget_idle_streams() {
  std::vector<std::pair<std::uint64_t, std::string>> idle;
  for (const auto& [name, stream] : streams_) {
    if (is_idle(stream)) idle.emplace_back(stream.last_use, name);
  }
  std::sort(idle.begin(), idle.end());
  idle.resize(std::min(idle.size(), options_.max_streams / 10 + 1));
  for (const auto& [last_use, name] : idle) streams_.erase(name);
}

// ---- group commit ----

bool Ingest::commit_is_due(Instant now) const {
  return pending_rows_ > 0 && (pending_rows_ >= options_.commit_rows || pending_bytes_ >= options_.commit_bytes ||
                               now >= pending_since_ + options_.commit_age);
}

std::optional<Instant> Ingest::commit_due_at() const {
  if (pending_rows_ == 0) return std::nullopt;
  return pending_since_ + options_.commit_age;
}

std::vector<StreamRows> Ingest::take_pending() {
  outstanding_.clear();
  outstanding_counts_ = IngestCounters{};
  for (const StreamRows& rows : pending_) {
    outstanding_.push_back(Outstanding{rows.stream, rows.through});
    count_committed(rows);
    streams_[rows.stream].pending_index.reset();
  }
  pending_rows_ = pending_bytes_ = 0;
  return std::exchange(pending_, {});
}

void Ingest::count_committed(const StreamRows& rows) {
  outstanding_counts_.committed_readings += rows.readings.size();
  outstanding_counts_.committed_gaps += rows.gaps.size();
  for (const Gap& gap : rows.gaps) outstanding_counts_.committed_lost += gap.last - gap.first + 1;
}

std::vector<Watermark> Ingest::committed(Instant now) {
  counters_.committed_readings += outstanding_counts_.committed_readings;
  counters_.committed_gaps += outstanding_counts_.committed_gaps;
  counters_.committed_lost += outstanding_counts_.committed_lost;
  std::vector<Watermark> moved;
  for (const Outstanding& done : outstanding_) {
    Stream& stream = streams_[done.stream];
    stream.committed = done.through;
    stream.answer_after = stream.resend ? now + options_.answer_pause : now;
    if (std::exchange(stream.owes_answer, false)) std::erase(owing_, done.stream);
    moved.push_back(Watermark{stream.node, stream.publisher, done.stream, done.through, stream.resend});
  }
  outstanding_.clear();
  outstanding_counts_ = IngestCounters{};
  return moved;
}

void Ingest::failed() {
  for (const Outstanding& lost : outstanding_) back_to_watermark(lost.stream);
  for (const StreamRows& lost : pending_) {
    counters_.refused_full += lost.readings.size() + lost.gaps.size();
    back_to_watermark(lost.stream);
  }
  counters_.refused_full += outstanding_counts_.committed_readings + outstanding_counts_.committed_gaps;
  outstanding_.clear();
  outstanding_counts_ = IngestCounters{};
  pending_.clear();
  pending_rows_ = pending_bytes_ = 0;
}

void Ingest::back_to_watermark(const std::string& name) {
  Stream& stream = streams_[name];
  stream.accepted = stream.committed;
  stream.pending_index.reset();
  owe(name, stream, true);
}

// ---- answers ----

void Ingest::owe(const std::string& name, Stream& stream, bool resend) {
  stream.resend = resend;
  if (!std::exchange(stream.owes_answer, true)) owing_.push_back(name);
}

std::vector<Watermark> Ingest::take_answers(Instant now) {
  std::vector<Watermark> answers;
  if (!open_ || owing_.empty()) return answers;
  std::erase_if(owing_, [&](const std::string& name) {
    Stream& stream = streams_[name];
    // While rows are on their way their commit is the answer.
    if (stream.accepted != stream.committed || now < stream.answer_after) return false;
    answers.push_back(Watermark{stream.node, stream.publisher, name, stream.committed, stream.resend});
    stream.owes_answer = false;
    stream.answer_after = now + options_.answer_pause;
    return true;
  });
  return answers;
}

std::optional<Instant> Ingest::answers_due_at() const {
  std::optional<Instant> due;
  if (!open_) return due;
  for (const std::string& name : owing_) {
    const Stream& stream = streams_.at(name);
    if (stream.accepted != stream.committed) continue;
    if (!due.has_value() || stream.answer_after < *due) due = stream.answer_after;
  }
  return due;
}

std::vector<Watermark> Ingest::newest() const {
  std::map<std::pair<std::string, std::string>, const std::pair<const std::string, Stream>*> newest;
  for (const auto& entry : streams_) {
    const auto*& best = newest[{entry.second.node, entry.second.publisher}];
    if (best == nullptr || best->second.born < entry.second.born) best = &entry;
  }
  std::vector<Watermark> watermarks;
  for (const auto& [publisher, entry] : newest) {
    watermarks.push_back(Watermark{publisher.first, publisher.second, entry->first, entry->second.committed, open_});
  }
  return watermarks;
}

void Ingest::describe(StatusWriter& status) const {
  status.add("pending", pending_rows_);
  StatusWriter& counters = status.in("counters");
  counters.add("committed", counters_.committed_readings);
  counters.add("gap_records", counters_.committed_gaps);
  counters.add("gap_readings", counters_.committed_lost);
  counters.add("duplicates", counters_.duplicates);
  counters.add("refused_holes", counters_.refused_holes);
  counters.add("refused_full", counters_.refused_full);
  counters.add("refused_foreign", counters_.refused_foreign);
}

std::string Ingest::broken_rule_of(std::size_t pending_index) const {
  const StreamRows& pending = pending_[pending_index];
  const auto found = streams_.find(pending.stream);
  if (found == streams_.end() || found->second.pending_index != pending_index)
    return "rows that wait are of a stream that knows it";
  if (found->second.accepted != pending.through) return "what is accepted ends with what waits";
  if (found->second.node != pending.node || found->second.publisher != pending.publisher)
    return "rows that wait are of the stream's own node and publisher";
  return {};
}

std::string Ingest::broken_invariant() const {
  std::string broken;
  const bool hold = checked_pending_.all_of(pending_.size(), [&](std::size_t i) {
    broken = broken_rule_of(i);
    return broken.empty();
  });
  if (!hold) return broken;
  if (pending_.size() <= RotatingSample::at_once) {
    std::size_t rows = 0;
    for (const StreamRows& pending : pending_) rows += pending.readings.size() + pending.gaps.size();
    if (rows != pending_rows_) return "rows that wait are counted";
  }
  const auto is_in_order = [](const auto& stream) { return stream.second.committed <= stream.second.accepted; };
  const bool are_in_order = checked_streams_.all_of(streams_.bucket_count(), [&](std::size_t bucket) {
    return std::all_of(streams_.begin(bucket), streams_.end(bucket), is_in_order);
  });
  return are_in_order ? "" : "no more is committed than was accepted";
}

}  // namespace sensors::persistence
