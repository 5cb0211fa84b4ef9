// When the certificates of one file end.
#pragma once

#include "common/core/time.hpp"

namespace sensors {

struct CertificateEnds {
  WallTime first{};  // of the one that ends first
  WallTime last{};   // of the one that ends last
};

}  // namespace sensors
