// 20,000 mutated payloads for each decoder: no crash, and an answer that is either valid or an error. The seed is
// fixed, so that a failure repeats; SENSOR_TEST_SEED sets another.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <random>

#include "common/codec/control_json.hpp"
#include "common/codec/dead_letter_json.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/rpc_json.hpp"
#include "common/codec/silent_json.hpp"
#include "common/codec/status_json.hpp"
#include "common/codec/time_text.hpp"
#include "common/codec/topic.hpp"
#include "tests/support/any_reading.hpp"

namespace sensors {
namespace {

constexpr int rounds = 20'000;
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::string mutate(std::string text) {
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) edit(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

  /// Swaps in, cuts, doubles or inserts what often breaks parsers.
  void edit(std::string& text) {
    static const std::vector<std::string> tokens{"\"",
                                                 "\\",
                                                 "{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 ",",
                                                 ":",
                                                 "null",
                                                 "true",
                                                 "-",
                                                 "-0",
                                                 "1e400",
                                                 "1.0",
                                                 "0",
                                                 "9007199254740992",
                                                 "18446744073709551616",
                                                 "\xff",
                                                 "\xc3",
                                                 "\\u0000",
                                                 "\\ud800",
                                                 "\"seq\":1,",
                                                 "\"gaps\":[],",
                                                 "e",
                                                 ".",
                                                 std::string(1, '\0'),
                                                 "[[[[[[[[[",
                                                 "é"};
    if (text.empty()) text = "{}";
    const std::size_t at = below(text.size());
    const std::size_t length = 1 + below(std::min<std::size_t>(16, text.size() - at));
    switch (below(6)) {
      case 0: text[at] = static_cast<char>(below(256)); break;
      case 1: text.erase(at, length); break;
      case 2: text.insert(below(text.size()), std::string(text, at, length)); break;
      case 3: text.insert(at, tokens[below(tokens.size())]); break;
      case 4: text.replace(at, length, tokens[below(tokens.size())]); break;
      default: text.resize(at); break;
    }
  }

  std::mt19937_64 random_;
};

std::uint64_t test_seed() {
  const char* text = std::getenv("SENSOR_TEST_SEED");
  const std::uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 10) : 20'260'115;
  std::cout << "SENSOR_TEST_SEED=" << seed << "\n";
  return seed;
}

/// `decode` checks its own answer and says whether it took the payload.
void run(const std::vector<std::string>& payloads, const std::function<bool(std::string_view)>& decode) {
  Mutator mutator(test_seed());
  int taken = 0;
  for (int i = 0; i < rounds && !testing::Test::HasFailure(); ++i) {
    const std::string payload = mutator.mutate(payloads[static_cast<std::size_t>(i) % payloads.size()]);
    taken += decode(payload) ? 1 : 0;
    ASSERT_FALSE(testing::Test::HasFailure()) << payload;
  }
  EXPECT_GT(taken, 0);
  EXPECT_LT(taken, rounds);
}

/// Whether `result` holds a value; an error must say what it is about.
template <class T>
bool taken(const Result<T>& result) {
  if (!result.has_value()) {
    EXPECT_FALSE(result.error().message.empty());
  }
  return result.has_value();
}

Batch batch_of_rows() {
  Batch batch{"k3v9x2m7qp4d", {}, {{5, 9, "outbox_full", moment}}};
  const std::vector<Value> values{21.53, true, std::string("a\"é"), -0.0};
  for (std::size_t i = 0; i < values.size(); ++i)
    batch.readings.push_back({i + 1, {"bme280.temperature", values[i], "Cel", moment}});
  return batch;
}

void expect_valid(const Batch& batch) {
  EXPECT_TRUE(is_name(batch.stream));
  for (const SequencedReading& row : batch.readings) {
    EXPECT_TRUE(validate(row.reading).has_value());
    EXPECT_TRUE(row.seq >= 1 && row.seq <= max_seq);
  }
  for (const Gap& gap : batch.gaps) {
    EXPECT_TRUE(is_name(gap.reason));
    EXPECT_TRUE(gap.first >= 1 && gap.first <= gap.last && gap.last <= max_seq);
  }
}

TEST(Mutation, readings_are_valid_or_refused) {
  ReadingDecoder decoder;
  std::vector<std::string> payloads;
  for (const SequencedReading& row : batch_of_rows().readings) payloads.push_back(encode_reading(row, "k3v9x2m7qp4d"));
  run(payloads, [&](std::string_view payload) {
    const Result<Batch> batch = decoder.reading(payload);
    if (batch.has_value()) expect_valid(*batch);
    return taken(batch);
  });
}

TEST(Mutation, batches_are_valid_or_refused_and_survive_another_trip) {
  ReadingDecoder decoder;
  run({encode_batch(batch_of_rows())}, [&](std::string_view payload) {
    const auto decoded = decoder.batch(payload);
    if (!taken(decoded)) return false;
    expect_valid(decoded->batch);
    EXPECT_EQ(decoded->bad_rows == 0, decoded->first_error.empty());
    EXPECT_EQ(decoder.batch(encode_batch(decoded->batch)).value().batch, decoded->batch);
    return true;
  });
}

TEST(Mutation, driver_lines_are_valid_or_refused) {
  ReadingDecoder decoder;
  run({R"({"sensor":"x","value":1.5,"unit":"Cel","time":"2026-01-15T16:09:35.123Z"})"}, [&](std::string_view line) {
    const Result<Reading> reading = decoder.driver_line(line, Now{Instant{}, moment});
    if (reading.has_value()) {
      EXPECT_TRUE(validate(*reading).has_value());
    }
    return taken(reading);
  });
}

TEST(Mutation, watermarks_are_valid_or_refused) {
  run({encode_committed({"w5n2", "k3v9", 1042, true})}, [](std::string_view payload) {
    const Result<Committed> committed = decode_committed(payload);
    if (committed.has_value()) {
      EXPECT_EQ(decode_committed(encode_committed(*committed)).value(), *committed);
    }
    return taken(committed);
  });
}

TEST(Mutation, queue_depths_and_states_are_valid_or_refused) {
  run({encode_queue_depth({12, 10'000, 1'000'000, 3.2, 9.9, true})}, [](std::string_view payload) {
    const Result<QueueDepth> queue = decode_queue_depth(payload);
    if (queue.has_value()) {
      EXPECT_EQ(decode_queue_depth(encode_queue_depth(*queue)).value(), *queue);
    }
    return taken(queue);
  });
  run({encode_status({"s", ServiceState::up, "", moment, "1", ""})},
      [](std::string_view payload) { return taken(decode_status_state(payload)); });
}

TEST(Mutation, upload_batches_are_valid_or_refused) {
  const UploadBatch batch{
      "w5", "api", 1, 3, 4, {{1, "n", "k", {7, {"x", 1.0, "", moment}}}}, {{3, "n", "k", {8, 9, "full", moment}}}};
  run({encode_upload_batch(batch)}, [](std::string_view payload) {
    const Result<UploadBatchHeader> header = decode_upload_batch_header(payload);
    if (header.has_value()) {
      EXPECT_TRUE(is_name(header->store) && is_name(header->destination));
      EXPECT_TRUE(header->first <= header->last && header->last <= max_seq);
      EXPECT_TRUE(is_utf8(payload));
    }
    return taken(header);
  });
}

TEST(Mutation, requests_are_valid_or_refused) {
  run({encode_upload_request({"api", 100, 1'000})},
      [](std::string_view payload) { return taken(decode_upload_request(payload)); });
  run({encode_withdraw_request({"api"})}, [](std::string_view payload) {
    const Result<WithdrawRequest> request = decode_withdraw_request(payload);
    EXPECT_TRUE(!request.has_value() || is_name(request->destination));
    return taken(request);
  });
  run({encode_uploaded_request({"w5", "api", 1, 200, {{{"k", 7}, 422, "é"}}})}, [](std::string_view payload) {
    const Result<UploadedRequest> request = decode_uploaded_request(payload);
    if (request.has_value()) {
      for (const RejectedRow& row : request->rejected) {
        EXPECT_TRUE(is_name(row.row.stream) && is_utf8(row.reason));
        EXPECT_TRUE(row.status == 0 || (row.status >= 100 && row.status <= 599));
      }
    }
    return taken(request);
  });
  run({R"({"action":"list","destination":"api","after":7,"limit":20})", R"({"action":"requeue","ids":[1,2]})",
       R"({"action":"purge","all":true})"},
      [](std::string_view payload) {
        const Result<DeadLettersRequest> request = decode_dead_letters_request(payload);
        if (request.has_value() && request->action != DeadLettersRequest::Action::list) {
          EXPECT_NE(request->all, !request->ids.empty()) << "all is never what was left out";
        }
        return taken(request);
      });
  run({encode_uploaded_answer({200, 10})},
      [](std::string_view payload) { return taken(decode_uploaded_answer(payload)); });
  run({encode_query_request({"n", "s", moment, moment, 7, true})}, [](std::string_view payload) {
    const Result<QueryRequest> query = decode_query_request(payload);
    if (query.has_value()) {
      EXPECT_TRUE(query->limit >= 1 && query->limit <= max_query_readings);
    }
    return taken(query);
  });
}

TEST(Mutation, silent_sensors_are_valid_or_refused) {
  run({encode_silent({3, {{"n", "s", moment, Millis{10'000}}, {"n", "t", moment, Millis{1}, "d"}}, 1})},
      [](std::string_view payload) {
        const Result<SilentReport> report = decode_silent(payload);
        if (report.has_value()) {
          for (const SilentSensor& silent : report->silent) {
            EXPECT_TRUE(is_name(silent.node) && is_name(silent.sensor) && silent.interval > Millis{0});
          }
        }
        return taken(report);
      });
}

TEST(Mutation, times_and_topics_are_valid_or_refused) {
  run({"2026-01-15T16:09:35.123Z", "2026-01-15T16:09:35+01:00"}, [](std::string_view text) {
    const Result<WallTime> time = parse_time(text);
    if (time.has_value()) {
      EXPECT_EQ(parse_time(time_text(*time)).value(), *time);
    }
    return taken(time);
  });
  run({"sensors/kitchen/reading/x"}, [](std::string_view topic) {
    const std::optional<TopicView> view = parse_topic(topic);
    if (view.has_value()) {
      EXPECT_EQ(topic_of(view->root, view->node, view->kind, view->name), topic);
    }
    return view.has_value();
  });
}

}  // namespace
}  // namespace sensors
