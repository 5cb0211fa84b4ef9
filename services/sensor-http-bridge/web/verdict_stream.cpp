#include "services/sensor-http-bridge/web/verdict_stream.hpp"

namespace sensors::bridge {

std::optional<std::string> VerdictStream::next(const verdict::PipelineWatch& watch, Now now) {
  if (now.monotonic < look_at_) return std::nullopt;
  const bool is_due = !told_.has_value() || now.monotonic - told_at_ >= tell_interval;
  if (is_due || !verdict::says_the_same(*told_, watch.judge(now))) return tell(watch, now);
  last_look_ = now.monotonic;
  look_at_ = now.monotonic + look_interval;
  return std::nullopt;
}

std::string VerdictStream::tell(const verdict::PipelineWatch& watch, Now now) {
  told_ = watch.judge(now);
  told_at_ = last_look_ = now.monotonic;
  look_at_ = now.monotonic + look_interval;
  return verdict::verdict_json(*told_, now.wall);
}

}  // namespace sensors::bridge
