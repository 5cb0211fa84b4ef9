// The part of Logic that is about rows which a destination refused: what is said about them, and what operators do with
// them.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "services/sensor-persistence/logic/logic.hpp"

namespace sensors::persistence {
namespace {

std::string text_of(const DeadLetter& letter, std::uint64_t added) {
  std::string row;
  if (const auto* reading = std::get_if<StoredReading>(&letter.row)) {
    row = fmt::format("{}/{}, stream {}, number {}", reading->node, reading->reading.reading.sensor, reading->stream,
                      reading->reading.seq);
  } else {
    const StoredGap& gap = std::get<StoredGap>(letter.row);
    row = fmt::format("{}, gap record of stream {}, {}..{}", gap.node, gap.stream, gap.gap.first, gap.gap.last);
  }
  const std::string more = added > 1 ? fmt::format(", and {} rows more", added - 1) : "";
  return fmt::format("destination {} refused {} with HTTP {}: {}{}", letter.destination, row, letter.status,
                     letter.reason, more);
}

/// Of so many destinations the status tells.
constexpr std::size_t most_told = 50;

}  // namespace

std::uint64_t total(const DeadLetterCounts& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& count) { return sum + count.second; });
}

void Logic::on_dead_letters(const ReplyTo& reply, const MqttMessage& message) {
  Result<DeadLettersRequest> request = decode_dead_letters_request(message.payload);
  if (!request.has_value()) return refuse_call(reply, request.error());
  // Nobody asks for what a destination that is not configured any more is to get.
  const bool is_requeue = request->action == DeadLettersRequest::Action::requeue;
  const Result<void> known = is_requeue ? uploads_.check_destination(request->destination)
                                        : uploads_.check_destination_ever(request->destination);
  if (!known.has_value()) return refuse_call(reply, known.error());
  if (request->action == DeadLettersRequest::Action::list) {
    if (!health_.is_open() && !store_is_ready(reply)) return;
    const std::optional<std::uint64_t> call = open_query(reply);
    if (call.has_value()) effects_.push_back(ListDeadLetters{*call, std::move(*request), options_.query_time_limit});
    return;
  }
  if (!store_is_ready(reply)) return;
  const std::optional<std::uint64_t> call = open_call(reply);
  if (call.has_value()) waiting_changes_.push_back(DeadLetterChange{*call, std::move(*request)});
}

void Logic::on(DeadLettersListed event, Now now) {
  --running_queries_;
  if (event.rows.has_value()) {
    answer(event.call, encode_dead_letter_list(event.rows->letters, event.rows->truncated));
  } else {
    ++counters_.refused_calls;
    answer(event.call, encode_error(event.rows.error()));
    if (event.rows.error().code != ErrorCode::timeout) read_failed("a list failed", event.rows.error(), now);
  }
}

void Logic::dead_letters_changed(const DeadLetterReport& report, Now now) {
  counters_.dead_lettered += report.added;
  counters_.dead_letters_dropped += report.dropped;
  dead_letters_ = report.left;
  for (const DeadLetterChange& done : std::exchange(committing_changes_, {})) {
    const auto changed = std::find_if(report.changed.begin(), report.changed.end(),
                                      [&](const auto& one) { return one.call == done.call; });
    const std::uint64_t letters = changed != report.changed.end() ? changed->letters : 0;
    const bool is_requeue = done.request.action == DeadLettersRequest::Action::requeue;
    (is_requeue ? counters_.requeued : counters_.purged) += letters;
    self_.say_seldom(LogLevel::info, is_requeue ? "dead letters requeued" : "dead letters purged",
                     fmt::format("{}, {} left", letters, total(report.left)), now, effects_);
    answer(done.call, encode_dead_letters_changed(done.request.action, letters, total(report.left)));
  }
  if (report.newest.has_value()) {
    self_.announce_seldom(LogLevel::warning, "dead_letter", text_of(*report.newest, report.added), now, effects_);
  }
  if (report.unknown > 0) {
    self_.warn("rejected rows", fmt::format("{} rows that the API rejected are not in the batch", report.unknown), now,
               effects_);
  }
  if (report.dropped == 0) return;
  self_.announce_seldom(LogLevel::error, "dead_letters_dropped",
                        fmt::format("the {} oldest dead letters dropped: there is room for {}", report.dropped,
                                    options_.max_dead_letters),
                        now, effects_);
}

/// A destination that is not configured any more is told too: its owner is to decide.
void Logic::describe_dead_letters(StatusWriter& status) const {
  status.add("dead_letters", total(dead_letters_));
  std::size_t told = 0;
  for (const auto& [destination, letters] : dead_letters_) {
    if (++told <= most_told) status.in("destinations").in(destination).add("dead_letters", letters);
  }
}

}  // namespace sensors::persistence
