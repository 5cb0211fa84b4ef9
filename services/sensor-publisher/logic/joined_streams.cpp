#include "services/sensor-publisher/logic/joined_streams.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace sensors::publisher {

namespace {

using Part = std::optional<StreamPart> JoinedStream::*;

class StreamJoin {
 public:
  void add(const OutboxContents& contents, Part part) {
    for (const EndedStream& ended : contents.ended) {
      JoinedStream& joined = find({ended.id, 0, "", std::nullopt, 0, ended.node});
      joined.last = std::max(joined.last, ended.last);
      joined.confirmed = std::max(joined.confirmed, ended.last);
    }
    for (std::size_t i = 0; i + 1 < contents.streams.size(); ++i) {
      const OutboxStream& stream = contents.streams[i];
      const std::uint64_t last = stream.seq_at(contents.streams[i + 1].start());
      const std::uint64_t confirmed = std::min(last, stream.seq_at(std::max(contents.confirmed, stream.start())));
      JoinedStream& joined = find(stream);
      joined.last = std::max(joined.last, last);
      joined.confirmed = std::max(joined.confirmed, confirmed);
      if (confirmed < last) joined.*part = StreamPart{stream.base, confirmed + 1, last};
    }
  }

  JoinedStreams result() && {
    JoinedStreams result;
    Position start = 0;
    for (JoinedStream& joined : streams_) {
      if (joined.last == 0) continue;
      if (!joined.restored.has_value() && !joined.present.has_value()) {
        result.ended.push_back({joined.stream.id, joined.stream.node, joined.last});
        continue;
      }
      std::uint64_t first = joined.last;
      for (const auto& part : {joined.restored, joined.present}) {
        if (part.has_value()) first = std::min(first, part->first);
      }
      joined.stream.skipped = first - 1;
      joined.stream.base = start - joined.stream.skipped;
      start += joined.last - joined.stream.skipped;
      result.streams.push_back(std::move(joined));
    }
    if (result.ended.size() > max_ended_streams)
      result.ended.erase(result.ended.begin(), result.ended.end() - max_ended_streams);
    return result;
  }

 private:
  /// What one of the two outboxes does not know of a stream the other one may.
  JoinedStream& find(const OutboxStream& stream) {
    const auto [at, is_new] = index_.try_emplace(stream.id, streams_.size());
    if (is_new) streams_.push_back({stream});
    OutboxStream& known = streams_[at->second].stream;
    if (known.node.empty()) known.node = stream.node;
    if (known.boot.empty()) known.boot = stream.boot;
    if (!known.boot_time.has_value()) known.boot_time = stream.boot_time;
    return streams_[at->second];
  }

  std::vector<JoinedStream> streams_;
  std::map<std::string, std::size_t> index_;  // of streams_, by id
};

}  // namespace

JoinedStreams join_streams(const OutboxContents& restored, const OutboxContents& present) {
  StreamJoin join;
  join.add(restored, &JoinedStream::restored);
  join.add(present, &JoinedStream::present);
  return std::move(join).result();
}

JoinedEntry joined_entry(const JoinedStream& stream, std::uint64_t seq, OutboxEntry* restored, OutboxEntry* present,
                         WallTime now) {
  const OutboxEntry* gap = nullptr;
  std::uint64_t last = stream.last;
  for (OutboxEntry* const entry : {restored, present}) {
    if (entry == nullptr) continue;
    const bool has_seq = entry->first <= seq;
    if (has_seq && std::holds_alternative<Reading>(entry->what)) return {std::move(*entry), entry == restored};
    if (has_seq && gap == nullptr) gap = entry;
    last = std::min(last, has_seq ? entry->last : entry->first - 1);
  }
  if (gap != nullptr) return {{seq, last, gap->what}};
  if (seq > stream.confirmed) return {{seq, last, DroppedEntries{"outbox_damaged", now}}};
  return {{seq, std::min(last, stream.confirmed), DroppedEntries{"other_store", now}}};
}

}  // namespace sensors::publisher
