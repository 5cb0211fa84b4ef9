#include "services/sensorctl/command_line_broker.hpp"

#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "common/codec/time_text.hpp"
#include "common/core/bridge_name.hpp"
#include "common/runtime/clocks.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/shell/command_shell.hpp"
#include "services/sensorctl/shell/terminal.hpp"
#include "services/sensorctl/shell/time_option.hpp"
#include "services/sensorctl/verbs/alerts.hpp"
#include "services/sensorctl/verbs/control_breaker.hpp"
#include "services/sensorctl/verbs/dead_letters.hpp"
#include "services/sensorctl/verbs/forget_node.hpp"
#include "services/sensorctl/verbs/query.hpp"
#include "services/sensorctl/verbs/sensors.hpp"
#include "services/sensorctl/verbs/status.hpp"
#include "services/sensorctl/verbs/tail.hpp"

namespace sensors::sensorctl {

namespace {

using Run = std::function<int()>;

std::string is_name_option(const std::string& text) {
  return is_name(text) ? "" : "'" + text + "' must be 1 to 64 of A-Z a-z 0-9 _ . -";
}

Session session_of(const BrokerAccess& access) { return {access.root, access.node, new_client_name(), access.timeout}; }

int ask(Question question, const BrokerAccess& access) {
  const Session session = session_of(access);
  AskStore command(std::move(question), session);
  return run_command(command, access, session.client, AskStore::filters(session));
}

/// A point in time that is parsed together with the rest of the command line.
void add_time_option(CLI::App& verb, const std::string& name, std::optional<WallTime>& target,
                     const std::string& what) {
  verb.add_option_function<std::string>(
          name,
          [&target, name](const std::string& text) {
            const Result<WallTime> time = parse_time_option(text, read_clocks().wall);
            if (!time.has_value()) throw CLI::ValidationError(name, time.error().message);
            target = *time;
          },
          what)
      ->type_name("TIME");
}

struct DeadLettersOptions {
  DeadLettersRequest request;
  bool json = false;
};

/// `requeue` or `purge`: of the dead letters that are named, or of all.
void add_dead_letters_change(CLI::App& parent, const std::string& name, DeadLettersRequest::Action action,
                             const std::string& what, const std::shared_ptr<DeadLettersOptions>& options) {
  CLI::App* verb = parent.add_subcommand(name, what);
  DeadLettersRequest& request = options->request;
  CLI::Option_group* which = verb->add_option_group("Which", "One of these");
  which->add_option("ID", request.ids, "Their numbers, as `list` shows them");
  which->add_flag("--all", request.all, "Every one");
  which->require_option(1);
  verb->add_option("--destination", request.destination, "Of one API, with --all")
      ->type_name("NAME")
      ->check(is_name_option);
  verb->callback([options, action] { options->request.action = action; });
}

int order_breaker(BreakerOrder order, const std::string& service, const BrokerAccess& access) {
  const Session session = session_of(access);
  ControlBreaker command(order, service, session);
  return run_command(command, access, session.client, ControlBreaker::filters(service, session));
}

CLI::Validator has_breaker() {
  const auto mistake = [](const std::string& service) {
    if (service == "sensor-publisher" || is_bridge(service)) return std::string();
    return service + " has no breaker: there are sensor-publisher, sensor-http-bridge and, of a bridge with a name, " +
           "sensor-http-bridge-NAME";
  };
  return {mistake, "sensor-publisher|sensor-http-bridge|sensor-http-bridge-NAME"};
}

int handle_alerts(const AlertsOptions& options, const BrokerAccess& access) {
  const Session session = session_of(access);
  Alerts command(options, session);
  return run_command(command, access, session.client, Alerts::filters(session));
}

}  // namespace

void add_broker_options(CLI::App& app, BrokerAccess& access, int& timeout_s) {
  const std::string group = "The broker, with every verb";
  app.add_option("--host", access.host, "Its name or address")->capture_default_str()->group(group);
  app.add_option("--port", access.port, "Its port")->check(CLI::Range(1, 65'535))->capture_default_str()->group(group);
  app.add_option("--user", access.user, "Who we are there")->capture_default_str()->group(group);
  app.add_option("--password-file", access.password_file, "Holds the password")
      ->type_name("FILE")
      ->capture_default_str()
      ->group(group);
  app.add_option("--ca-file", access.ca_file, "Certificate authority, for TLS")->type_name("FILE")->group(group);
  app.add_option("--root", access.root, "First level of all topics")
      ->check(is_name_option)
      ->capture_default_str()
      ->group(group);
  app.add_option("--node", access.node, "One machine of several")
      ->check(is_name_option)
      ->type_name("NAME")
      ->group(group);
  app.add_option("--timeout", timeout_s, "Seconds to wait for it, and for each answer")
      ->check(CLI::Range(1, 60))
      ->capture_default_str()
      ->group(group);
}

void add_status(CLI::App& app, const BrokerAccess& access, Run& run) {
  const auto options = std::make_shared<StatusOptions>();  // owned by the parser's callback and by what runs
  CLI::App* verb =
      app.add_subcommand("status", "Show services, breakers, pace, queues, store and sensors on one screen");
  verb->add_flag("--watch", options->watch, "Again every 2 s, until Ctrl-C");
  verb->add_flag("--json", options->json, "As one JSON object a line");
  verb->callback([options, &access, &run] {
    run = [options, &access] {
      const Session session = session_of(access);
      Status status(*options, session);
      return run_command(status, access, session.client, Status::filters(session));
    };
  });
}

void add_tail(CLI::App& app, const BrokerAccess& access, Run& run) {
  const auto options = std::make_shared<TailOptions>();
  CLI::App* verb = app.add_subcommand("tail", "Print readings and events as they pass, until Ctrl-C");
  verb->add_option("--sensor", options->sensor, "Only readings of sensors that fit, such as 'bme280.*'")
      ->type_name("PATTERN");
  verb->add_flag("--json", options->json, "One JSON object a line");
  verb->callback([options, &access, &run] {
    run = [options, &access] {
      Tail tail(*options);
      return run_command(tail, access, new_client_name(), Tail::filters(*options, access.root, access.node));
    };
  });
}

void add_query(CLI::App& app, const BrokerAccess& access, Run& run) {
  struct Options {
    QueryRequest request;
    bool json = false;
    bool csv = false;
  };
  const auto options = std::make_shared<Options>();
  QueryRequest& request = options->request;
  CLI::App* verb = app.add_subcommand("query", "Print readings that are in the store, oldest first");
  verb->add_option("--sensor", request.sensor, "Of one sensor")->type_name("NAME")->check(is_name_option);
  verb->add_option("--of-node", request.node, "Taken on one machine, where the store has those of several")
      ->type_name("NAME")
      ->check(is_name_option);
  add_time_option(*verb, "--from", request.from,
                  "Not before: 2026-01-15T16:00:00Z, 2026-01-15, or 2h for two hours ago");
  add_time_option(*verb, "--to", request.to, "Before");
  verb->add_option("--limit", request.limit, "At most so many")
      ->check(CLI::Range(std::size_t{1}, max_query_readings))
      ->capture_default_str();
  verb->add_flag("--latest", request.latest, "The newest reading of each sensor and unit");
  CLI::Option* json = verb->add_flag("--json", options->json, "The store's answer as it is, one line");
  verb->add_flag("--csv", options->csv, "As RFC 4180 has it, with a heading")->excludes(json);
  verb->callback([options, &access, &run] {
    run = [options, &access] {
      const QueryRequest& asked = options->request;
      if (asked.from.has_value() && asked.to.has_value() && *asked.from >= *asked.to) {
        complain(fmt::format("--from ({}) is not before --to ({}): nothing can fit", time_text(*asked.from),
                             time_text(*asked.to)));
        return exit_usage;
      }
      const Format format = options->json ? Format::json : options->csv ? Format::csv : Format::text;
      return ask(query_question(options->request, format), access);
    };
  });
}

void add_dead_letters(CLI::App& app, const BrokerAccess& access, Run& run) {
  const auto options = std::make_shared<DeadLettersOptions>();
  DeadLettersRequest& request = options->request;
  CLI::App* verb = app.add_subcommand("dead-letters", "List, requeue or purge the rows that an API refused");
  verb->require_subcommand(1);
  verb->add_flag("--json", options->json, "The store's answer as it is, one line");
  CLI::App* list = verb->add_subcommand("list", "Print them, oldest first");
  list->add_option("--destination", request.destination, "Of one API")->type_name("NAME")->check(is_name_option);
  list->add_option("--after", request.after, "With numbers above this")->capture_default_str();
  list->add_option("--limit", request.limit, "At most so many")
      ->check(CLI::Range(std::size_t{1}, max_dead_letters_listed))
      ->capture_default_str();
  add_dead_letters_change(*verb, "requeue", DeadLettersRequest::Action::requeue, "Send them once more", options);
  add_dead_letters_change(*verb, "purge", DeadLettersRequest::Action::purge, "Delete them for ever", options);
  verb->callback([options, &access, &run] {
    run = [options, &access] { return ask(dead_letters_question(options->request, options->json), access); };
  });
}

void add_breaker(CLI::App& app, const BrokerAccess& access, Run& run) {
  struct Order {
    const char* name;
    BreakerOrder order;
    const char* what;
  };
  CLI::App* verb = app.add_subcommand("breaker", "Isolate or close the circuit breaker of the publisher or the bridge");
  verb->require_subcommand(1);
  for (const Order& order :
       {Order{"isolate", BreakerOrder::isolate, "Open it until it is closed: nothing is sent, everything is kept"},
        Order{"close", BreakerOrder::close, "Close it now, isolated or not"}}) {
    const auto service = std::make_shared<std::string>();
    CLI::App* action = verb->add_subcommand(order.name, order.what);
    action->add_option("SERVICE", *service, "Whose")->required()->check(has_breaker());
    action->callback([service, order = order.order, &access, &run] {
      run = [service, order, &access] { return order_breaker(order, *service, access); };
    });
  }
}

void add_alerts(CLI::App& app, const BrokerAccess& access, Run& run) {
  struct Order {
    const char* name;
    AlertOrder::Kind kind;
    const char* argument;
    const char* what;
  };
  const auto options = std::make_shared<AlertsOptions>();  // owned by the parser's callback and by what runs
  CLI::App* verb = app.add_subcommand("alerts", "List the alerts, acknowledge one, or try a channel");
  verb->require_subcommand(1);
  CLI::App* list = verb->add_subcommand("list", "Print those that go on");
  list->add_flag("--all", options->all, "Those that are over, too");
  list->add_flag("--json", options->json, "One JSON object a line");
  for (const Order& order :
       {Order{"ack", AlertOrder::Kind::acknowledge, "NAME", "Acknowledge one: nobody is reminded of it any more"},
        Order{"test", AlertOrder::Kind::test, "CHANNEL", "Send a test message, and say whether it arrived"}}) {
    const auto name = std::make_shared<std::string>();
    CLI::App* action = verb->add_subcommand(order.name, order.what);
    action->add_option(order.argument, *name)->required()->check(is_name_option);
    action->callback([options, name, kind = order.kind] { options->order = AlertOrder{kind, *name}; });
  }
  verb->callback([options, &access, &run] { run = [options, &access] { return handle_alerts(*options, access); }; });
}

void add_node(CLI::App& app, const BrokerAccess& access, Run& run) {
  CLI::App* verb = app.add_subcommand("node", "Take a machine off the broker that is gone for good");
  verb->require_subcommand(1);
  const auto node = std::make_shared<std::string>();
  CLI::App* forget = verb->add_subcommand("forget", "Clear what its services have left at the broker");
  forget->add_option("NODE", *node, "Which")->required()->check(is_name_option);
  forget->callback([node, &access, &run] {
    run = [node, &access] {
      const Session session = session_of(access);
      ForgetNode command(*node, session);
      return run_command(command, access, session.client, ForgetNode::filters(*node, session));
    };
  });
}

void add_sensor(CLI::App& app, const BrokerAccess& access, Run& run) {
  struct Options {
    std::string sensor;
    std::string of_node;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();  // owned by the parser's callbacks and by what runs
  CLI::App* verb = app.add_subcommand("sensor", "List the sensors that are known, or forget one that is gone");
  verb->require_subcommand(1);
  CLI::App* list = verb->add_subcommand("list", "How often each comes, its newest reading, and which are silent");
  CLI::App* forget = verb->add_subcommand("forget", "It is silent no more, until something comes of it");
  list->add_flag("--json", options->json, "The store's answer as it is, one line");
  forget->add_option("NAME", options->sensor, "Which")->required()->check(is_name_option);
  for (CLI::App* action : {list, forget}) {
    action->add_option("--of-node", options->of_node, "Taken on one machine, where the store has those of several")
        ->type_name("NAME")
        ->check(is_name_option);
  }
  list->callback([options, &access, &run] {
    run = [options, &access] { return ask(sensors_question(options->of_node, options->json), access); };
  });
  forget->callback([options, &access, &run] {
    run = [options, &access] {
      const Session session = session_of(access);
      ForgetSensor command(options->sensor, options->of_node, session);
      return run_command(command, access, session.client, ForgetSensor::filters(session));
    };
  });
}

}  // namespace sensors::sensorctl
