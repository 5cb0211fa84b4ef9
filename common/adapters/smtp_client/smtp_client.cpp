#include "common/adapters/smtp_client/smtp_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "common/core/printable.hpp"

namespace sensors {

namespace {

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeHandle {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

/// Of "Name <name@example.org>" what is in the angle brackets, with them.
std::string envelope_address(const std::string& address) {
  const std::size_t begin = address.rfind('<');
  return begin == std::string::npos ? "<" + address + ">" : address.substr(begin);
}

std::size_t give_text(char* target, std::size_t size, std::size_t count, void* user) {
  std::string_view& rest = *static_cast<std::string_view*>(user);
  const std::size_t given = std::min(rest.size(), size * count);
  std::memcpy(target, rest.data(), given);
  rest.remove_prefix(given);
  return given;
}

/// What the server said to each recipient: curl tells only how it ended.
struct Dialogue {
  std::string recipient;  // who was named last; empty: somebody else's answer comes next
  std::vector<std::string> refused;
};

/// Each line of an answer comes by itself; the last one has a space behind its code (RFC 5321 section 4.2.1).
int follow_dialogue(CURL*, curl_infotype type, char* data, std::size_t size, void* user) {
  constexpr std::string_view command = "RCPT TO:";
  constexpr std::size_t most_answer_bytes = 200;
  constexpr std::size_t code_bytes = 3;
  Dialogue& dialogue = *static_cast<Dialogue*>(user);
  const std::string_view line(data, size);
  if (type == CURLINFO_HEADER_OUT) {
    dialogue.recipient.clear();
    if (line.starts_with(command)) dialogue.recipient = printable_line(line.substr(command.size()), most_answer_bytes);
  }
  const bool is_answer = type == CURLINFO_HEADER_IN && line.size() > code_bytes && line[code_bytes] != '-';
  if (!is_answer || dialogue.recipient.empty()) return 0;
  const std::string recipient = std::exchange(dialogue.recipient, {});
  if (line.front() != '2') dialogue.refused.push_back(recipient + ": " + printable_line(line, most_answer_bytes));
  return 0;
}

int look_whether_stopped(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return *static_cast<const std::atomic<bool>*>(user) ? 1 : 0;
}

ErrorCode class_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return ErrorCode::unresolved;
    case CURLE_COULDNT_CONNECT: return ErrorCode::refused;
    case CURLE_OPERATION_TIMEDOUT: return ErrorCode::timeout;
    case CURLE_LOGIN_DENIED: return ErrorCode::permission;
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_PEER_FAILED_VERIFICATION: return ErrorCode::tls;
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR: return ErrorCode::disconnected;
    case CURLE_WEIRD_SERVER_REPLY: return ErrorCode::rejected;
    default: return ErrorCode::io;
  }
}

void set_mail(CURL* easy, const Mail& mail, curl_slist* recipients, std::string_view& rest) {
  const std::string from = envelope_address(mail.from);
  curl_easy_setopt(easy, CURLOPT_URL, mail.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_USE_SSL, static_cast<long>(mail.needs_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!mail.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, mail.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);  // that authority only
  }
  if (!mail.user.empty()) {
    curl_easy_setopt(easy, CURLOPT_USERNAME, mail.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, mail.password.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients);
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);  // one who is refused must not silence the others
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, &give_text);
  curl_easy_setopt(easy, CURLOPT_READDATA, &rest);
}

void set_deadlines(CURL* easy, const Mail& mail, const std::atomic<bool>& is_stopped) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(mail.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>((mail.timeout.count() + 999) / 1'000));
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &look_whether_stopped);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &is_stopped);
}

}  // namespace

SmtpOutcome SmtpClient::send(const Mail& mail) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, FreeHandle> easy(curl_easy_init());
  std::unique_ptr<curl_slist, FreeList> recipients;
  for (const std::string& to : mail.to) {
    curl_slist* longer = curl_slist_append(recipients.get(), envelope_address(to).c_str());
    if (longer == nullptr) return {fail(ErrorCode::io, mail.url + ": out of memory"), 0, {}};
    static_cast<void>(recipients.release());
    recipients.reset(longer);
  }
  if (easy == nullptr) return {fail(ErrorCode::io, mail.url + ": out of memory"), 0, {}};
  std::array<char, CURL_ERROR_SIZE> said{};
  std::string_view rest = mail.text;
  set_mail(easy.get(), mail, recipients.get(), rest);
  set_deadlines(easy.get(), mail, is_stopped_);
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, said.data());
  Dialogue dialogue;
  curl_easy_setopt(easy.get(), CURLOPT_VERBOSE, 1L);  // what is not caught by follow_dialogue() goes nowhere
  curl_easy_setopt(easy.get(), CURLOPT_DEBUGFUNCTION, &follow_dialogue);
  curl_easy_setopt(easy.get(), CURLOPT_DEBUGDATA, &dialogue);
  const CURLcode code = curl_easy_perform(easy.get());
  long answered = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answered);
  if (code == CURLE_OK) return {{}, static_cast<int>(answered), std::move(dialogue.refused)};
  const char* text = said.front() != '\0' ? said.data() : curl_easy_strerror(code);
  return {fail(class_of(code), mail.url + ": " + text), static_cast<int>(answered), std::move(dialogue.refused)};
}

}  // namespace sensors
