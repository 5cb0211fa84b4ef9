// An API that misbehaves in each way that the reference API knows, and a resolver that never answers.
#include "tests/chaos/chaos_test.hpp"

namespace sensors::rig {
namespace {

/// One way to misbehave, and what it does to the breaker.
struct Misbehaviour {
  std::string name;
  std::string fault;  // as ApiProcess::set_fault takes it
  std::string what;
  std::string guide;
};

void PrintTo(const Misbehaviour& misbehaviour, std::ostream* stream) { *stream << misbehaviour.name; }

class ApiThat : public ChaosTest, public testing::WithParamInterface<Misbehaviour> {};

TEST_P(ApiThat, opens_the_breaker_and_stops_nothing_but_the_delivery) {
  describe({"API " + GetParam().what, GetParam().guide,
            "the breaker opens after 3 failures; readings are taken and stored on"});
  ChaosOptions options;
  options.bridge.set_text("breaker", "slow_call", "100ms");
  begin(std::move(options));
  rig().api().set_fault(GetParam().fault);
  expect_breaker("sensor-http-bridge", "open");
  const std::uint64_t delivered = rig().progress().delivered;
  expect_readings_go_on();
  expect_store_goes_on();
  if (GetParam().name != "answers_slowly" && !GetParam().name.ends_with("after_storing")) {
    EXPECT_EQ(rig().progress().delivered, delivered);
  }
  rig().api().set_fault(R"({"mode":"none"})");
  expect_breaker("sensor-http-bridge", "closed");
  expect_recovery();
  expect_nothing_lost();
}

const char* const retries = "each reading waits for its error, and is tried again at once";

INSTANTIATE_TEST_SUITE_P(
    Each, ApiThat,
    testing::Values(
        Misbehaviour{"never_answers", R"({"mode":"hang"})", "takes the request and never answers",
                     "the incident of 2026-01-15: 295 of 430 readings were never taken in 30 s"},
        Misbehaviour{"never_answers_after_storing", R"({"mode":"hang_after_store"})",
                     "stores the batch and never answers", "sent again: doubled at the API"},
        Misbehaviour{"answers_slowly", R"({"mode":"slow","delay_ms":200})", "answers slowly",
                     "readings as slow as the API"},
        Misbehaviour{"resets_the_connection", R"({"mode":"reset"})", "resets the connection before it stores", retries},
        Misbehaviour{"resets_after_storing", R"({"mode":"reset_after_store"})", "resets the connection after it stored",
                     "sent again: doubled at the API"},
        Misbehaviour{"answers_500", R"({"mode":"500"})", "answers 500", retries},
        Misbehaviour{"answers_503_with_Retry_After", R"({"mode":"503","retry_after":1})", "answers 503, Retry-After: 1",
                     retries},
        Misbehaviour{"answers_429", R"({"mode":"429","retry_after":1})", "answers 429, Retry-After: 1", retries},
        Misbehaviour{"redirects", R"({"mode":"302"})", "redirects", "the redirect's 200 counts as stored: lost"},
        Misbehaviour{"is_a_captive_portal", R"({"mode":"wrong_content_type"})",
                     "is a captive portal: 200 with a page of HTML", "counts as stored: lost"},
        Misbehaviour{"answers_without_end", R"({"mode":"huge"})", "answers 1 MiB where a line is due",
                     "reads all of it"}),
    [](const testing::TestParamInfo<Misbehaviour>& one) { return one.param.name; });

class Resolver : public ChaosTest {
 protected:
  static constexpr std::int64_t most_loop_ms = 2'000;  // the resolver's own timeout is 5 s
};

TEST_F(Resolver, that_never_answers_opens_the_breaker_and_stops_nothing_but_the_delivery) {
  NEEDS_PRIVATE_WORLD();
  describe({"DNS never answers", "10 s and more for each call: the resolver's own timeouts come on top",
            "resolving is part of the connect deadline, on a thread of its own; the breaker opens"});
  ChaosOptions options;
  options.api_by_name = true;
  begin(std::move(options));
  chaos().name_server().be_silent(true);
  chaos().kill(Part::bridge);  // libcurl remembers names for a minute: only a new process asks
  chaos().restart(Part::bridge);
  expect_breaker("sensor-http-bridge", "open");
  expect_readings_go_on();
  expect_store_goes_on();
  chaos().name_server().be_silent(false);
  expect_recovery();
  expect_nothing_lost();
  EXPECT_LT(chaos().vitals().worst_loop_ms(), most_loop_ms);
}

TEST_F(Resolver, that_never_answers_for_the_broker_either_blocks_no_loop) {
  NEEDS_PRIVATE_WORLD();
  describe({"DNS never answers at the start, for the broker", "there was none",
            "names are looked up on threads that nobody waits for: readings go on into the outbox"});
  ChaosOptions options;
  options.api_by_name = true;
  for (ConfigText* config : {&options.publisher, &options.persistence, &options.bridge})
    config->set_text("mqtt", "host", "broker.sensor-rig.test");
  begin(std::move(options));
  chaos().name_server().be_silent(true);
  for (const Part part : {Part::publisher, Part::persistence, Part::bridge}) {
    chaos().kill(part);
    chaos().restart(part);
  }
  expect_readings_go_on();
  for (Service* service : {static_cast<Service*>(&rig().publisher()), &rig().persistence(), &rig().bridge()})
    expect_log(*service, "the name server does not answer");
  expect_readings_go_on();
  chaos().name_server().be_silent(false);
  expect_recovery();  // their statuses tell of the time before, too
  expect_nothing_lost();
  EXPECT_LT(chaos().vitals().worst_loop_ms(), most_loop_ms);
}

}  // namespace
}  // namespace sensors::rig
