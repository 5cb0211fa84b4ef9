// What is asked of a verdict: five rows were sent, and the API answers.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/codec/time_text.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/verdict.hpp"

namespace sensors::bridge {

inline const WallTime now = *parse_time("1994-11-06T08:49:07Z");

inline const std::vector<RowName> sent_rows{{"k3", 5}, {"k3", 6}, {"k3", 7}, {"k3", 8}, {"k3", 9}};

inline const Sent sent{5, 5, sent_rows};

inline HttpSinkOptions options_with(AnswerTrust answers, UploadFormat format = UploadFormat::batch) {
  HttpSinkOptions options;
  options.answers = answers;
  options.format = format;
  return options;
}

inline const HttpSinkOptions strict = options_with(AnswerTrust::strict);

inline Verdict of(int status, const std::string& body = "", const std::string& content_type = "application/json") {
  return judge(HttpReply{status, content_type, std::nullopt, body}, strict, sent, now);
}

inline Verdict of_200(const std::string& body) { return of(200, body); }

}  // namespace sensors::bridge
