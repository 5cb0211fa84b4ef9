// Reading secrets: who else may read the file, and what may be in it.
#include <cstdlib>
#include <string>

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "common/runtime/secret.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors {
namespace {

ErrorCode code_of(const std::string& path) {
  const Result<std::string> secret = read_secret(path);
  EXPECT_FALSE(secret.has_value());
  if (secret.has_value()) return ErrorCode::io;
  EXPECT_NE(secret.error().message.find(path), std::string::npos) << secret.error().message;
  return secret.error().code;
}

TEST(ReadSecret, is_the_first_line_without_its_end) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_secret(folder.write("a", "s3cret\nsecond line\n")).value(), "s3cret");
  EXPECT_EQ(read_secret(folder.write("b", "s3cret\r\n")).value(), "s3cret");
  EXPECT_EQ(read_secret(folder.write("c", "with spaces")).value(), "with spaces");
}

TEST(ReadSecret, takes_the_modes_of_systemds_credentials) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_secret(folder.write("a", "x", 0400)).value(), "x");
  EXPECT_EQ(read_secret(folder.write("b", "x", 0440)).value(), "x");
}

TEST(ReadSecret, refuses_a_file_that_others_may_read_and_says_what_to_do) {
  const TemporaryFolder folder;
  const std::string path = folder.write("open", "x", 0644);
  EXPECT_EQ(code_of(path), ErrorCode::permission);
  EXPECT_NE(read_secret(path).error().message.find("chmod o= " + path), std::string::npos);
}

TEST(ReadSecret, refuses_a_missing_file_a_folder_and_a_fifo_without_waiting) {
  const TemporaryFolder folder;
  EXPECT_EQ(code_of(folder.path("absent")), ErrorCode::not_found);
  EXPECT_EQ(code_of(folder.path()), ErrorCode::io);
  ASSERT_EQ(::mkfifo(folder.path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(code_of(folder.path("fifo")), ErrorCode::io);
}

TEST(ReadSecret, refuses_an_empty_first_line_and_control_characters) {
  const TemporaryFolder folder;
  EXPECT_EQ(code_of(folder.write("empty", "")), ErrorCode::invalid);
  EXPECT_EQ(code_of(folder.write("second", "\nsecret")), ErrorCode::invalid);
  EXPECT_EQ(code_of(folder.write("control", "a\rb")), ErrorCode::invalid);
}

TEST(ReadSecret, refuses_a_byte_order_mark_and_blanks_around_it_and_says_what_to_do) {
  const TemporaryFolder folder;
  const auto said = [&](const std::string& content) {
    const std::string path = folder.write("secret", content);
    EXPECT_EQ(code_of(path), ErrorCode::invalid) << content;
    const Result<std::string> secret = read_secret(path);
    return secret.has_value() ? *secret : secret.error().message;
  };
  EXPECT_NE(said("\xEF\xBB\xBFs3cret\n").find("without one"), std::string::npos);
  for (const char* content : {" s3cret\n", "s3cret \n", "s3cret \r\n", " ", "s3cret "})
    EXPECT_NE(said(content).find("blank stands before or behind"), std::string::npos) << content;
  EXPECT_EQ(code_of(folder.write("tab", "s3cret\t\n")), ErrorCode::invalid);
  EXPECT_EQ(code_of(folder.write("utf16", std::string("\xFF\xFEs\0", 4))), ErrorCode::invalid);
}

TEST(ReadSecret, refuses_a_file_that_cannot_be_a_secret_for_its_size) {
  const TemporaryFolder folder;
  EXPECT_EQ(code_of(folder.write("large", std::string(65 * 1024, 'x'))), ErrorCode::too_large);
}

/// $CREDENTIALS_DIRECTORY, as systemd sets it, for the length of a test.
class CredentialsDirectory {
 public:
  explicit CredentialsDirectory(const std::string& path) { ::setenv("CREDENTIALS_DIRECTORY", path.c_str(), 1); }
  ~CredentialsDirectory() { ::unsetenv("CREDENTIALS_DIRECTORY"); }
};

TEST(ReadSecretOrCredential, prefers_the_file_that_is_named) {
  const TemporaryFolder folder;
  const CredentialsDirectory credentials(folder.path());
  folder.write("token", "of systemd", 0400);
  EXPECT_EQ(read_secret_or_credential(folder.write("mine", "of the owner"), "token").value(), "of the owner");
  EXPECT_EQ(read_secret_or_credential(folder.path("absent"), "token").error().code, ErrorCode::not_found);
}

TEST(ReadSecretOrCredential, takes_systemds_credential_where_no_file_is_named) {
  const TemporaryFolder folder;
  const CredentialsDirectory credentials(folder.path());
  folder.write("token", "of systemd\n", 0400);
  EXPECT_EQ(read_secret_or_credential("", "token").value(), "of systemd");
}

TEST(ReadSecretOrCredential, is_empty_where_nothing_is_handed_over) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_secret_or_credential("", "token").value(), "");
  const CredentialsDirectory credentials(folder.path());
  EXPECT_EQ(read_secret_or_credential("", "token").value(), "");
  folder.write("blank", "\n", 0400);
  EXPECT_EQ(read_secret_or_credential("", "blank").value(), "");
}

TEST(ReadSecretOrCredential, refuses_a_credential_that_is_no_secret) {
  const TemporaryFolder folder;
  const CredentialsDirectory credentials(folder.path());
  folder.write("token", "a\rb", 0400);
  EXPECT_EQ(read_secret_or_credential("", "token").error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace sensors
