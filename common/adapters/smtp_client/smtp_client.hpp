// SmtpClient hands a mail to a mail server (libcurl, RFC 5321), under one deadline for all of it. It decides nothing:
// failures come back told apart by ErrorCode and by what the server answered.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

struct Mail {
  std::string url;        // smtp://host:port, smtps://host:port
  bool needs_tls = true;  // also of smtp://, by STARTTLS
  std::string user;       // empty: without authentication
  std::string password;   // never logged
  std::string ca_file;    // PEM file; empty: the system's authorities
  Millis timeout{30'000};
  std::string from;  // "name@example.org" or "Name <name@example.org>", as is each of the next
  std::vector<std::string> to;
  std::string text;  // headers and body, lines ended by CR LF
};

struct SmtpOutcome {
  /// unresolved, refused, unreachable, tls, timeout, disconnected, permission (the login failed), rejected or io.
  Result<void> result;
  int code = 0;  // what the server answered last, 0: nothing
  /// Of whom the server takes no mail, and why: "<name@example.org>: 550 no such user"; the others have it.
  std::vector<std::string> refused;
};

class SmtpClient {
 public:
  /// Blocks for as long as the mail's timeout. One thread at a time.
  SmtpOutcome send(const Mail& mail);

  /// Ends what send() is at within 1 s, and each later one. Any thread.
  void stop() { is_stopped_ = true; }

 private:
  std::atomic<bool> is_stopped_ = false;
};

}  // namespace sensors
