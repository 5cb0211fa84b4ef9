#include "tests/rig/certificate.hpp"

#include "tests/rig/process.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_error.hpp"

namespace sensors::rig {

void make_certificate(const TempDir& folder, const std::string& name, int days, const std::string& also) {
  constexpr Millis patience{20'000};
  Process::Options options;
  options.name = "openssl";
  options.command = {program_path("openssl"),
                     "req",
                     "-x509",
                     "-newkey",
                     "ec",
                     "-pkeyopt",
                     "ec_paramgen_curve:prime256v1",
                     "-nodes",
                     "-days",
                     std::to_string(days),
                     "-subj",
                     "/CN=" + name,
                     "-keyout",
                     folder.file("key.pem"),
                     "-out",
                     folder.file("cert.pem")};
  if (!also.empty()) options.command.insert(options.command.end(), {"-addext", "subjectAltName=" + also});
  options.log_file = folder.file("openssl.log");
  Process openssl(options);
  openssl.start();
  if (openssl.wait_exit(patience) != 0) throw RigError("openssl made no certificate\n" + folder.log_tails());
}

}  // namespace sensors::rig
