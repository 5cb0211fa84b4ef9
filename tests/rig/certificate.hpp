// Certificates that tests make for themselves.
#pragma once

#include <string>

#include "tests/rig/temp_dir.hpp"

namespace sensors::rig {

/// Writes cert.pem, a certificate of /CN=`name` that signs itself and ends in `days`, and key.pem into
/// `folder`. `also`: further names, "DNS:localhost" or "IP:127.0.0.1"; empty: none. RigError when
/// openssl fails.
void make_certificate(const TempDir& folder, const std::string& name, int days = 2, const std::string& also = "");

}  // namespace sensors::rig
