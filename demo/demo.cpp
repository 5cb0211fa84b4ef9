// Two nodes with real input, the services as they are shipped, and the sums at the end.
#include "demo/demo.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>

#include "common/codec/topic.hpp"
#include "common/runtime/clocks.hpp"
#include "demo/weather_year.hpp"
#include "services/sensorctl/verbs/text.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_error.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::demo {
namespace {

using rig::RigError;

constexpr Millis tick{50};
constexpr Millis show_every{1'000};
constexpr Millis say_every{5'000};  // where nothing is drawn over
constexpr Millis chaos_every{2'000};
constexpr Millis start_deadline{30'000};
constexpr Millis drain_deadline{30'000};

constexpr int most_revived = 20;
constexpr int exit_cut_off = 130;  // as a shell has it for SIGINT

volatile std::sig_atomic_t signalled = 0;  // so often

/// What is not ours, before anything is made.
void need_mosquitto() {
  for (const char* program : {"mosquitto", "mosquitto_passwd"}) {
    try {
      rig::program_path(program);
    } catch (const RigError&) {
      throw RigError(std::string(program) +
                     ": is not installed; it is in Debian's package mosquitto: "
                     "sudo apt install mosquitto");
    }
  }
}

DemoOptions checked(const DemoOptions& options) {
  need_mosquitto();
  return options;
}

/// The year of weather up to now, in a file of its own.
std::string write_weather(const rig::TempDir& folder) {
  const WallTime now = read_clocks().wall;
  const std::time_t seconds = now.time_since_epoch() / std::chrono::seconds(1);
  std::tm here{};
  localtime_r(&seconds, &here);
  const std::size_t hour = static_cast<std::size_t>(here.tm_yday) * 24 + static_cast<std::size_t>(here.tm_hour);
  const std::string given = rig::shared_path("seattle-weather-hourly.csv");
  const Result<std::string> year = past_year(rig::read_file(given), hour, now);
  if (!year.has_value()) throw RigError(given + ": " + year.error().message);
  return folder.write("weather.csv", *year);
}

/// The weather of a year, 26,277 readings, in about 15 s.
rig::NodeOptions weather_node(const rig::TempDir& folder) {
  rig::NodeOptions node{"demo-weather", rig::replay_driver("weather", write_weather(folder), "100ms", 60)};
  node.drivers.set("driver.weather", "repeat", "1");
  node.drivers.set("driver.weather", "units", R"(["pressure=hPa", "temperature=Cel", "wind=m/s"])");
  return node;
}

rig::NodeOptions host_node(const Thermometer& thermometer) {
  rig::NodeOptions node{"demo-host", {}};
  node.drivers.set_text("driver.host", "type", "host");
  node.drivers.set_text("driver.host", "interval", "500ms");
  const std::string of_thermometer = "driver.greenhouse";
  node.drivers.set_text(of_thermometer, "type", "onewire");
  node.drivers.set_text(of_thermometer, "sysfs_root", thermometer.sysfs_root());
  node.drivers.set(of_thermometer, "devices", fmt::format("[\"{}\"]", Thermometer::id));
  node.drivers.set(of_thermometer, "names", fmt::format("[\"{}={}\"]", Thermometer::id, Thermometer::sensor));
  node.drivers.set_text(of_thermometer, "prefix", "");
  node.drivers.set_text(of_thermometer, "interval", "500ms");
  node.drivers.set_text(of_thermometer, "patience", "0s");
  return node;
}

/// The shipped defaults, with shorter waits so that a person sees something happen.
rig::RigOptions demo_rig(const rig::TempDir& folder, const Thermometer& thermometer, std::uint16_t page_port) {
  rig::RigOptions options;
  options.nodes = {host_node(thermometer), weather_node(folder)};
  options.publisher.set("pace", "steps", R"(["1s", "3s", "6s"])");
  options.publisher.set_text("", "status_interval", "1s");
  options.publisher.set("breaker", "open_times", R"(["2s", "5s"])");
  options.publisher.set_text("send", "resend_after", "2s");
  options.publisher.set_text("silence", "floor", "2s");
  options.persistence.set_text("retention", "max_age", "0s");  // the weather begins a year ago
  options.bridge.set("breaker", "open_times", R"(["2s", "5s"])");
  options.bridge.set_text("destination", "interval", "500ms");
  options.bridge.set_text("", "status_interval", "1s");
  options.bridge.set_text("http", "listen", fmt::format("127.0.0.1:{}", page_port));
  return options;
}

rig::FaultPlan make_plan(const DemoOptions& options) {
  rig::FaultPlan::Options plan;
  plan.nodes = 2;
  plan.freeze_share = 0;
  plan.wait_most = plan.wait_least = Millis{0};
  return rig::FaultPlan(plan, options.seed);
}

/// The page opens with the year of weather.
std::string page_address(std::uint16_t port) {
  return fmt::format("http://127.0.0.1:{}/#machine=demo-weather&range=1y", port);
}

/// For who is logged in from elsewhere.
std::string reach_page(std::uint16_t port) {
  const char* connection = std::getenv("SSH_CONNECTION");
  const passwd* user = getpwuid(getuid());
  return connection == nullptr || user == nullptr ? "" : tunnel_command(connection, user->pw_name, port);
}

void take_status_of(Part& part, const rig::MqttProbe& probe, const std::string& node, const std::string& service) {
  const std::optional<MqttMessage> status = probe.last("sensors/" + node + "/status/" + service);
  if (status.has_value()) take_status(part, status->payload);
}

}  // namespace

Demo::Demo(const DemoOptions& options)
    : options_(checked(options)),
      folder_(options.keep),
      thermometer_(folder_.dir().path()),
      rig_(folder_.dir(), demo_rig(folder_.dir(), thermometer_, page_.number())),
      plan_(make_plan(options)),
      terminal_([this] { nobody_reads_ = true; }) {}

int Demo::run() {
  try {
    return run_to_its_end();
  } catch (const std::exception&) {
    if (demo_is_cut_off()) return end_at_once();
    if (!folder_.is_gone()) throw;
    throw RigError(folder_.dir().path() +
                   ": somebody deleted this folder of the demo while it ran, and so it ends; its readings were in it");
  }
}

/// A second signal: nothing is waited for, and nothing stays.
int Demo::end_at_once() const {
  sensorctl::complain("demo: ended at once, without counting its readings");
  return exit_cut_off;
}

int Demo::run_to_its_end() {
  started_ = rig::monotonic_now();
  rig_.start_all();
  rig_.wait_until("the page", start_deadline, [this] { return rig::accepts_connections(page_.number()); });
  introduce();
  const std::unique_ptr<rig::MqttProbe> probe =
      rig_.probe({"sensors/+/status/+", "sensors/+/queue/+", "sensors/+/silent/+"});
  flow(*probe);
  const DemoOutcome outcome = finish();
  if (demo_is_cut_off()) return end_at_once();
  report(outcome);
  if (!outcome.good()) folder_.keep();
  return outcome.exit_code();
}

void Demo::introduce() {
  folder_.dir().write("watch", "exec env " + rig_.broker().watch_command() + "\n");
  if (options_.json) return;
  if (options_.chaos) note_ = fmt::format("A part is killed -9 every 2 s; again with --seed {}", options_.seed);
  if (isatty(STDOUT_FILENO) == 1) return;  // the picture says it all
  const std::string reach = reach_page(page_.number());
  say(fmt::format("Page:  {}\n", page_address(page_.number())));
  if (!reach.empty()) say(fmt::format("From your machine: {}\n", reach));
  say(fmt::format("Watch: sh {}\n{}{}", folder_.dir().file("watch"), note_, note_.empty() ? "" : "\n"));
}

bool Demo::is_over() const {
  return demo_signalled() || nobody_reads_ || has_no_room_ ||
         (options_.run_for.has_value() && since_start() >= *options_.run_for);
}

/// Until the time is over, somebody asks to end, nobody reads any more what is said, or the disk is nearly full.
void Demo::flow(rig::MqttProbe& probe) {
  const Millis every = isatty(STDOUT_FILENO) == 1 ? show_every : say_every;
  Millis next_show{0};
  Millis next_chaos = chaos_every;
  while (!is_over()) {
    revive();
    if (options_.chaos) play_unplugged();
    if (options_.chaos && since_start() >= next_chaos) {
      play_chaos();
      next_chaos += chaos_every;
    }
    if (since_start() >= next_show) {
      if (folder_.is_gone()) throw RigError("the demo's folder is gone");
      has_no_room_ = folder_.is_nearly_full();
      if (!options_.json) show(view(probe));
      next_show = since_start() + every;
    }
    rig::let_pass(tick);
  }
}

/// The same words as those of the page. Each message counts once, when it has come: who is silent must grow old.
std::string Demo::verdict_of(rig::MqttProbe& probe) {
  const Now now = read_clocks();
  const bool is_connected = probe.connected();
  if (is_connected && !watch_.is_connected()) watch_.connected(now);
  for (const MqttMessage& message : probe.take_messages()) {
    const std::optional<TopicView> topic = parse_topic(message.topic);
    if (topic.has_value()) watch_.take(*topic, message.payload, now, message.retained);
  }
  if (!is_connected && watch_.is_connected()) watch_.disconnected(now);
  return watch_.judge(now).headline;
}

View Demo::view(rig::MqttProbe& probe) {
  View seen{verdict_of(probe),
            page_address(page_.number()),
            "sh " + folder_.dir().file("watch"),
            reach_page(page_.number()),
            since_start(),
            {},
            {},
            note_};
  for (std::size_t node = 0; node < rig_.nodes(); ++node) {
    const rig::Publisher& publisher = rig_.publisher(node);
    const rig::OutboxReader outbox = publisher.outbox();
    const bool exists = outbox.exists();
    Part part{"publisher " + publisher.node(), exists ? outbox.taken() : 0, "taken", exists ? outbox.waiting() : 0};
    take_status_of(part, probe, publisher.node(), "sensor-publisher");
    seen.parts.push_back(part);
  }
  const rig::Rig::Progress progress = rig_.progress();
  Part store{"store", progress.stored, "stored", progress.stored - std::min(progress.stored, progress.delivered)};
  take_status_of(store, probe, rig_.store_node(), "sensor-persistence");
  seen.parts.push_back(store);
  Part bridge{"bridge to the API", progress.delivered, "delivered", std::nullopt};
  take_status_of(bridge, probe, rig_.store_node(), "sensor-http-bridge");
  seen.parts.push_back(bridge);
  if (!rig_.store().exists()) return seen;
  for (const rig::StoreReader::Newest& row : rig_.store().newest()) {
    seen.newest.push_back({row.node, {row.sensor, row.value, row.unit, WallTime{Millis{row.time_ms}}}});
  }
  return seen;
}

void Demo::show(const View& view) {
  if (isatty(STDOUT_FILENO) == 1) {
    terminal_.carry_out(sensorctl::Show{picture(view, read_clocks().wall)});
  } else {
    say(line(view));
  }
}

void Demo::say(const std::string& text) { terminal_.carry_out(sensorctl::Print{text}); }

/// As the picture calls it.
std::string Demo::part_name(rig::Part part, std::size_t node) const {
  if (part == rig::Part::publisher) return "publisher " + rig_.publisher(node).node();
  return part == rig::Part::persistence ? "store" : part == rig::Part::api ? "API" : name_of(part);
}

/// What somebody else has ended runs again, as systemd would have it: readings wait for it meanwhile.
void Demo::revive() {
  using rig::Part;
  for (const Part part : {Part::broker, Part::api, Part::persistence, Part::bridge, Part::publisher}) {
    for (std::size_t node = 0; node < (part == Part::publisher ? rig_.nodes() : 1); ++node) {
      if (rig::process_of(rig_, part, node).running()) continue;
      if (++revived_ > most_revived)
        throw RigError("the " + part_name(part, node) + " ends again and again\n" + rig_.folder().log_tails());
      note_ = fmt::format("the {} was ended by somebody else, and was started again", part_name(part, node));
      if (part == Part::publisher && is_draining_) {
        rig_.publisher(node).start_without_drivers();
      } else {
        rig::start(rig_, part, node);
      }
    }
  }
}

/// 8 s of each 20 s it is away.
void Demo::play_unplugged() {
  constexpr Millis round{20'000};
  constexpr Millis plugged_in{12'000};
  const bool is_wanted = since_start() % round < plugged_in;
  if (is_wanted == thermometer_.is_plugged_in()) return;
  is_wanted ? thermometer_.plug_in() : thermometer_.unplug();
  note_ =
      is_wanted ? "plugged the thermometer of the greenhouse in again" : "unplugged the thermometer of the greenhouse";
}

void Demo::play_chaos() {
  const rig::Fault fault = plan_.next();
  note_ = fmt::format("killed the {} for {} ms; again with --seed {}", part_name(fault.part, fault.node),
                      fault.down.count(), options_.seed);
  play(rig_, fault);
  faults_.add(fault);
}

DemoOutcome Demo::finish() {
  if (has_no_room_)
    sensorctl::complain("demo: " + folder_.dir().path() + ": its disk is nearly full, so the demo ends");
  if (!options_.json) say("\nNo more readings are taken; what is on its way arrives now. Ctrl-C ends at once.\n");
  DemoOutcome outcome;
  outcome.seconds = static_cast<double>(since_start().count()) / 1e3;
  revive();
  rig_.stop_production();
  is_draining_ = true;
  rig::comes_true(drain_deadline, [this] {
    revive();
    return rig_.progress().drained();
  });
  const rig::Rig::Progress progress = rig_.progress();
  outcome.taken = progress.taken;
  outcome.stored = progress.stored;
  outcome.delivered = progress.delivered;
  outcome.gaps = progress.gaps;
  outcome.duplicates_at_api = rig_.api().duplicates();
  const std::uint64_t missing = outcome.taken - std::min({outcome.taken, outcome.stored, outcome.delivered});
  const rig::StoreReader store = rig_.store();
  const std::uint64_t in_store =
      store.exists() ? store.last_id() - std::min(store.last_id(), store.uploaded_through("api")) : 0;
  outcome.held = progress.in_outbox + in_store;
  outcome.waiting = std::min(missing, outcome.held);
  outcome.lost = missing - outcome.waiting;
  return outcome;
}

void Demo::report(const DemoOutcome& outcome) {
  if (options_.json) return say(outcome.json() + "\n");
  for (const auto& [part, times] : faults_.kills) say(fmt::format("killed -9: {} {} times\n", part, times));
  say(sensorctl::folded(outcome.text(), sensorctl::screen_columns, 0) + "\n");
}

void end_demo_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int number) {
    if (number == SIGPIPE) return;            // the write fails; ignored, it would be in what is started, too
    if (signalled == 2) _exit(exit_cut_off);  // then the next demo removes what is left
    signalled = signalled + 1;
  };
  rig::give_up_when(demo_is_cut_off);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) sigaction(number, &action, nullptr);
}

bool demo_signalled() { return signalled != 0; }

bool demo_is_cut_off() { return signalled > 1; }

}  // namespace sensors::demo
