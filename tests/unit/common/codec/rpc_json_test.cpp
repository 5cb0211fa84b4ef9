// The store's RPC: requests and answers as the protocol shows them, and what is refused.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <nlohmann/json.hpp>

#include "common/codec/reading_json.hpp"
#include "common/codec/rpc_json.hpp"
#include "tests/support/any_reading.hpp"

namespace sensors {
namespace {

UploadBatch two_rows() {
  return {"w5",
          "api",
          1,
          3,
          4'200,
          {{1, "kitchen", "k3", {7, {"x", 1.0, "Cel", moment}}}},
          {{3, "kitchen", "k3", {8, 9, "outbox_full", moment}}}};
}

TEST(UploadBatch, is_written_as_the_protocol_shows_it) {
  EXPECT_EQ(
      encode_upload_batch(two_rows()),
      R"({"store":"w5","destination":"api","first":1,"last":3,"remaining":4200,"digest":"687a9aec161ccde5","readings":)"
      R"([{"node":"kitchen","stream":"k3","seq":7,)"
      R"("sensor":"x","value":1,"unit":"Cel","time":"2026-01-15T16:09:35.123Z"}],"gaps":[{"node":"kitchen","stream":"k3","first":8,)"
      R"("last":9,"reason":"outbox_full","time":"2026-01-15T16:09:35.123Z"}]})");
}

// A store restored from a backup gave its row numbers to other rows, which came to the API under a key that it knew.
TEST(UploadBatch, has_a_digest_that_tells_its_rows_from_all_others) {
  const std::string digest = digest_of(two_rows());
  UploadBatch other = two_rows();
  other.remaining = 0;
  EXPECT_EQ(digest_of(other), digest) << "a retry";
  other.readings.front().reading.seq = 6;
  EXPECT_NE(digest_of(other), digest);
  other = two_rows();
  other.readings.front().stream = "k4";
  EXPECT_NE(digest_of(other), digest);
  other = two_rows();
  other.gaps.front().gap.last = 10;
  EXPECT_NE(digest_of(other), digest);
  other = two_rows();
  other.refusals = 1;
  EXPECT_NE(digest_of(other), digest) << "an API may answer a key that it knows as it did before";
}

TEST(UploadBatch, gives_the_bridge_its_header) {
  const UploadBatchHeader header = decode_upload_batch_header(encode_upload_batch(two_rows())).value();
  EXPECT_EQ(header.store, "w5");
  EXPECT_EQ(header.destination, "api");
  EXPECT_EQ(header.first, 1U);
  EXPECT_EQ(header.last, 3U);
  EXPECT_EQ(header.remaining, 4'200U);
  EXPECT_EQ(header.readings, 1U);
}

TEST(UploadBatch, may_say_that_nothing_waits) {
  UploadBatch batch;
  batch.store = "w5";
  batch.destination = "api";
  EXPECT_EQ(decode_upload_batch_header(encode_upload_batch(batch)).value().first, 0U);
}

TEST(UploadBatch, is_read_also_at_its_largest) {
  UploadBatch batch = two_rows();
  while (encode_upload_batch(batch).size() < max_upload_bytes) {
    const std::vector<StoredReading> rows(500, batch.readings.front());
    batch.readings.insert(batch.readings.end(), rows.begin(), rows.end());
  }
  EXPECT_EQ(decode_upload_batch_header(encode_upload_batch(batch)).value().readings, batch.readings.size());
}

TEST(UploadBatch, is_json_for_any_rows) {
  EXPECT_TRUE(rc::check("another parser finds every row", [] {
    UploadBatch batch = two_rows();
    const Batch rows = any_batch();
    for (const SequencedReading& row : rows.readings) batch.readings.push_back({1, any_name(), any_name(), row});
    for (const Gap& gap : rows.gaps) batch.gaps.push_back({1, any_name(), any_name(), gap});
    const nlohmann::json json = nlohmann::json::parse(encode_upload_batch(batch));
    RC_ASSERT(json.at("readings").size() == batch.readings.size());
    RC_ASSERT(json.at("gaps").size() == batch.gaps.size());
  }));
}

TEST(UploadBatch, is_refused_when_a_key_is_missing_or_wrong) {
  const nlohmann::json good = nlohmann::json::parse(encode_upload_batch(two_rows()));
  for (const auto& [key, value] : good.items()) {
    nlohmann::json bad = good;
    bad.erase(key);
    EXPECT_FALSE(decode_upload_batch_header(bad.dump()).has_value()) << key;
    for (const char* wrong : {"null", "-1", "{}", "\"a b\"", "[1]", "0.5"}) {
      bad[key] = nlohmann::json::parse(wrong);
      EXPECT_FALSE(decode_upload_batch_header(bad.dump()).has_value()) << key << " " << wrong;
    }
  }
}

TEST(UploadBatch, is_refused_with_an_impossible_range) {
  for (const auto& [first, last] : {std::pair{3, 1}, {0, 3}, {0, 0}}) {
    UploadBatch batch = two_rows();
    batch.first = static_cast<std::uint64_t>(first);
    batch.last = static_cast<std::uint64_t>(last);
    EXPECT_EQ(decode_upload_batch_header(encode_upload_batch(batch)).error().code, ErrorCode::invalid);
  }
}

TEST(UploadBatch, is_refused_with_broken_bytes_anywhere) {
  std::string payload = encode_upload_batch(two_rows());
  payload[payload.find("outbox_full")] = '\xff';
  EXPECT_EQ(decode_upload_batch_header(payload).error().code, ErrorCode::malformed);
}

TEST(RpcAnswer, hands_on_the_stores_error) {
  for (const Error& error :
       {decode_upload_batch_header(R"({"error":{"code":"invalid","message":"no such destination"}})").error(),
        decode_uploaded_answer(R"({"error":{"code":"invalid","message":"no such destination"}})").error()}) {
    EXPECT_EQ(error.code, ErrorCode::rejected);
    EXPECT_EQ(error.message, "the store answered: no such destination");
  }
  EXPECT_EQ(decode_uploaded_answer(R"({"error":7})").error().code, ErrorCode::rejected);
}

TEST(UploadRequest, is_read_back_as_written_and_has_defaults) {
  EXPECT_EQ(encode_upload_request({"api", 1'000, 262'144}),
            R"({"destination":"api","max_readings":1000,"max_bytes":262144})");
  const UploadRequest request = decode_upload_request(encode_upload_request({"api", 17, 18})).value();
  EXPECT_EQ(request.destination, "api");
  EXPECT_EQ(request.max_readings, 17U);
  EXPECT_EQ(request.max_bytes, 18U);
  EXPECT_EQ(decode_upload_request(R"({"destination":"api"})").value().max_readings, 1'000U);
}

TEST(UploadRequest, is_refused_out_of_its_limits) {
  for (const char* payload :
       {"", "{}", "[]", R"({"destination":""})", R"({"destination":"a b"})",
        R"({"destination":"api","max_readings":0})", R"({"destination":"api","max_readings":5001})",
        R"({"destination":"api","max_bytes":0})", R"({"destination":"api","max_bytes":1048577})",
        R"({"destination":"api","max_bytes":"1"})", R"({"destination":"api","max_readings":null})",
        R"({"destination":"api","destination":"b"})"}) {
    EXPECT_FALSE(decode_upload_request(payload).has_value()) << payload;
  }
  EXPECT_EQ(decode_upload_request(std::string(70'000, ' ')).error().code, ErrorCode::too_large);
}

TEST(Uploaded, is_read_back_as_written) {
  EXPECT_EQ(encode_uploaded_request({"w5", "api", 1, 200}),
            R"({"store":"w5","destination":"api","first":1,"last":200})");
  const UploadedRequest request = decode_uploaded_request(encode_uploaded_request({"w5", "api", 1, 200})).value();
  EXPECT_EQ(request.store, "w5");
  EXPECT_EQ(request.destination, "api");
  EXPECT_EQ(request.first, 1U);
  EXPECT_EQ(request.last, 200U);
  const UploadedAnswer answer = decode_uploaded_answer(encode_uploaded_answer({200, 4'200})).value();
  EXPECT_EQ(answer.through, 200U);
  EXPECT_EQ(answer.remaining, 4'200U);
}

TEST(Uploaded, is_refused_without_a_range) {
  for (const char* payload :
       {"{}", R"({"store":"w5","destination":"api","first":0,"last":0})",
        R"({"store":"w5","destination":"api","first":5,"last":4})",
        R"({"store":"w5","destination":"api","first":-1,"last":4})", R"({"store":"w5","destination":"api","first":1})",
        R"({"store":"w/5","destination":"api","first":1,"last":4})"}) {
    EXPECT_FALSE(decode_uploaded_request(payload).has_value()) << payload;
  }
  EXPECT_FALSE(decode_uploaded_answer(R"({"through":1})").has_value());
}

TEST(Query, is_read_back_as_written_and_may_be_empty) {
  const QueryRequest request =
      decode_query_request(encode_query_request({"kitchen", "x", moment, moment + Millis{1}, 7, true})).value();
  EXPECT_EQ(request.node, "kitchen");
  EXPECT_EQ(request.sensor, "x");
  EXPECT_EQ(request.from, moment);
  EXPECT_EQ(request.to, moment + Millis{1});
  EXPECT_EQ(request.limit, 7U);
  EXPECT_TRUE(request.latest);
  const QueryRequest empty = decode_query_request("{}").value();
  EXPECT_EQ(empty.limit, 100U);
  EXPECT_FALSE(empty.from.has_value());
  EXPECT_TRUE(decode_query_request(encode_query_request({})).has_value());
}

TEST(Query, is_refused_with_a_wrong_key) {
  for (const char* payload :
       {"", "7", R"({"node":"a b"})", R"({"sensor":7})", R"({"from":"yesterday"})", R"({"to":1})", R"({"limit":0})",
        R"({"limit":5001})", R"({"limit":-1})", R"({"limit":1.5})", R"({"latest":"true"})", R"({"limit":1,"limit":2})",
        R"({"order":"up"})", R"({"cursor":"1"})", R"({"cursor":"1-"})", R"({"cursor":"-1"})", R"({"step_ms":999})",
        R"({"step_ms":60000,"fn":"median"})", R"({"step_ms":60000,"latest":true})"}) {
    EXPECT_FALSE(decode_query_request(payload).has_value()) << payload;
  }
}

TEST(Query, answers_with_rows_and_whether_there_are_more) {
  EXPECT_EQ(encode_query_answer({}, false), R"({"readings":[],"truncated":false})");
  EXPECT_EQ(
      encode_query_answer(two_rows().readings, true),
      R"({"readings":[{"node":"kitchen","stream":"k3","seq":7,"sensor":"x","value":1,"unit":"Cel","time":"2026-01-15T16:09:35.123Z"}],"truncated":true})");
}

TEST(Query, carries_order_cursor_and_steps) {
  QueryRequest request;
  request.newest_first = true;
  request.after = QueryCursor{WallTime{Millis{1'768'493'375'123}}, 42};
  request.step = Millis{60'000};
  request.aggregate = Aggregate::max;
  const QueryRequest read = decode_query_request(encode_query_request(request)).value();
  EXPECT_TRUE(read.newest_first);
  EXPECT_EQ(read.after, request.after);
  EXPECT_EQ(read.step, request.step);
  EXPECT_EQ(read.aggregate, Aggregate::max);
  EXPECT_EQ(encode_query_answer({}, true, request.after),
            R"({"readings":[],"truncated":true,"cursor":"1768493375123-42"})");
  EXPECT_EQ(
      encode_bucket_answer({{3, "kitchen", "a", "Cel", WallTime{Millis{60'000}}, 2.5, 6}}, false, std::nullopt),
      R"({"buckets":[{"node":"kitchen","sensor":"a","unit":"Cel","time":"1970-01-01T00:01:00.000Z","value":2.5,"count":6}],"truncated":false})");
}

}  // namespace
}  // namespace sensors
