#include "common/adapters/http_server/server_certificate.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>

#include <boost/asio/ssl/context.hpp>

namespace sensors {
namespace {

namespace ssl = boost::asio::ssl;

WallTime end_of(ssl::context& tls) {
  const X509* certificate = SSL_CTX_get0_certificate(tls.native_handle());
  std::tm parts{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return {};
  return WallTime{std::chrono::seconds{timegm(&parts)}};
}

}  // namespace

Result<ServerCertificate> read_certificate(const std::string& certificate_file, const std::string& key_file) {
  boost::system::error_code error;
  auto tls = std::make_shared<ssl::context>(ssl::context::tls_server);  // shared: with connections
  tls->set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1, error);
  tls->use_certificate_chain_file(certificate_file, error);
  if (error) return fail(ErrorCode::tls, certificate_file + ": " + error.message());
  tls->use_private_key_file(key_file, ssl::context::pem, error);
  if (error) return fail(ErrorCode::tls, key_file + ": " + error.message());
  const WallTime expires = end_of(*tls);
  return ServerCertificate{std::move(tls), expires};
}

}  // namespace sensors
