// Watermarks, queue depths, states, silent sensors, events, alerts and the beginnings of boots, from the broker.
#include "common/codec/alert_json.hpp"
#include "common/codec/control_json.hpp"
#include "common/codec/silent_json.hpp"
#include "common/codec/status_json.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  if (const Result<Committed> committed = decode_committed(input); taken(committed)) {
    must(is_name(committed->store) && is_name(committed->stream), "a watermark names store and stream");
    must(committed->through <= max_seq, "a watermark is a number of a stream");
    const Result<Committed> again = decode_committed(encode_committed(*committed));
    must(again.has_value() && *again == *committed, "a watermark survives another trip");
  }
  if (const Result<QueueDepth> queue = decode_queue_depth(input); taken(queue)) {
    const Result<QueueDepth> again = decode_queue_depth(encode_queue_depth(*queue));
    must(again.has_value() && *again == *queue, "a queue depth survives another trip");
  }
  if (const Result<BootTime> boot = decode_boot_time(input); taken(boot)) {
    must(is_name(boot->boot), "a boot has a name");
    const Result<BootTime> again = decode_boot_time(encode_boot_time(*boot));
    must(again.has_value() && *again == *boot, "the beginning of a boot survives another trip");
    const WallTime late = time_at_uptime(boot->time, max_uptime);
    must(decode_boot_time(encode_boot_time({boot->boot, late})).has_value(), "a time made of an uptime is valid");
  }
  if (const Result<ServiceEvent> event = decode_event(input); taken(event)) {
    const Result<ServiceEvent> again = decode_event(encode_event(event->type, event->time, event->text));
    must(again.has_value() && *again == *event, "an event survives another trip");
  }
  if (const Result<BreakerOrder> order = decode_breaker_order(input); taken(order)) {
    must(decode_breaker_order(encode_breaker_order(*order)).value() == *order, "an order survives another trip");
  }
  if (const Result<ForgetOrder> order = decode_forget_order(input); taken(order)) {
    must(decode_forget_order(encode_forget_order(*order)).value() == *order,
         "an order to forget survives another trip");
  }
  if (const Result<SilentReport> silent = decode_silent(input); taken(silent)) {
    must(silent->silent.size() <= max_silent_named, "silent sensors are bounded");
    for (const SilentSensor& sensor : silent->silent) {
      must(is_name(sensor.node) && is_name(sensor.sensor), "a silent sensor has names");
      must(sensor.interval > Millis{0} && sensor.interval <= max_usual_interval, "and an interval");
    }
    const Result<SilentReport> again = decode_silent(encode_silent(*silent));
    must(again.has_value() && again->known == silent->known, "silent sensors survive another trip");
  }
  if (const Result<Alert> alert = decode_alert(input); taken(alert)) {
    must(is_name(alert->name), "an alert has a name");
    const Result<Alert> again = decode_alert(encode_alert(*alert));
    must(again.has_value() && *again == *alert, "an alert survives another trip");
  }
  if (const Result<AlertOrder> order = decode_alert_order(input); taken(order)) {
    must(decode_alert_order(encode_alert_order(*order)).value() == *order,
         "an order about alerts survives another trip");
  }
  static_cast<void>(taken(decode_status_state(input)));
  static_cast<void>(taken(decode_status_delivers(input)));
  if (const Result<ServiceReport> report = decode_status(input); taken(report)) {
    must(is_name(report->service), "a status names its service");
    for (const auto& [name, destination] : report->destinations) must(is_name(name), "a destination has a name");
    for (const std::optional<LatencyReport>& latency : {report->puback, report->api}) {
      if (!latency.has_value()) continue;
      LatencyReport::Bucket before;
      for (const LatencyReport::Bucket& bucket : latency->buckets) {
        must(bucket.most_ms > before.most_ms && bucket.count >= before.count, "buckets rise");
        must(bucket.count <= latency->count, "no bucket holds more than there are");
        before = bucket;
      }
    }
  }
}

}  // namespace sensors::fuzz
