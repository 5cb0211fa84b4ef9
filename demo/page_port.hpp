// PagePort is the port of the demo's page: the same from run to run, where it is free.
#pragma once

#include <cstdint>

namespace sensors::demo {

class PagePort {
 public:
  /// 8090; where a program or another demo has that, the next one up to 8099; then any that is free. No other demo gets
  /// it while this object lives. RigError when there is none.
  PagePort();
  ~PagePort();

  PagePort(const PagePort&) = delete;
  PagePort& operator=(const PagePort&) = delete;

  std::uint16_t number() const { return number_; }

 private:
  int claim_ = -1;  // a socket whose name says the port; the kernel takes it away with the process
  std::uint16_t number_ = 0;
};

}  // namespace sensors::demo
