#include "common/adapters/http_client/failed_transfer.hpp"

#include <curl/curl.h>

#include <cerrno>

namespace sensors {

namespace {

ErrorCode class_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return ErrorCode::unresolved;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED: return ErrorCode::tls;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE: return ErrorCode::disconnected;
    default: return ErrorCode::io;
  }
}

/// What a passed limit was spent on: DNS, connecting, the TLS handshake, or the answer.
ErrorCode class_of_timeout(CURL* easy) {
  const auto has_passed = [easy](CURLINFO phase) {
    curl_off_t at_us = 0;
    curl_easy_getinfo(easy, phase, &at_us);
    return at_us > 0;
  };
  if (has_passed(CURLINFO_PRETRANSFER_TIME_T)) return ErrorCode::timeout;
  if (!has_passed(CURLINFO_NAMELOOKUP_TIME_T)) return ErrorCode::unresolved;
  // Counted once TCP is connected; curl's own time of that comes after the handshake, and so do its addresses in 8.14.
  long connections = 0;
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
  return connections > 0 ? ErrorCode::tls : ErrorCode::unreachable;
}

}  // namespace

ErrorCode class_of_failed(void* easy, int curl_code) {
  const auto code = static_cast<CURLcode>(curl_code);
  if (code == CURLE_OPERATION_TIMEDOUT) return class_of_timeout(easy);
  if (code != CURLE_COULDNT_CONNECT) return class_of(code);
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
  return number == 0 || number == ECONNREFUSED ? ErrorCode::refused : ErrorCode::unreachable;
}

}  // namespace sensors
