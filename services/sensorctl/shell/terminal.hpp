// Terminal writes what a command says: text and pictures to stdout, complaints to stderr. Loop thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "services/sensorctl/events.hpp"

namespace sensors::sensorctl {

/// One line on stderr, after the program's name; control characters of others are escaped.
void complain(std::string_view text);

/// Writes `text` to stdout; on a terminal with its control characters escaped. False, after a complaint, when stdout
/// does not take it, unless its reader has seen enough.
bool say(std::string_view text);

/// The exit code of a program that ends with `code`: exit_trouble instead of exit_ok where say() or a Terminal could
/// not write all of it to stdout, which they have complained about.
int with_all_said(int code);

class Terminal {
 public:
  /// `on_closed` is called once, when stdout takes no more: its reader has ended, or its disk is full.
  explicit Terminal(std::function<void()> on_closed);

  void carry_out(const Print& text);
  void carry_out(const Show& picture);
  void carry_out(const Complain& complaint) { complain(complaint.text); }

  /// Whether stdout failed for another reason than a reader who has seen enough, as `head` does.
  bool failed() const { return failed_; }

 private:
  /// On a terminal, with control characters escaped: texts are of others.
  void print(std::string_view text);
  void write(std::string_view text);

  std::function<void()> on_closed_;
  const bool is_terminal_;
  bool is_first_picture_ = true;
  bool is_closed_ = false;
  bool failed_ = false;
};

}  // namespace sensors::sensorctl
