// What a server shows to its clients over TLS, from its two files. Private to the adapter.
#pragma once

#include <memory>
#include <string>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace boost::asio::ssl {
class context;
}

namespace sensors {

struct ServerCertificate {
  std::shared_ptr<boost::asio::ssl::context> tls;  // shared with the connections that were accepted with it
  WallTime expires{};
};

/// Reads PEM files. ErrorCode::tls, with the file: it cannot be read, is none, or the key is another certificate's.
/// Blocks for as long as the files take.
Result<ServerCertificate> read_certificate(const std::string& certificate_file, const std::string& key_file);

}  // namespace sensors
