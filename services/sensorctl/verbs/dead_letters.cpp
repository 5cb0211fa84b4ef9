#include "services/sensorctl/verbs/dead_letters.hpp"

#include <set>

#include <fmt/format.h>

#include "common/codec/time_text.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/verbs/text.hpp"

namespace sensors::sensorctl {

namespace {

using Action = DeadLettersRequest::Action;

std::string row_text(const StoredRow& row) {
  if (const StoredReading* reading = std::get_if<StoredReading>(&row)) {
    return fmt::format("{} {} {}", time_text(reading->reading.reading.time), reading->reading.reading.sensor,
                       value_with_unit(reading->reading.reading));
  }
  const Gap& gap = std::get<StoredGap>(row).gap;
  return fmt::format("gap {}..{} {}", gap.first, gap.last, gap.reason);
}

Result<Told> tell_list(const std::string& payload, bool json) {
  TRY_ASSIGN(const DeadLetterList list, decode_dead_letter_list(payload));
  Told told;
  if (json) {
    told.text = on_one_line(payload) + "\n";
  } else if (!list.letters.empty()) {
    told.text = dead_letters_table(list.letters);
  }
  if (list.letters.empty()) told.note = "no dead letters";
  if (list.truncated && !list.letters.empty())
    told.note = fmt::format("there are more: --after {}", list.letters.back().id);
  return told;
}

Result<Told> tell_change(const std::string& payload, const DeadLettersRequest& request, bool json) {
  TRY_ASSIGN(const DeadLettersChanged answer, decode_dead_letters_changed(payload));
  const bool is_requeue = request.action == Action::requeue;
  const char* done = is_requeue ? "requeued" : "purged";
  // The store answers for each once.
  const std::size_t named = request.all ? 0 : std::set(request.ids.begin(), request.ids.end()).size();
  Told told;
  told.text = json ? on_one_line(payload) + "\n" : fmt::format("{} {}, {} left\n", answer.changed, done, answer.left);
  if (answer.changed < named) {
    told.note = fmt::format(
        "{} of the {} named could not be {}: there is no such dead letter, or it was requeued and waits{}",
        named - answer.changed, named, done, is_requeue ? ", or its destination is not configured any more" : "");
    told.exit_code = exit_trouble;
  }
  if (is_requeue && request.all && request.destination.empty() && answer.left > 0) {
    told.note = fmt::format(
        "{} stay: their destinations are not configured any more, and nobody asks for them. "
        "sensorctl dead-letters list shows them; purge them with --all --destination NAME, or configure the "
        "destination again",
        answer.left);
    told.exit_code = exit_trouble;
  }
  return told;
}

}  // namespace

std::string dead_letters_table(const std::vector<DeadLetter>& letters) {
  constexpr std::size_t most_reason_bytes = 120;
  std::vector<std::vector<std::string>> rows{{"ID", "REFUSED", "TIMES", "DESTINATION", "STATUS", "ROW", "REASON"}};
  for (const DeadLetter& letter : letters) {
    rows.push_back({std::to_string(letter.id), time_text(letter.refused), std::to_string(letter.refusals),
                    letter.destination, letter.status == 0 ? "-" : std::to_string(letter.status), row_text(letter.row),
                    (letter.waits ? "(requeued) " : "") + printable_line(letter.reason, most_reason_bytes)});
  }
  return table(rows);
}

Question dead_letters_question(const DeadLettersRequest& request, bool json) {
  Question question{"dead-letters", encode_dead_letters_request(request), {}};
  question.tell = [request, json](const std::string& payload) {
    return request.action == Action::list ? tell_list(payload, json) : tell_change(payload, request, json);
  };
  return question;
}

}  // namespace sensors::sensorctl
