// The head of a request at the server, behind Boost.Beast: method, target and version in the first line, then fields.
#include "common/adapters/http_server/request_rules.hpp"

#include <algorithm>

#include "common/core/ascii.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

namespace {

std::string_view take_until(std::string_view& rest, char end) {
  const std::size_t at = std::min(rest.find(end), rest.size());
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return taken;
}

RequestHead head_of(std::string_view input) {
  RequestHead head;
  std::string_view first = take_until(input, '\n');
  head.method = std::string(take_until(first, ' '));
  head.target = std::string(take_until(first, ' '));
  head.version = first == "HTTP/1.0" ? 10 : 11;
  while (!input.empty()) {
    std::string_view line = take_until(input, '\n');
    const std::string name = lower_ascii(take_until(line, ':'));
    head.headers.emplace_back(name, std::string(line));
  }
  return head;
}

std::size_t count_of(const RequestHead& head, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(head.headers.begin(), head.headers.end(), [&](const auto& field) { return field.first == name; }));
}

}  // namespace

void run(std::string_view input) {
  HeadLines whole;
  HeadLines pieces;
  const bool is_right = whole.take(input);
  bool is_right_so_far = true;
  for (const char& c : input) is_right_so_far = is_right_so_far && pieces.take({&c, 1});
  must(is_right == is_right_so_far, "the same lines are right in whatever pieces they come");
  RequestHead head = head_of(input);
  if (const std::optional<HeadRefusal> refusal = check(head); refusal.has_value()) {
    must(refusal->status == 400 || refusal->status == 417, "a refusal is about the request");
    return;
  }
  must(count_of(head, "host") <= 1, "there is one host");
  must(head.version == 10 || count_of(head, "host") == 1, "HTTP/1.1 has one");
  must(count_of(head, "transfer-encoding") == 0 || count_of(head, "content-length") == 0, "one end of a body");
  const std::string target = head.target;
  must(!check(head).has_value(), "what is right stays right");
  must(head.target == target, "a target is made once");
}

}  // namespace sensors::fuzz
