#include "common/verdict/words.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/codec/quantity_text.hpp"
#include "common/core/bridge_name.hpp"
#include "common/core/printable.hpp"
#include "common/verdict/watched_service.hpp"

namespace sensors::verdict {

namespace {

constexpr std::size_t most_reason_bytes = 1'000;  // more than a service says
constexpr std::size_t most_brief_bytes = 44;      // with the rest of a headline: 80 columns

std::string line_of(std::string_view text) { return printable_line(text, most_reason_bytes); }

std::string in_parentheses(std::string_view reason) { return reason.empty() ? "" : " (" + line_of(reason) + ")"; }

std::string log_of(std::string_view service, int lines = 50) {
  return fmt::format("journalctl -u {} -n {}", unit_name_of(service), lines);
}

std::string many(std::uint64_t count, std::string_view one, std::string_view several) {
  return fmt::format("{} {}", count_text(count), count == 1 ? one : several);
}

std::string readings(std::uint64_t count) { return many(count, "reading", "readings"); }

/// "66 readings wait".
std::string wait_text(std::uint64_t count) { return readings(count) + (count == 1 ? " waits" : " wait"); }

/// What the readings of its queue wait for.
std::string behind(std::string_view service) {
  if (service == publisher_service) return "sensorctl status; journalctl -u sensor-broker -u sensor-persistence -n 50";
  return "sensorctl status; " + log_of(is_bridge(service) ? service : bridge_service);
}

/// What does not happen while it is down.
std::string_view consequence_of(std::string_view service) {
  if (service == publisher_service) return ": no sensor is read";
  if (service == store_service) return ": readings wait where they were taken";
  if (is_bridge(service)) return ": nothing is delivered, and readings wait in the store";
  if (service == "sensor-alerts") return ": nobody is told of problems";
  return "";
}

/// `text` where it is short enough for a headline, else its first words.
std::string in_brief(std::string text) {
  if (text.size() <= most_brief_bytes) return text;
  const std::size_t blank = text.rfind(' ', most_brief_bytes);
  text.resize(blank == std::string::npos || blank == 0 ? most_brief_bytes : blank);
  return text + " ...";
}

/// The first part of a reason, for a headline.
std::string first_part(std::string_view reason) {
  return in_brief(line_of(reason.substr(0, std::min(reason.find(';'), reason.size()))));
}

std::string came_every(Millis interval) { return "came every " + span_text(interval); }

std::string gap_reason(std::string_view reason) {
  if (reason == "outbox_full") return "the publisher's outbox was full";
  if (reason == "thinned") return "the publisher's outbox was full, and kept one of several";
  if (reason == "malformed") return "they broke a rule of the protocol";
  if (reason == "other_store") return "they were committed in another store";
  return std::string(reason);
}

}  // namespace

Words broker_words() {
  return {"the broker is not reached; nothing else is known", "there is no connection to the broker",
          "See what it says: systemctl status sensor-broker; journalctl -u sensor-broker -n 50. Readings wait "
          "meanwhile, and none is lost."};
}

Words machine_silent_words(std::string_view node) {
  return {fmt::format("machine {} is silent", node), "the machine is silent: none of its services is heard",
          fmt::format("Is it on, and in the network? Its readings wait there. If it is gone for good: sensorctl node "
                      "forget {}",
                      node)};
}

Words service_down_words(std::string_view service, std::string_view reason) {
  return {fmt::format("{} is down", service),
          fmt::format("{} is down{}{}", service, in_parentheses(reason), consequence_of(service)),
          fmt::format("It starts again by itself, unless it was stopped: systemctl status {}; {}",
                      unit_name_of(service), log_of(service))};
}

Words service_silent_words(std::string_view service, Millis interval) {
  return {fmt::format("{} is silent", service),
          fmt::format("{} has not said how it is, which it does every {}", service, span_text(interval)),
          fmt::format("It may hang, or its machine is away: systemctl status {0}; systemctl restart {0}",
                      unit_name_of(service))};
}

Words service_missing_words(std::string_view service) {
  return {fmt::format("no word of {}", service), fmt::format("{} was never heard{}", service, consequence_of(service)),
          fmt::format("Does it run? systemctl status {}; {}", unit_name_of(service), log_of(service))};
}

Words nothing_heard_words() {
  return {"no service is heard", "the broker answers, and no service was ever heard",
          "Do they run? systemctl status 'sensor-*'; sudo sensorctl doctor"};
}

Words store_mute_words() {
  return {"the store does not answer", "the store was asked for the newest readings, and does not answer",
          "It may be busy or hang: systemctl status sensor-persistence; journalctl -u sensor-persistence -n 50"};
}

Words breaker_open_words(std::string_view service, std::string_view reason, std::uint64_t waiting) {
  if (is_bridge(service)) {
    // Where there is one bridge, it needs no name.
    const std::string deliveries = service == bridge_service ? "deliveries" : fmt::format("deliveries of {}", service);
    return {fmt::format("{} fail; {}", deliveries, wait_text(waiting)),
            fmt::format("{} fail{}; {}", deliveries, in_parentheses(reason), wait_text(waiting)),
            fmt::format("They are tried again by themselves, and nothing is lost. What went wrong: {}; the url is in "
                        "/etc/sensor-project/{}.toml",
                        log_of(service, 20), unit_name_of(service))};
  }
  return {"the broker does not confirm readings",
          fmt::format("the broker does not confirm readings{}; {} in the outbox", in_parentheses(reason),
                      wait_text(waiting)),
          "They are sent again by themselves. See to the broker: systemctl status sensor-broker; journalctl -u "
          "sensor-broker -n 50"};
}

Words breaker_isolated_words(std::string_view service, std::uint64_t waiting) {
  return {fmt::format("{} was isolated by hand", service),
          fmt::format("{} was isolated by hand: nothing is {}, and {}", service,
                      is_bridge(service) ? "delivered" : "sent", wait_text(waiting)),
          fmt::format("When it may go on: sensorctl breaker close {}", service)};
}

Words queue_full_words(std::string_view service, const QueueDepth& queue) {
  return {fmt::format("the queue of {} is nearly full", service),
          fmt::format("{} at {}, and there is room for {}", wait_text(queue.depth), service, count_text(queue.limit)),
          fmt::format("At the limit readings are thinned or refused. What is in their way: {}", behind(service))};
}

Words queue_grows_words(std::string_view service, const QueueDepth& queue) {
  return {fmt::format("{} at {}", wait_text(queue.depth), service),
          fmt::format("{} at {}, more than {}: sensors are read more slowly", wait_text(queue.depth), service,
                      count_text(queue.high)),
          fmt::format("It ends by itself when they can go on. What is in their way: {}", behind(service))};
}

Words gap_words(const GapsReport& gaps) {
  const std::string dropped = many(gaps.readings, "reading was", "readings were") + " dropped";
  return {dropped, fmt::format("{}: {}", dropped, gap_reason(gaps.reason)),
          fmt::format("They are gone, and recorded as dropped. When and which: journalctl -u {} -g lost. This is said "
                      "for a day.",
                      store_service)};
}

Words dead_letters_words(std::uint64_t count) {
  return {fmt::format("the API refused {}", readings(count)),
          fmt::format("the API refused {}; they are kept as dead letters", readings(count)),
          "sensorctl dead-letters list says why. Then requeue or purge them."};
}

Words dead_letters_of_words(std::string_view destination, std::uint64_t count, bool is_configured) {
  if (!is_configured) {
    return {fmt::format("{} are left of {}", many(count, "dead letter", "dead letters"), destination),
            fmt::format("{} refused by destination {}, which is not configured any more",
                        many(count, "reading was", "readings were"), destination),
            fmt::format("sensorctl dead-letters list --destination {0} shows them. Purge them: sensorctl dead-letters "
                        "purge --all --destination {0}; or configure {0} again, and requeue them.",
                        destination)};
  }
  return {
      fmt::format("destination {} refused {}", destination, readings(count)),
      fmt::format("destination {} refused {}; they are kept as dead letters", destination, readings(count)),
      fmt::format("sensorctl dead-letters list --destination {} says why. Then requeue or purge them.", destination)};
}

Words destination_gone_words(std::string_view destination) {
  return {fmt::format("nothing waits for {} any more", destination),
          fmt::format("nothing waits for destination {}, which was delivered to: its bridge has no url any more",
                      destination),
          fmt::format("If that is a mistake, write the url into the bridge's configuration again. Else take the "
                      "[[destination]] {} out of /etc/sensor-project/sensor-persistence.toml.",
                      destination)};
}

Words disk_words(const DiskFigures& disk) {
  return {"the disk is nearly full",
          fmt::format("the disk has {} left of {}", size_text(disk.free_bytes), size_text(disk.size_bytes)),
          "Make room: du -xh -d 2 /var | sort -h | tail. When it is full, readings wait where they were taken."};
}

Words disk_at_risk_words(const DiskFigures& disk) {
  return {"the disk may lose readings at a power cut",
          fmt::format("a power cut may lose readings: {}", line_of(disk.risk)),
          "Put the database on a disk: the key path, in the service's file in /etc/sensor-project."};
}

Words clock_words() {
  return {
      "the clock is not set", "nobody vouches for the machine's clock: times of readings may be wrong",
      "Is there a network for NTP? timedatectl. Where the clock is right all the same: [clock] trust = \"always\" in "
      "sensor-publisher.toml and sensor-persistence.toml."};
}

Words pace_words(const ServiceReport& report) {
  return {"sensors are read more slowly",
          fmt::format("sensors are read every {}, because of pressure: {}", span_text(*report.pace),
                      line_of(report.pressure)),
          "It goes back by itself when that is gone."};
}

Words degraded_words(std::string_view service, std::string_view reason) {
  if (reason.empty())
    return {fmt::format("{} is degraded", service), fmt::format("{} is degraded", service),
            "Its log: " + log_of(service)};
  return {first_part(reason), fmt::format("{}: {}", service, line_of(reason)), "Its log: " + log_of(service)};
}

Words driver_words(std::string_view driver, std::string_view reason) {
  return {in_brief(fmt::format("driver {} fails", driver)), fmt::format("driver {} fails: {}", driver, line_of(reason)),
          fmt::format("Look at what it reads, its cable and its power. Its log: journalctl -u {} -g {} -n 50",
                      publisher_service, driver)};
}

Words sensor_silent_words(const SilentSensor& sensor, std::string_view reason) {
  const std::string why = reason.empty() ? "" : ": " + line_of(reason);
  const std::string failure = sensor.driver.empty() ? "" : fmt::format("; driver {} fails{}", sensor.driver, why);
  return {
      fmt::format("{} is silent", sensor.sensor),
      fmt::format("{} is silent; it {}{}", sensor.sensor, came_every(sensor.interval), failure),
      fmt::format("Look at its cable, its power, and what reads it. If it is gone for good: sensorctl sensor forget "
                  "{} --node {}",
                  sensor.sensor, sensor.node)};
}

Words sensors_unnamed_words(std::uint64_t count) {
  return {fmt::format("{} silent", many(count, "more sensor is", "more sensors are")),
          fmt::format("{} silent", many(count, "more sensor is", "more sensors are")),
          "sensorctl sensor list shows all of them."};
}

std::string well_headline(const Verdict& verdict, bool delivers, WallTime now) {
  if (verdict.sensors == std::uint64_t{0} && verdict.waiting == 0) return "All is well: there is no sensor yet";
  std::string text = "All is well: ";
  if (verdict.sensors.has_value()) text += many(*verdict.sensors, "sensor", "sensors") + ", ";
  if (verdict.newest.has_value()) text += "the newest " + age_text(now - *verdict.newest) + ", ";
  if (!delivers) return text + "everything stored";
  return text + (verdict.waiting == 0 ? "everything delivered" : readings(verdict.waiting) + " on their way");
}

std::string silent_headline(std::uint64_t silent, std::uint64_t known) {
  return fmt::format("{} of {} {} silent; all else is well", count_text(silent), many(known, "sensor", "sensors"),
                     silent == 1 ? "is" : "are");
}

std::string trouble_headline(std::string_view node, std::string_view brief, std::size_t more) {
  std::string text = node.empty() ? std::string(brief) : fmt::format("{}: {}", node, brief);
  if (more == 0) return text + "; all else is well";
  return text + fmt::format("; {}", many(more, "more problem", "more problems"));
}

}  // namespace sensors::verdict
