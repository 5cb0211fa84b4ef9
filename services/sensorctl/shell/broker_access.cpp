#include "services/sensorctl/shell/broker_access.hpp"

#include "common/runtime/secret.hpp"

namespace sensors::sensorctl {

Result<std::string> read_password(const BrokerAccess& access) {
  Result<std::string> password = read_secret(access.password_file);
  if (password.has_value()) return password;
  Error error = password.error();
  const std::string& path = access.password_file;
  if (error.code == ErrorCode::not_found) {
    error.message =
        path + ": there is no such file; name another one with --password-file, or install sensor-project here";
  } else if (error.message.find("this user") != std::string::npos) {
    error.message = path + ": only root and members of its group may read it; use sudo, or join them: " +
                    "sudo adduser $USER sensorctl, then log in again";
  }
  return fail(error.code, error.message);
}

}  // namespace sensors::sensorctl
