// What an outbox says of its streams when it is opened, and how the stream of this run begins in it. On the outbox
// worker's thread, inside a transaction of the caller.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "common/adapters/sqlite/database.hpp"
#include "services/sensor-publisher/events.hpp"
#include "services/sensor-publisher/outbox/outbox_rows.hpp"

namespace sensors::publisher {

/// By the number of their row, which rises.
using NumberedStreams = std::vector<std::pair<std::int64_t, OutboxStream>>;

/// Errors as Statement::step(); corrupt for a row with the wrong checksum.
Result<NumberedStreams> read_streams(Database& database);

/// Begins the stream of this run, the last of `known.streams`, whose positions are those of the file already when
/// `is_settled`; says what there is, and in `thinned` what was thinned out last. Errors as read_streams(); corrupt also
/// for parts of two outboxes.
Result<OutboxContents> begin_stream(Database& database, OutboxRows& rows, const OutboxContents& known, bool is_settled,
                                    ThinnedMark& thinned);

}  // namespace sensors::publisher
