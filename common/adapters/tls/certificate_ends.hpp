// Reads when the certificates of a PEM text end. Any thread.
#pragma once

#include <string_view>

#include "common/core/certificate_ends.hpp"
#include "common/core/result.hpp"

namespace sensors {

/// Of all certificates in `pem`, a chain or several authorities. malformed when there is none, or one that cannot be
/// read.
Result<CertificateEnds> certificate_ends(std::string_view pem);

}  // namespace sensors
