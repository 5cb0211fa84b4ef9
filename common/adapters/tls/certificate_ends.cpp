#include "common/adapters/tls/certificate_ends.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <memory>

namespace sensors {
namespace {

struct Free {
  void operator()(BIO* text) const { BIO_free(text); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};

}  // namespace

Result<CertificateEnds> certificate_ends(std::string_view pem) {
  const std::unique_ptr<BIO, Free> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  CertificateEnds ends{WallTime::max(), WallTime::min()};
  while (const std::unique_ptr<X509, Free> certificate{PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)}) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &parts) != 1)
      return fail(ErrorCode::malformed, "a certificate does not say when it ends");
    const WallTime end{std::chrono::seconds{::timegm(&parts)}};
    ends = {std::min(ends.first, end), std::max(ends.last, end)};
  }
  const bool is_at_its_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!is_at_its_end) return fail(ErrorCode::malformed, "a certificate in it cannot be read");
  if (ends.last == WallTime::min()) return fail(ErrorCode::malformed, "there is no certificate in it (PEM)");
  return ends;
}

}  // namespace sensors
