// The channels by themselves: what a program or a server does, and what comes of it.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>

#include "services/sensor-alerts/channels/command_channel.hpp"
#include "services/sensor-alerts/channels/http_channel.hpp"
#include "services/sensor-alerts/channels/mail_channel.hpp"
#include "tests/rig/certificate.hpp"
#include "tests/rig/process.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/temp_dir.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::alerts {
namespace {

constexpr Millis long_enough{30'000};

Delivery run_script(const std::string& script, Millis deadline = long_enough) {
  const std::atomic<bool> goes_on = false;
  return run_with_input({"/bin/sh", "-c", script}, "a message\n", deadline, goes_on);
}

TEST(AlertCommand, is_read_to_the_end_and_its_first_words_are_kept) {
  const Delivery delivery = run_script("echo it begins >&2; head -c 100000000 /dev/zero >&2; exit 3");
  EXPECT_EQ(delivery.outcome, Delivery::Outcome::again);
  EXPECT_EQ(delivery.reason, "/bin/sh exited with status 3: it begins") << "nothing waited, and nothing else is kept";
}

TEST(AlertCommand, writes_its_words_nowhere_where_they_would_fill_memory) {
  EXPECT_EQ(run_script("test -p /proc/self/fd/2").outcome, Delivery::Outcome::delivered) << "a pipe holds little";
  EXPECT_EQ(run_script("cat >/dev/null; ! echo more >&0").outcome, Delivery::Outcome::delivered) << "it is sealed";
}

TEST(AlertCommand, reads_the_message_and_is_believed) {
  EXPECT_EQ(run_script("read -r line; test \"$line\" = 'a message'").outcome, Delivery::Outcome::delivered);
  EXPECT_EQ(run_script("exec 2>&-; read -r line").outcome, Delivery::Outcome::delivered) << "one that says nothing";
}

TEST(AlertCommand, is_ended_at_its_deadline_though_it_never_stops_talking) {
  const Delivery delivery = run_script("exec yes >&2", Millis{300});
  EXPECT_EQ(delivery.outcome, Delivery::Outcome::again);
  EXPECT_TRUE(delivery.reason.starts_with("/bin/sh: not done in 300 ms: y y")) << delivery.reason;
  EXPECT_LE(delivery.reason.size(), 400U);
}

class AlertChannels : public testing::Test {
 protected:
  void SetUp() override {
    receiver_.start();
    rig::wait_until("the receiver listens", long_enough, folder_,
                    [this] { return rig::accepts_connections(http_) && rig::accepts_connections(smtp_); });
  }

  template <typename Kind>
  static Delivery sent(const ChannelConfig& config) {
    std::promise<Delivery> promise;
    Kind channel(config, [&promise](MessageSent done) { promise.set_value(std::move(done.delivery)); });
    Message message;
    message.kind = Message::Kind::test;
    message.key = "k-1-test";
    channel.send({1, std::move(message)});
    std::future<Delivery> future = promise.get_future();
    if (future.wait_for(long_enough) != std::future_status::ready) return {Delivery::Outcome::again, "no answer", {}};
    return future.get();
  }

  ChannelConfig webhook(std::uint16_t port) const {
    ChannelConfig config;
    config.options.name = "hook";
    config.url = "http://127.0.0.1:" + std::to_string(port) + "/services/T0/hush-hush?token=hush-hush-2";
    return config;
  }

  ChannelConfig mail(std::vector<std::string> to) const {
    ChannelConfig config;
    config.options.name = "mail";
    config.format.type = ChannelType::email;
    config.url = "smtp://127.0.0.1:" + std::to_string(smtp_);
    config.is_plain = true;
    config.addresses = {"sensors@example.org", std::move(to)};
    return config;
  }

  rig::TempDir folder_{"alert-channels"};
  std::uint16_t http_ = rig::free_port();
  std::uint16_t smtp_ = rig::free_port();
  std::uint16_t smtps_ = rig::free_port();
  rig::Process receiver_{{"receiver",
                          {rig::program_path("python3"), rig::source_path("tests/integration/alert_receiver.py"),
                           std::to_string(http_), std::to_string(smtp_), folder_.path(), std::to_string(smtps_)},
                          {},
                          folder_.file("receiver.log"),
                          ""}};
};

TEST_F(AlertChannels, say_of_a_webhook_where_it_is_and_no_more) {
  const std::uint16_t nobody = rig::free_port();
  const Delivery refused = sent<HttpChannel>(webhook(nobody));
  EXPECT_EQ(refused.outcome, Delivery::Outcome::again);
  EXPECT_TRUE(refused.reason.starts_with("POST http://127.0.0.1:" + std::to_string(nobody) + "/...: "))
      << refused.reason;
  EXPECT_EQ(refused.reason.find("hush"), std::string::npos) << refused.reason;
  folder_.write("mode", "echo");
  const Delivery echoed = sent<HttpChannel>(webhook(http_));
  EXPECT_EQ(echoed.outcome, Delivery::Outcome::unusable);
  EXPECT_EQ(echoed.reason, "HTTP 404: Cannot POST ...") << "the server repeats the address";
}

TEST_F(AlertChannels, mail_whom_they_can_and_say_who_is_refused) {
  const Delivery delivery = sent<MailChannel>(mail({"me@example.org", "gone@example.org", "you@example.org"}));
  EXPECT_EQ(delivery.outcome, Delivery::Outcome::delivered) << delivery.reason;
  EXPECT_EQ(delivery.reason,
            "the mail server refuses 1 of 3 recipients: <gone@example.org>: 550 gone@example.org is not known");
  EXPECT_NE(rig::read_file(folder_.file("arrived")).find("k-1-test"), std::string::npos);
  EXPECT_EQ(sent<MailChannel>(mail({"me@example.org"})).reason, "");
}

TEST_F(AlertChannels, have_not_mailed_where_all_are_refused) {
  const Delivery delivery = sent<MailChannel>(mail({"gone@example.org"}));
  EXPECT_EQ(delivery.outcome, Delivery::Outcome::unusable);
  EXPECT_NE(delivery.reason.find("550"), std::string::npos) << delivery.reason;
}

TEST_F(AlertChannels, mail_nothing_to_a_server_without_tls_where_it_is_required) {
  ChannelConfig config = mail({"me@example.org"});
  config.is_plain = false;
  config.user = "me";
  const Delivery delivery = sent<MailChannel>(config);
  EXPECT_NE(delivery.outcome, Delivery::Outcome::delivered);
  EXPECT_NE(delivery.reason.find("STARTTLS"), std::string::npos) << delivery.reason;
  EXPECT_FALSE(std::filesystem::exists(folder_.file("arrived"))) << "nor the login";
}

/// The mail server has a certificate of its own, for localhost.
class AlertMailOverTls : public AlertChannels, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    rig::make_certificate(folder_, "localhost", 2, "DNS:localhost");
    folder_.write("password", "hush-hush\n");
    AlertChannels::SetUp();
  }

  /// By STARTTLS, or with TLS from the first byte.
  ChannelConfig mail(const std::string& host = "localhost") const {
    ChannelConfig config = AlertChannels::mail({"me@example.org"});
    config.is_plain = false;
    config.url =
        GetParam() ? "smtp://" + host + ":" + std::to_string(smtp_) : "smtps://" + host + ":" + std::to_string(smtps_);
    config.ca_file = folder_.file("cert.pem");
    config.user = "me";
    config.password_file = folder_.file("password");
    return config;
  }
};

INSTANTIATE_TEST_SUITE_P(By, AlertMailOverTls, testing::Values(true, false),
                         [](const auto& by) { return by.param ? "STARTTLS" : "smtps"; });

TEST_P(AlertMailOverTls, arrives_and_the_password_only_after_the_handshake) {
  const Delivery delivery = sent<MailChannel>(mail());
  EXPECT_EQ(delivery.outcome, Delivery::Outcome::delivered) << delivery.reason;
  const std::string arrived = rig::read_file(folder_.file("arrived"));
  EXPECT_NE(arrived.find("k-1-test"), std::string::npos) << arrived;
  EXPECT_NE(arrived.find(R"("key": "safe")"), std::string::npos) << arrived;
  EXPECT_EQ(arrived.find("PLAIN TEXT"), std::string::npos) << arrived;
}

TEST_P(AlertMailOverTls, goes_to_nobody_whose_certificate_is_another_s) {
  for (const bool is_other_name : {true, false}) {
    ChannelConfig config = mail(is_other_name ? "127.0.0.1" : "localhost");
    if (!is_other_name) config.ca_file.clear();  // the system's authorities do not know it
    const Delivery delivery = sent<MailChannel>(config);
    EXPECT_EQ(delivery.outcome, Delivery::Outcome::again);
    EXPECT_NE(delivery.reason.find("certificate"), std::string::npos) << delivery.reason;
    EXPECT_EQ(delivery.reason.find("hush"), std::string::npos) << delivery.reason;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_.file("arrived")));
}

}  // namespace
}  // namespace sensors::alerts
