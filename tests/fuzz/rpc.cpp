// Requests to the store and its answers, from the broker.
#include "common/codec/dead_letter_json.hpp"
#include "common/codec/rpc_json.hpp"
#include "common/codec/store_answer.hpp"
#include "common/codec/streams_json.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

namespace {

void check_requests(std::string_view input) {
  if (const Result<UploadRequest> request = decode_upload_request(input); taken(request)) {
    must(is_name(request->destination), "a destination is a name");
    must(request->max_readings <= max_upload_readings && request->max_bytes <= max_upload_bytes,
         "an upload is bounded");
    must(decode_upload_request(encode_upload_request(*request)).has_value(), "a request survives another trip");
  }
  if (const Result<UploadedRequest> request = decode_uploaded_request(input); taken(request)) {
    must(request->first <= request->last, "a confirmation is of a range");
    must(decode_uploaded_request(encode_uploaded_request(*request)).has_value(), "a request survives another trip");
  }
  if (const Result<WithdrawRequest> request = decode_withdraw_request(input); taken(request)) {
    must(is_name(request->destination), "a destination is a name");
    must(decode_withdraw_request(encode_withdraw_request(*request)).has_value(), "a request survives another trip");
  }
  if (const Result<QueryRequest> request = decode_query_request(input); taken(request)) {
    must(request->limit >= 1 && request->limit <= max_query_readings, "a query is bounded");
    must(decode_query_request(encode_query_request(*request)).has_value(), "a request survives another trip");
  }
  if (const auto names = decode_streams_request(input); taken(names)) {
    must(names->size() <= max_streams_named, "a question about streams is bounded");
    must(decode_streams_request(encode_streams_request(*names)) == *names, "a question survives another trip");
  }
  if (const auto answer = decode_streams_answer(input); taken(answer))
    must(decode_streams_answer(encode_streams_answer(*answer)).has_value(), "an answer survives another trip");
}

void check_dead_letters(std::string_view input) {
  const Result<DeadLettersRequest> request = decode_dead_letters_request(input);
  if (!taken(request)) return;
  must(request->destination.empty() || is_name(request->destination), "a destination is a name");
  if (request->action == DeadLettersRequest::Action::list) {
    must(request->limit >= 1 && request->limit <= max_dead_letters_listed, "a list is bounded");
  } else {
    must(request->all == request->ids.empty(), "a change is of all dead letters, or of those that it names");
    must(request->ids.size() <= max_dead_letters_named, "a change is bounded");
  }
  const Result<DeadLettersRequest> again = decode_dead_letters_request(encode_dead_letters_request(*request));
  must(
      again.has_value() && again->action == request->action && again->ids == request->ids && again->all == request->all,
      "a request survives another trip");
}

/// What sensorctl reads of them.
void check_answers(std::string_view input) {
  if (const Result<QueryAnswer> answer = decode_query_answer(input); taken(answer)) {
    for (const StoredReading& row : answer->readings) must(validate(row.reading.reading).has_value(), "a row is valid");
    must(decode_query_answer(encode_query_answer(answer->readings, answer->truncated)).has_value(),
         "an answer survives another trip");
  }
  if (const Result<DeadLetterList> list = decode_dead_letter_list(input); taken(list)) {
    must(decode_dead_letter_list(encode_dead_letter_list(list->letters, list->truncated)).has_value(),
         "a list survives another trip");
  }
  static_cast<void>(taken(decode_dead_letters_changed(input)));
}

}  // namespace

void run(std::string_view input) {
  check_requests(input);
  check_dead_letters(input);
  check_answers(input);
  if (const Result<UploadBatchHeader> header = decode_upload_batch_header(input); taken(header)) {
    must(is_name(header->store) && is_name(header->destination), "a batch names store and destination");
    must(header->first <= header->last && header->last <= max_seq, "a batch is a range");
    must(is_utf8(input), "what is passed on to the API is UTF-8");
  }
  static_cast<void>(taken(decode_uploaded_answer(input)));
}

}  // namespace sensors::fuzz
