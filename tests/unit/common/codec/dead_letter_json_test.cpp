// The RPC `dead-letters`, and what `upload` and `uploaded` say about refusals: as the protocol shows it, and what is
// refused.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/codec/dead_letter_json.hpp"
#include "tests/support/any_reading.hpp"

namespace sensors {
namespace {

using Action = DeadLettersRequest::Action;

TEST(UploadedRequest, names_the_rejected_rows) {
  const UploadedRequest request{"w5", "api", 1, 3, {{{"k3", 7}, 422, "out of range"}, {{"k3", 8}, 0, ""}}};
  const std::string text = encode_uploaded_request(request);
  EXPECT_EQ(text,
            R"({"store":"w5","destination":"api","first":1,"last":3,"rejected":[{"stream":"k3","seq":7,"status":422,)"
            R"("reason":"out of range"},{"stream":"k3","seq":8}]})");
  EXPECT_EQ(decode_uploaded_request(text).value().rejected, request.rejected);
}

TEST(UploadedRequest, is_read_also_with_every_row_rejected) {
  UploadedRequest request{"w5", "api", 1, 5'000};
  for (std::uint64_t seq = 1; seq <= max_upload_readings; ++seq)
    request.rejected.push_back({{std::string(64, 's'), seq}, 422, std::string(max_refusal_reason_bytes, 'r')});
  EXPECT_EQ(decode_uploaded_request(encode_uploaded_request(request)).value().rejected, request.rejected);
  request.rejected.push_back({{"s", 1}, 422, ""});
  EXPECT_EQ(decode_uploaded_request(encode_uploaded_request(request)).error().code, ErrorCode::too_large);
}

TEST(UploadedRequest, keeps_reasons_short_and_printable) {
  UploadedRequest request{"w5", "api", 1, 3, {{{"k3", 7}, 422, "\x1b[31mred\n" + std::string(500, 'x')}}};
  const UploadedRequest read = decode_uploaded_request(encode_uploaded_request(request)).value();
  EXPECT_TRUE(read.rejected.at(0).reason.starts_with("[31mred x"));
  EXPECT_EQ(read.rejected.at(0).reason.size(), max_refusal_reason_bytes);
}

TEST(UploadedRequest, refuses_rows_that_name_nothing) {
  for (const char* rows : {R"({})", R"([1])", R"([{"seq":1}])", R"([{"stream":"k"}])", R"([{"stream":"a b","seq":1}])",
                           R"([{"stream":"k","seq":0}])", R"([{"stream":"k","seq":1,"status":99}])",
                           R"([{"stream":"k","seq":1,"reason":5}])"}) {
    const std::string text = std::string(R"({"store":"w5","destination":"api","first":1,"last":3,"rejected":)") + rows;
    EXPECT_FALSE(decode_uploaded_request(text + "}").has_value()) << rows;
  }
}

TEST(UploadRequest, says_which_range_was_refused) {
  UploadRequest request;
  request.destination = "api";
  request.refused = 200;
  EXPECT_EQ(decode_upload_request(encode_upload_request(request)).value().refused, 200U);
  request.refused = 0;
  EXPECT_EQ(encode_upload_request(request).find("refused"), std::string::npos);
  EXPECT_FALSE(decode_upload_request(R"({"destination":"api","refused":0})").has_value());
}

TEST(UploadBatchHeader, names_its_rows) {
  UploadBatch batch{"w5", "api", 4, 4, 0, {{4, "n", "k3", {7, {"x", 1.0, "Cel", moment}}}}, {}};
  EXPECT_EQ(decode_upload_batch_header(encode_upload_batch(batch)).value().names, (std::vector<RowName>{{"k3", 7}}));
  batch.gaps.push_back({5, "n", "k3", {8, 9, "outbox_full", moment}});
  EXPECT_EQ(decode_upload_batch_header(encode_upload_batch(batch)).value().names,
            (std::vector<RowName>{{"k3", 7}, {"k3", 8}}));
  batch.readings.clear();
  EXPECT_EQ(decode_upload_batch_header(encode_upload_batch(batch)).value().names, (std::vector<RowName>{{"k3", 8}}));
}

TEST(DeadLettersRequest, comes_back_as_it_was_written) {
  DeadLettersRequest list;
  list.destination = "api";
  list.after = 7;
  list.limit = 20;
  const DeadLettersRequest listed = decode_dead_letters_request(encode_dead_letters_request(list)).value();
  EXPECT_EQ(listed.action, Action::list);
  EXPECT_EQ(listed.destination, "api");
  EXPECT_EQ(listed.after, 7U);
  EXPECT_EQ(listed.limit, 20U);
  DeadLettersRequest requeue;
  requeue.action = Action::requeue;
  requeue.ids = {3, 5};
  EXPECT_EQ(decode_dead_letters_request(encode_dead_letters_request(requeue)).value().ids, requeue.ids);
  DeadLettersRequest purge;
  purge.action = Action::purge;
  purge.all = true;
  EXPECT_TRUE(decode_dead_letters_request(encode_dead_letters_request(purge)).value().all);
}

TEST(DeadLettersRequest, is_refused_when_it_is_not_clear_what_is_meant) {
  for (const char* text :
       {R"({})", R"({"action":"burn","all":true})", R"({"action":"purge"})", R"({"action":"purge","ids":[]})",
        R"({"action":"purge","all":false})", R"({"action":"requeue","ids":[1],"all":true})",
        R"({"action":"requeue","ids":[0]})", R"({"action":"requeue","ids":["1"]})", R"({"action":"list","limit":0})",
        R"({"action":"list","limit":1001})", R"({"action":"list","destination":"a b"})"}) {
    EXPECT_FALSE(decode_dead_letters_request(text).has_value()) << text;
  }
  std::string many = R"({"action":"purge","ids":[1)";
  for (std::size_t i = 0; i < max_dead_letters_named; ++i) many += ",1";
  EXPECT_EQ(decode_dead_letters_request(many + "]}").error().code, ErrorCode::too_large);
}

TEST(DeadLetterList, is_cut_after_a_mebibyte) {
  const DeadLetter letter{
      1,      "api", 422,   std::string(200, 'x'),
      moment, 1,     false, StoredReading{0, "n", "k", {1, {"s", std::string(256, '\1'), "", moment}}}};
  const std::string text = encode_dead_letter_list(std::vector<DeadLetter>(1'000, letter), false);
  EXPECT_LT(text.size(), 1'100'000U);
  EXPECT_EQ(nlohmann::json::parse(text).at("truncated"), true);
}

}  // namespace
}  // namespace sensors
