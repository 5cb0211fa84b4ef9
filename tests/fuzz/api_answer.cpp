// The body of an API's answer: which rows it refused, and why.
#include "services/sensor-http-bridge/sinks/http/logic/api_answer.hpp"

#include "common/codec/unicode_text.hpp"
#include "common/core/printable.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/answer_text.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  const ApiAnswer answer = read_api_answer(input);
  must(answer.reason.size() <= max_refusal_reason_bytes, "a reason is short");
  must(printable_line(answer.reason, max_refusal_reason_bytes) == answer.reason, "a reason is one printable line");
  must(answer.refusal.size() <= max_refusal_reason_bytes, "a refusal is short");
  must(printable_line(answer.refusal, max_refusal_reason_bytes) == answer.refusal, "a refusal is one printable line");
  must(answer.status == 0 || (answer.status >= 400 && answer.status <= 599), "a status in a body is a refusal");
  must(utf8_of(utf8_of(input)).size() <= 3 * utf8_of(input).size() + 3, "no text grows without end");
  must(!answer.is_unknown || (answer.refusal.empty() && !answer.is_about_rows), "what is unknown says nothing");
  must(without_blanks(without_blanks(input)) == without_blanks(input), "blanks go at once");
  must(answer.rejected.size() <= max_upload_readings, "no more rows are rejected than a batch can have");
  for (const RejectedRow& row : answer.rejected) {
    must(is_name(row.row.stream) && row.row.seq >= 1 && row.row.seq <= max_seq, "a rejected row is named");
    must(row.status == 0 || (row.status >= 100 && row.status <= 599), "a status is one of HTTP");
    must(row.reason.size() <= max_refusal_reason_bytes, "a reason is short");
  }
  // What the bridge tells the store must be taken there, or the cursor would never move.
  const UploadedRequest told{"store", "api", 1, max_upload_readings, answer.rejected};
  const Result<UploadedRequest> heard = decode_uploaded_request(encode_uploaded_request(told));
  must(heard.has_value() && heard->rejected == told.rejected, "the store hears what the API said");
}

}  // namespace sensors::fuzz
