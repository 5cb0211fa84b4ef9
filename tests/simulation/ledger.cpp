#include "tests/simulation/ledger.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace sensors::simulation {

namespace {

constexpr const char* either_or = "a reading is at the API or a dead letter, never both";
constexpr unsigned facts_of_destination = 16;  // bits

}  // namespace

std::string refusal_of(const RowRange& row) { return fmt::format("{}/{} is not taken", row.stream, row.first); }

/// Most are numbers, some are texts, so that both kinds are on every link.
Value Ledger::value_of(std::uint64_t number) {
  if (number % 7 == 0) return "number-" + std::to_string(number);
  return static_cast<double>(number);
}

std::optional<std::uint64_t> Ledger::number_of(const Value& value) {
  if (const double* number = std::get_if<double>(&value)) return static_cast<std::uint64_t>(*number);
  const std::string* text = std::get_if<std::string>(&value);
  if (text == nullptr || !text->starts_with("number-")) return std::nullopt;
  std::uint64_t number = 0;
  std::from_chars(text->data() + 7, text->data() + text->size(), number);
  return number;
}

void Ledger::violate(std::string_view check, std::string text) {
  if (!violation_.has_value()) violation_ = Violation{std::string(check), std::move(text)};
}

Ledger::Stream* Ledger::find(const std::string& stream, std::string_view where) {
  const auto found = streams_.find(stream);
  if (found != streams_.end()) return &found->second;
  violate("a stream belongs to a run of a publisher", fmt::format("{}: nobody began stream {}", where, stream));
  return nullptr;
}

void Ledger::add(Stream& stream, std::uint64_t seq, std::uint32_t facts) {
  if (stream.facts.size() < seq) stream.facts.resize(seq, 0);
  stream.facts[seq - 1] |= facts;
}

void Ledger::add(const RowRange& row, std::uint32_t facts) {
  Stream* const stream = find(row.stream, "row");
  for (std::uint64_t seq = row.first; stream != nullptr && seq <= row.last; ++seq) add(*stream, seq, facts);
}

void Ledger::remove(const RowRange& row, std::uint32_t facts) {
  Stream* const stream = find(row.stream, "row");
  if (stream == nullptr) return;
  for (std::uint64_t seq = row.first; seq <= row.last && seq <= stream->facts.size(); ++seq)
    stream->facts[seq - 1] &= ~facts;
  stream->resolved_through = std::min(stream->resolved_through, row.first - 1);
}

/// The bits of the first destination are those of Fact, and of the next one they are above them.
std::uint32_t Ledger::facts_at(const std::string& destination, std::uint32_t facts) const {
  return !destinations_.empty() && destination == destinations_.front() ? facts : facts << facts_of_destination;
}

bool Ledger::has(const std::string& stream, std::uint64_t seq, std::uint32_t facts) const {
  const auto found = streams_.find(stream);
  return found != streams_.end() && seq >= 1 && seq <= found->second.facts.size() &&
         (found->second.facts[seq - 1] & facts) != 0;
}

void Ledger::check(const Stream& stream, const std::string& name, const SequencedReading& row, std::string_view where) {
  const std::uint64_t expected = row.seq >= 1 && row.seq <= stream.numbers.size() ? stream.numbers[row.seq - 1] : 0;
  const std::optional<std::uint64_t> found = number_of(row.reading.value);
  if (found != expected) {
    violate("a (stream, seq) never names two readings", fmt::format("{}: ({}, {}) is reading {}, and should be {}",
                                                                    where, name, row.seq, found.value_or(0), expected));
  } else if (expected != 0 && !has_right_time(stream, row)) {
    violate("a reading has its right time, or says that nobody knows it",
            fmt::format("{}: ({}, {}) has {} ms, uptime {} ms; it was {} ms by a clock that {}, uptime {} ms", where,
                        name, row.seq, row.reading.time.time_since_epoch().count(),
                        row.reading.uptime.value_or(Millis{-1}).count(),
                        stream.taken_at[row.seq - 1].wall.time_since_epoch().count(),
                        stream.taken_at[row.seq - 1].is_synced ? "was set" : "was not set",
                        stream.taken_at[row.seq - 1].uptime.count()));
  }
}

/// That of a clock which was set; or that of one which was not, with the uptime; or made of the uptime later.
bool Ledger::has_right_time(const Stream& stream, const SequencedReading& row) const {
  const TakenAt& taken = stream.taken_at[row.seq - 1];
  const Reading& reading = row.reading;
  if (taken.is_synced || reading.uptime.has_value()) {
    return reading.time == taken.wall &&
           reading.uptime == (taken.is_synced ? std::nullopt : std::optional(taken.uptime));
  }
  const auto boot_times = boot_times_.find(stream.boot);
  if (boot_times == boot_times_.end()) return false;
  return std::any_of(boot_times->second.begin(), boot_times->second.end(),
                     [&](WallTime boot_time) { return reading.time == time_at_uptime(boot_time, taken.uptime); });
}

RowRange Ledger::row_of(const Value& value) const {
  const std::uint64_t number = number_of(value).value_or(0);
  return number >= 1 && number <= rows_.size() ? rows_[number - 1] : RowRange{};
}

// ---- the publisher ----

void Ledger::stream_begins(const std::string& stream, const std::string& boot) {
  const auto [known, is_new] = streams_.try_emplace(stream);
  if (!is_new) violate("each run has a stream of its own", stream + " began twice");
  known->second.boot = boot;
}

void Ledger::vouched(const BootTime& boot) {
  std::vector<WallTime>& times = boot_times_[boot.boot];
  if (times.empty() || times.back() != boot.time) times.push_back(boot.time);
}

void Ledger::taken(const std::string& stream, std::uint64_t number, TakenAt at) {
  Stream* const known = find(stream, "driver");
  if (known == nullptr) return;
  known->numbers.push_back(number);
  known->taken_at.push_back(at);
  known->facts.resize(std::max(known->facts.size(), known->numbers.size()), 0);
  if (rows_.size() < number) rows_.resize(std::max(number, last_number_));
  if (number > 0) rows_[number - 1] = {stream, known->numbers.size(), known->numbers.size(), false};
}

/// What a store has need not be in an outbox any more: it went there from memory, while the disk failed. No further
/// than `next`, which comes now.
void Ledger::skip_stored(Stream& stream, std::uint64_t next) {
  while (stream.kept_through + 1 < next && stream.kept_through < stream.facts.size() &&
         (stream.facts[stream.kept_through] & (in_store | gap_in_store)) != 0)
    ++stream.kept_through;
}

void Ledger::kept(const std::string& stream, const SequencedReading& row) {
  Stream* const known = find(stream, "outbox");
  if (known == nullptr) return;
  const std::uint64_t seq = row.seq;
  check(*known, stream, row, "outbox");
  skip_stored(*known, seq);
  if (seq != known->kept_through + 1) {
    violate("the outbox is in order and has no hole",
            fmt::format("{}: {} was written behind {}", stream, seq, known->kept_through));
  }
  known->kept_through = std::max(known->kept_through, seq);
  add(*known, seq, in_outbox);
}

void Ledger::gap_kept(const std::string& stream, std::uint64_t first, std::uint64_t last) {
  Stream* const known = find(stream, "outbox");
  if (known == nullptr) return;
  skip_stored(*known, first);
  if (first > known->kept_through + 1) {
    violate("the outbox is in order and has no hole",
            fmt::format("{}: gap record {}..{} was written behind {}", stream, first, last, known->kept_through));
  }
  known->kept_through = std::max(known->kept_through, last);
  for (std::uint64_t seq = first; seq <= last; ++seq) add(*known, seq, gap_in_outbox);
}

void Ledger::published(const Batch& batch, bool without_outbox) {
  Stream* const known = find(batch.stream, "publish");
  if (known == nullptr) return;
  for (const SequencedReading& row : batch.readings) {
    check(*known, batch.stream, row, "publish");
    if (!without_outbox && !has(batch.stream, row.seq, in_outbox)) {
      violate("1: a reading is synced in the outbox before it is published",
              fmt::format("({}, {}) was published and is not in the outbox", batch.stream, row.seq));
    }
  }
}

void Ledger::confirmed_row_deleted(const std::string& stream, std::uint64_t seq) {
  if (has(stream, seq, in_store | gap_in_store)) return;
  violate("2: an outbox row is deleted only when the store has it",
          fmt::format("({}, {}) was deleted and no store ever had it", stream, seq));
}

void Ledger::stream_ends(const std::string& stream, bool by_crash) {
  Stream* const known = find(stream, "publisher");
  if (known == nullptr || std::exchange(known->ended, true)) return;
  skip_stored(*known, known->numbers.size() + 1);
  known->lost_in_memory = known->numbers.size() - std::min<std::uint64_t>(known->kept_through, known->numbers.size());
  if (by_crash || known->lost_in_memory == 0) return;
  violate("a graceful stop loses nothing",
          fmt::format("{}: {} readings were not in the outbox at the end", stream, known->lost_in_memory));
}

// ---- clients that hand readings in over HTTP ----

void Ledger::handed_in(const Batch& batch) {
  Stream& known = streams_[batch.stream];
  known.is_handed_in = true;
  for (const Gap& gap : batch.gaps) {
    for (std::uint64_t seq = gap.first; seq <= gap.last; ++seq) {
      if (!has(batch.stream, seq, in_store))
        violate("a gap record stands for what is gone",
                fmt::format("({}, {}) was never stored, nor answered", batch.stream, seq));
    }
  }
  for (const SequencedReading& row : batch.readings) {
    if (row.seq > known.numbers.size() + 1) {
      violate("what is sent has no hole",
              fmt::format("{}: {} was sent behind {}", batch.stream, row.seq, known.numbers.size()));
      return;
    }
    if (row.seq == known.numbers.size() + 1) {
      check_offer(batch.stream, row);
      taken(batch.stream, number_of(row.reading.value).value_or(0), {row.reading.time, Millis{0}, true});
    }
    check(known, batch.stream, row, "handed in");
  }
}

void Ledger::check_offer(const std::string& stream, const SequencedReading& row) {
  const auto offer = offers_.find(number_of(row.reading.value).value_or(0));
  if (offer != offers_.end() && offer->second.time == row.reading.time) return;
  violate("a reading goes on as it was handed in", fmt::format("({}, {}) is nobody's", stream, row.seq));
}

void Ledger::promised(std::uint64_t number, const std::string& stream, std::uint64_t seq) {
  ++promised_;
  const Offer& offer = offers_[number];
  if (!has(stream, seq, in_store)) {
    violate("201 is answered when the store has every row",
            fmt::format("reading {}: ({}, {}) was never committed", number, stream, seq));
  } else if (offer.stream != stream || offer.seq != seq) {
    violate("an answer names the rows that were handed in",
            fmt::format("reading {} is ({}, {}), not ({}, {})", number, offer.stream, offer.seq, stream, seq));
  }
}

/// It must be delivered then; and it has one name, however often the client sends it. Where the store that took it is
/// lost before it has answered, nobody is left who knows that name.
void Ledger::stored_once(Stream& stream, const std::string& name, const SequencedReading& row) {
  stream.kept_through = std::max(stream.kept_through, row.seq);
  const std::uint64_t number = number_of(row.reading.value).value_or(0);
  Offer& offer = offers_[number];
  if (offer.stream.empty() || has(offer.stream, offer.seq, lost_by_hardware)) offer = {offer.time, name, row.seq};
  if (offer.stream == name && offer.seq == row.seq) {
    if (number >= 1 && number <= rows_.size())
      rows_[number - 1] = {name, row.seq, row.seq, false};  // it may have been handed in under other names, too
    return;
  }
  violate("what is handed in again is stored once",
          fmt::format("reading {}: ({}, {}) and ({}, {})", number, offer.stream, offer.seq, name, row.seq));
}

// ---- store, bridge and API ----

void Ledger::stored(const std::string& stream, const SequencedReading& row) {
  Stream* const known = find(stream, "store");
  if (known == nullptr) return;
  check(*known, stream, row, "store");
  add(*known, row.seq, in_store);
  if (known->is_handed_in) stored_once(*known, stream, row);
}

void Ledger::gap_stored(const std::string& stream, std::uint64_t first, std::uint64_t last) {
  Stream* const known = find(stream, "store");
  if (known == nullptr) return;
  for (std::uint64_t seq = first; seq <= last; ++seq) add(*known, seq, gap_in_store);
}

void Ledger::reached_api(const std::string& destination, const std::string& stream, const SequencedReading& row) {
  const std::uint64_t seq = row.seq;
  Stream* const known = find(stream, "API");
  if (known == nullptr) return;
  check(*known, stream, row, "API");
  if (!has(stream, seq, in_store)) {
    violate("the API gets what the store has committed", fmt::format("({}, {}) was never committed", stream, seq));
  }
  if (has_at(destination, stream, seq, dead))
    violate(either_or, fmt::format("({}, {}) is a dead letter of {}, and was sent", stream, seq, destination));
  add(*known, seq, facts_at(destination, at_api));
}

void Ledger::bridge_answered(const std::string& destination, const RowRange& row) {
  add(row, facts_at(destination, row.is_gap ? gap_answered : answered));
}

void Ledger::bridge_refused(const std::string& destination, const RowRange& row) {
  add(row, facts_at(destination, row.is_gap ? gap_refused : refused));
}

void Ledger::cursor_passes(const std::string& destination, const RowRange& row) {
  if (has_at(destination, row.stream, row.first, row.is_gap ? gap_answered : answered)) return;
  violate("5: a row leaves the upload queue after a 2xx that covers it, or as a dead letter",
          fmt::format("{}({}, {}) left that of {} without", row.is_gap ? "the gap record of " : "", row.stream,
                      row.first, destination));
}

// ---- dead letters ----

void Ledger::dead_lettered(const std::string& destination, const RowRange& row, const std::string& reason) {
  ++dead_lettered_;
  if (!has_at(destination, row.stream, row.first, row.is_gap ? gap_refused : refused)) {
    violate("only what the API refused becomes a dead letter",
            fmt::format("({}, {}): {} never refused it alone: {}", row.stream, row.first, destination, reason));
  }
  if (reason.find(refusal_of(row)) == std::string::npos) {
    violate("a dead letter has the API's reason", fmt::format("({}, {}): '{}'", row.stream, row.first, reason));
  }
  if (!row.is_gap && has_at(destination, row.stream, row.first, at_api)) {
    violate(either_or,
            fmt::format("({}, {}) is at {}, and became a dead letter of it", row.stream, row.first, destination));
  }
  add(row, facts_at(destination, row.is_gap ? gap_dead : dead));
}

void Ledger::requeued(const std::string& destination, const RowRange& row) {
  // It must be delivered now, whatever happened to it before.
  remove(row, facts_at(destination, row.is_gap ? gap_dead | gap_refused : dead | refused));
}

void Ledger::purged_dead_letter(const std::string& destination, const RowRange& row) {
  remove(row, facts_at(destination, row.is_gap ? gap_dead : dead));
  add(row, facts_at(destination, purged));
}

void Ledger::kept_no_longer(const std::string& destination, const RowRange& row) {
  add(row, facts_at(destination, purged));
}

void Ledger::dead_letter_is_back(const std::string& destination, const RowRange& row) {
  add(row, facts_at(destination, row.is_gap ? gap_dead : dead));
}

void Ledger::dead_letter_lost(const std::string& destination, const RowRange& row) {
  remove(row, facts_at(destination, row.is_gap ? gap_dead : dead));
  add(row, facts_at(destination, lost_by_hardware));
}

void Ledger::lost(const std::string& stream, std::uint64_t seq) {
  if (Stream* const known = find(stream, "hardware")) add(*known, seq, lost_by_hardware);
}

void Ledger::lost_with_store(const std::string& stream, std::uint64_t seq) {
  Stream* const known = find(stream, "hardware");
  if (known == nullptr) return;
  const bool is_known = !known->is_handed_in && !known->is_forgotten && has(stream, seq, in_outbox | gap_in_outbox);
  if (!is_known) return add(*known, seq, lost_by_hardware);
  // It does not matter any more what the API answered: the record comes again, or the reading.
}

void Ledger::forgotten(const std::string& stream) {
  Stream* const known = find(stream, "hardware");
  if (known == nullptr) return;
  known->is_forgotten = true;
  for (std::uint64_t seq = 1; seq <= known->facts.size(); ++seq) {
    if (has(stream, seq, in_store | gap_in_store)) add(*known, seq, lost_by_hardware);
  }
}

// ---- the end ----

/// At every destination.
bool Ledger::is_resolved(std::uint32_t facts) const {
  if ((facts & lost_by_hardware) != 0) return true;
  return std::all_of(destinations_.begin(), destinations_.end(), [&](const std::string& destination) {
    return (facts & facts_at(destination, answered | gap_answered | lost_by_hardware | dead | gap_dead | purged)) != 0;
  });
}

std::uint64_t Ledger::resolve(const Stream& stream) const {
  while (stream.resolved_through < stream.kept_through && is_resolved(stream.facts[stream.resolved_through])) {
    ++stream.resolved_through;
  }
  return stream.resolved_through;
}

std::uint64_t Ledger::unresolved() const {
  std::uint64_t sum = 0;
  for (const auto& [name, stream] : streams_) {
    for (std::uint64_t seq = resolve(stream) + 1; seq <= stream.kept_through; ++seq) {
      if (!is_resolved(stream.facts[seq - 1])) ++sum;
    }
  }
  return sum;
}

std::string Ledger::describe_unresolved(std::size_t most) const {
  std::string text;
  for (const auto& [name, stream] : streams_) {
    for (std::uint64_t seq = resolve(stream) + 1; seq <= stream.kept_through && most > 0; ++seq) {
      const std::uint32_t facts = stream.facts[seq - 1];
      if (is_resolved(facts)) continue;
      text += fmt::format("{}({}, {}: {}{}{}{}{}{})", text.empty() ? "" : " ", name, seq,
                          facts & in_outbox ? "outbox " : "", facts & gap_in_outbox ? "gap-in-outbox " : "",
                          facts & in_store ? "store " : "", facts & gap_in_store ? "gap-in-store " : "",
                          facts & at_api ? "API " : "", facts & (at_api << facts_of_destination) ? "other-API " : "");
      --most;
    }
  }
  return text;
}

Ledger::Totals Ledger::totals() const {
  Totals totals;
  totals.taken = last_number_;
  totals.promised = promised_;
  totals.refused = dead_lettered_;
  for (const auto& [name, stream] : streams_) {
    totals.lost_in_memory += stream.lost_in_memory;
    for (const std::uint32_t facts : stream.facts) {
      if ((facts & answered) != 0) {
        ++totals.delivered;
      } else if ((facts & gap_answered) != 0) {
        ++totals.dropped_with_record;
      } else if ((facts & purged) != 0) {
        ++totals.purged;
      } else if ((facts & lost_by_hardware) != 0) {
        ++totals.lost_by_hardware;
      }
    }
  }
  return totals;
}

}  // namespace sensors::simulation
