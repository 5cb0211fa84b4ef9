#include "common/service/run_service.hpp"

#include <cstdlib>

namespace sensors {

int refuse_to_start(const Error& error) {
  log_lines(LogLevel::error, error.message);
  return error.code == ErrorCode::in_use ? exit_in_use : EXIT_FAILURE;
}

}  // namespace sensors
