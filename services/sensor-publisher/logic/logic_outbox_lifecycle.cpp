// The part of Logic that opens the outbox, opens it again when it failed, says what became of it, and stops when it is
// written out.
#include <utility>

#include <fmt/format.h>

#include "services/sensor-publisher/logic/calibration.hpp"
#include "services/sensor-publisher/logic/logic.hpp"

namespace sensors::publisher {

namespace {

constexpr const char* open_obligation = "opening the outbox";

/// Another program's file, or a later version's: waiting does not help.
bool is_fatal(ErrorCode code) { return code == ErrorCode::invalid || code == ErrorCode::newer_schema; }

std::string text_of(const OutboxRepair& repair) {
  std::string text = fmt::format("the outbox was damaged: {}. It is at {} now; {} readings were salvaged",
                                 repair.damage, repair.moved_to, repair.salvaged);
  text += repair.lost == 0 ? ", none is known to be lost"
                           : fmt::format(", {} are lost, gap records say which", repair.lost);
  if (repair.end_is_unknown) text += "; how many there were behind the last of them cannot be read";
  if (repair.out_of_time) text += "; time was over before everything was tried";
  if (repair.streams_are_unknown) text += "; the name of their stream is lost, the store may get some a second time";
  for (const std::string& deleted : repair.deleted) text += "; deleted the older " + deleted;
  return text;
}

}  // namespace

void Logic::open_outbox(Now now, Effects& effects) {
  OutboxOpen open;
  open.damage = std::exchange(damage_, {});
  open.known = sender_.known_of_outbox();
  open.known.last = writer_.written();
  open.is_settled = outbox_was_found_;
  if (!outbox_was_found_) {
    // Positions are numbers of the stream until there is a file that says where it begins.
    open.known.confirmed = open.known.last = 0;
    open.known.streams.back().skipped = writer_.taken_before_pending();
  }
  open.release_reserve = writer_.disk_is_full();
  writer_.opening();
  liveness_.begin(open_obligation, now.monotonic + options_.outbox.open_deadline);
  effects.push_back(std::move(open));
}

void Logic::on(OutboxOpened& event, Now now, Effects& effects) {
  liveness_.end(open_obligation);
  if (!event.contents) {
    const Error& error = event.contents.error();
    // An outbox that was ours and is another process's now has that one's readings under the numbers of ours.
    const bool is_lost = error.code == ErrorCode::in_use && outbox_was_found_;
    if (is_fatal(error.code) || is_lost) return give_up(error.message, effects);
    writer_.open_failed(error, now);
    report_outbox_failure(effects);
    return;
  }
  if (std::exchange(outbox_was_found_, true)) {
    writer_.reopened(event.contents->reserve_held, now);
    silence_.watch().all_unsaved();
    sender_.entries_dropped();
  } else {
    writer_.adopted(*event.contents, now);
    silence_.restore(event.contents->sensors, pacing_, now, effects);
    sender_.adopt(*event.contents);
    if (clock_.boot_time().has_value()) {
      sender_.learn_boot_time(*clock_.boot_time());
      writer_.remember_boot_time(*clock_.boot_time());
    }
    if (sender_.store() != event.contents->known_store) writer_.remember_store(sender_.store());
  }
  report_opened(*event.contents, now, effects);
}

void Logic::give_up(const std::string& why, Effects& effects) {
  effects.push_back(LogLine{LogLevel::error, why});
  report_lost(effects);
  exited_ = true;
  effects.push_back(Exit{1});
}

/// For good: what waits in memory ends with the process.
void Logic::report_lost(Effects& effects) const {
  if (writer_.pending().empty()) return;
  const OutboxEntry& first = writer_.pending().front();
  const OutboxEntry& last = writer_.pending().back();
  effects.push_back(LogLine{
      LogLevel::error, fmt::format("{} readings are lost: they waited in memory, and the outbox cannot be written: {}",
                                   last.last - first.first + 1, writer_.failure())});
}

/// What an error of a read means for what can be written.
void Logic::distrust_outbox(const Error& error, Now now) {
  if (error.code == ErrorCode::timeout) return;  // it is tried again
  if (error.code == ErrorCode::corrupt) damage_ = error.message;
  if (writer_.is_open()) writer_.open_failed(error, now);
}

void Logic::report_outbox_failure(Effects& effects) {
  if (outbox_failure_ == writer_.failure()) return;
  outbox_failure_ = writer_.failure();
  effects.push_back(outbox_failure_.empty()
                        ? LogLine{LogLevel::info, "the outbox can be written again"}
                        : LogLine{LogLevel::error, outbox_failure_ +
                                                       "; readings wait in memory and are sent from there, "
                                                       "it is tried again"});
}

void Logic::report_opened(const OutboxContents& contents, Now now, Effects& effects) {
  note_former_name(contents, now, effects);
  note_calibrations(contents, now, effects);
  for (const std::string& note : contents.notes) effects.push_back(LogLine{LogLevel::info, note});
  for (const std::string& warning : contents.warnings) {
    self_.announce("damage", {LogLevel::warning, warning}, now, effects);
  }
  if (contents.repair.has_value()) {
    readings_damaged_ += contents.repair->lost;
    self_.announce("damage", {LogLevel::error, text_of(*contents.repair)}, now, effects);
  }
  report_outbox_failure(effects);
}

/// Who looks at a curve later wants to know why it has a step. It is said before it is remembered: a crash in between
/// says it again, and none keeps it back.
void Logic::note_calibrations(const OutboxContents& contents, Now now, Effects& effects) {
  if (!contents.failure.empty()) return;
  std::string calibrations = calibrations_of(options_.drivers);
  if (calibrations == contents.calibrations) return;
  if (!std::exchange(calibrations_are_told_, true)) {
    for (std::string& change : changed_calibrations(contents.calibrations, calibrations))
      self_.announce("calibration", {LogLevel::info, std::move(change)}, now, effects);
  }
  writer_.remember_calibrations(std::move(calibrations));
}

void Logic::advance_stop(Now now, Effects& effects) {
  if (!stopping_ || !intake_.is_read_out()) return;
  const bool given_up = may_give_up() && now.monotonic >= stop_by_;
  const bool keeps_sensors = silence_.watch().has_unsaved() && writer_.failure().empty();
  if ((!writer_.idle() || keeps_sensors) && !given_up) return;
  report_lost(effects);
  exited_ = true;
  self_.update({ServiceState::down, "stopped", outbox_mark_.above()}, now);
  report_status(now, effects);
  effects.push_back(Exit{});
}

}  // namespace sensors::publisher
