// What `sensorctl query` asks of the store, and how the rows are told. Pure.
#pragma once

#include "common/codec/store_answer.hpp"
#include "services/sensorctl/verbs/ask_store.hpp"

namespace sensors::sensorctl {

enum class Format { text, json, csv };

Question query_question(const QueryRequest& request, Format format);

/// A table: time, node when there are several, sensor, value with its unit.
std::string readings_table(const std::vector<StoredReading>& readings);

/// RFC 4180, with a heading; every line ends with CR LF.
std::string readings_csv(const std::vector<StoredReading>& readings);

}  // namespace sensors::sensorctl
