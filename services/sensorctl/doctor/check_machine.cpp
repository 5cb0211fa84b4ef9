// The machine under the pipeline: disks, databases, certificates, clock, power, network and the journal.
#include <algorithm>
#include <chrono>
#include <set>

#include <fmt/format.h>

#include "common/codec/quantity_text.hpp"
#include "common/codec/time_text.hpp"
#include "services/sensorctl/doctor/checks.hpp"
#include "services/sensorctl/doctor/mending.hpp"

namespace sensors::doctor {
namespace {

Finding check_mount(const DiskFacts& disk) {
  if (!disk.is_read_only.has_value()) return unknown("mount", disk.path, disk.is_read_only.error());
  if (!*disk.is_read_only) return ok("mount", disk.path, "can be written");
  return critical("mount", disk.path, "is mounted read-only: a failing disk or SD card, after which the kernel gave up",
                  "journalctl -k has the reason; save the data, check the disk (fsck), then restart the machine");
}

Finding check_space(const DiskFacts& disk, const Thresholds& thresholds) {
  if (!disk.space.has_value()) return unknown("disk", disk.path, disk.space.error());
  const DiskSpace& space = *disk.space;
  const double share =
      static_cast<double>(space.free_bytes) / static_cast<double>(std::max<std::uint64_t>(space.total_bytes, 1));
  const std::string what = fmt::format("{} of {} are free", size_text(space.free_bytes), size_text(space.total_bytes));
  const std::string advice =
      fmt::format("make room: du -xh {} | sort -h | tail, journalctl --vacuum-size=100M, apt clean", disk.path);
  if (share < thresholds.disk_full && space.free_bytes < thresholds.disk_full_bytes) {
    return critical("disk", disk.path, what, advice);
  }
  if (share < thresholds.disk_short && space.free_bytes < thresholds.disk_short_bytes) {
    return warning("disk", disk.path, what, advice);
  }
  if (space.free_inodes < thresholds.inodes_short) {
    return warning("disk", disk.path, fmt::format("{:.1f} % of its inodes are free", 100 * space.free_inodes),
                   "somewhere are very many small files: delete them");
  }
  return ok("disk", disk.path, what);
}

/// What is acknowledged there may be gone after a power cut.
Finding check_storage(const DiskFacts& disk) {
  if (!disk.risk.has_value()) return unknown("storage", disk.path, disk.risk.error());
  if (disk.risk->empty()) return ok("storage", disk.path, "keeps what is synced, as far as its file system tells");
  return warning("storage", disk.path, *disk.risk,
                 "findmnt -T " + disk.path +
                     "; /usr/share/doc/sensor-project/docs/guides/backup-and-moving.md says how to move it");
}

/// A service salvages a damaged file when it opens it: a restart is the remedy, and all that is needed.
Finding check_database(const DatabaseFacts& database, const Machine& machine) {
  if (!database.is_there)
    return warning("database", database.path, "does not exist yet", database.unit + " makes it when it starts");
  if (database.check.has_value()) return ok("database", database.path, "no damage");
  const Error& error = database.check.error();
  if (error.code == ErrorCode::timeout) {
    return ok("database", database.path, "no damage as far as the time allowed to look");
  }
  if (error.code != ErrorCode::corrupt) return unknown("database", database.path, error);
  return with_restart(critical("database", database.path, "is damaged: " + error.message,
                               fmt::format("systemctl restart {}: at its start it saves what can be read, and keeps "
                                           "the damaged file as {}.corrupt-TIME",
                                           database.unit, database.path)),
                      machine, database.unit);
}

/// While its service runs it deletes and makes the reserve itself, and must not lose it to somebody else; one that is
/// not to start needs no room for that.
Finding check_reserve(const DatabaseFacts& database, bool disk_is_full, const Machine& machine) {
  const std::string path = database.path + ".reserve";
  if (!*database.has_reserve) {
    return warning("reserve", path, "is not there: the disk was full, or the service has not started yet",
                   "it is made again a minute after there is room");
  }
  const bool waits_to_be_started = may_mend(machine, database.unit) && is_down(*find_unit(machine, database.unit));
  if (!disk_is_full || !waits_to_be_started) return ok("reserve", path, "is held");
  Finding finding =
      critical("reserve", path, fmt::format("is held, but {} needs its room to start", database.unit), "rm " + path);
  finding.remedy = Remedy{Remedy::Kind::release, path};
  return finding;
}

/// Of an authority there may be several: what the newest signed is still taken.
WallTime end_of(const CertificateFacts& certificate) {
  return certificate.file.is_authority ? certificate.ends->last : certificate.ends->first;
}

Finding check_certificate(const CertificateFacts& certificate, WallTime now, const Thresholds& thresholds) {
  const CertificateFile& file = certificate.file;
  if (!certificate.ends.has_value()) return unknown("certificate", file.path, certificate.ends.error());
  const WallTime end = end_of(certificate);
  const std::string date = time_text(end).substr(0, 10);
  const std::string advice =
      fmt::format("{}, then systemctl {} {}", file.is_authority ? "get the authority's new one" : "renew it",
                  file.is_authority ? "restart" : "reload", file.unit);
  if (end <= now) return critical("certificate", file.path, fmt::format("ended on {}; {}", date, file.use), advice);
  if (end - now < thresholds.certificate_ends_soon) {
    return warning("certificate", file.path,
                   fmt::format("ends on {}, in {} days; {}", date,
                               std::chrono::floor<std::chrono::days>(end - now).count(), file.use),
                   advice);
  }
  return ok("certificate", file.path, "is valid until " + date);
}

Finding check_clock(const ClockFacts& clock) {
  if (clock.is_synced) return ok("clock", "wall clock", "synchronised");
  if (clock.is_trusted) return ok("clock", "wall clock", "not synchronised; trust = \"always\" vouches for it");
  return warning("clock", "wall clock", "is not synchronised: readings wait for their times, nothing is deleted by age",
                 "timedatectl status; systemctl status systemd-timesyncd (or chrony); is there a network?");
}

Finding check_power(const Result<std::optional<PowerFacts>>& power) {
  const char* const object = "power supply";
  if (!power.has_value()) return unknown("power", object, power.error());
  if (!power->has_value()) return ok("power", object, "no firmware here that would tell");
  const PowerFacts& facts = **power;
  const std::string advice = "use the supply made for this board and a short, thick cable";
  if (facts.under_voltage)
    return critical("power", object, "under-voltage now: writes to the SD card may go wrong", advice);
  if (facts.throttled)
    return warning("power", object, "the processor is slowed down now: heat or under-voltage",
                   "cool it, or see to its supply");
  if (facts.was_under_voltage) return warning("power", object, "under-voltage since the machine started", advice);
  if (facts.was_throttled)
    return warning("power", object, "the processor was slowed down since the machine started",
                   "cool it, or see to its supply");
  return ok("power", object, "enough, and cool enough");
}

Finding check_route(const Result<bool>& route) {
  if (!route.has_value()) return unknown("route", "network", route.error());
  if (*route) return ok("route", "network", "there is a default route");
  return warning("route", "network", "has no default route: an API elsewhere cannot be reached, nor time servers",
                 "ip route; see to the cable or to Wi-Fi (nmcli, wpa_cli status)");
}

Finding check_journal(const Result<JournalFacts>& journal) {
  if (!journal.has_value()) return unknown("journal", "sensor-*", journal.error());
  if (journal->errors == 0) return ok("journal", "sensor-*", "no errors in " + span_text(journal->span));
  return warning(
      "journal", "sensor-*",
      fmt::format("{} errors in {}, the newest: {}", journal->errors, span_text(journal->span), journal->newest),
      "journalctl -u 'sensor-*' -p err -n 20");
}

}  // namespace

Findings check_machine(const Facts& facts, const Thresholds& thresholds) {
  Findings findings;
  std::set<std::string> full_disks;
  for (const DiskFacts& disk : facts.disks) {
    findings.push_back(check_mount(disk));
    findings.push_back(check_storage(disk));
    findings.push_back(check_space(disk, thresholds));
    if (findings.back().severity == Severity::critical) full_disks.insert(disk.path);
  }
  for (const DatabaseFacts& database : facts.databases) {
    findings.push_back(check_database(database, facts.machine));
    if (!database.is_there || !database.has_reserve.has_value()) continue;
    findings.push_back(check_reserve(database, full_disks.contains(database.folder), facts.machine));
  }
  for (const CertificateFacts& certificate : facts.certificates)
    findings.push_back(check_certificate(certificate, facts.now, thresholds));
  findings.push_back(check_clock(facts.clock));
  findings.push_back(check_power(facts.power));
  findings.push_back(check_route(facts.default_route));
  findings.push_back(check_journal(facts.journal));
  return findings;
}

}  // namespace sensors::doctor
