#include "services/sensorctl/command_line_machine.hpp"

#include <memory>

#include <CLI/CLI.hpp>

#include "services/sensorctl/backup/backup.hpp"
#include "services/sensorctl/backup/copy_process.hpp"
#include "services/sensorctl/bundle/support_bundle.hpp"
#include "services/sensorctl/machine/database_check.hpp"
#include "services/sensorctl/machine/doctor.hpp"
#include "services/sensorctl/shell/demo_program.hpp"

namespace sensors::sensorctl {

namespace {

using Run = std::function<int()>;

}  // namespace

void add_support_bundle(CLI::App& app, const BrokerAccess& access, Run& run) {
  const auto options = std::make_shared<bundle::BundleOptions>();
  CLI::App* verb = app.add_subcommand("support-bundle", "Collect what is needed to help, without secrets; as root");
  verb->add_option("--output", options->output, "The archive, .tar.gz; by default a name of its own")
      ->type_name("FILE");
  verb->add_option("--configuration", options->configuration, "Where the configuration is")
      ->type_name("FOLDER")
      ->capture_default_str();
  verb->callback([options, &access, &run] {
    run = [options, &access] {
      options->access = access;
      return bundle::make_support_bundle(*options);
    };
  });
}

void add_backup(CLI::App& app, Run& run) {
  const auto options = std::make_shared<backup::BackupOptions>();
  CLI::App* verb =
      app.add_subcommand("backup", "Copy outbox and store to a new folder, while they are in use; as root");
  verb->add_option("FOLDER", options->folder, "Made by this; nothing is overwritten")->required();
  verb->add_option("--configuration", options->configuration, "Where the configuration is")
      ->type_name("FOLDER")
      ->capture_default_str();
  verb->callback([options, &run] { run = [options] { return backup::make_backup(*options); }; });
}

void add_restore(CLI::App& app, Run& run) {
  const auto options = std::make_shared<backup::BackupOptions>();
  CLI::App* verb =
      app.add_subcommand("restore", "Put a backup in place of outbox and store, whose services are stopped");
  verb->add_option("FOLDER", options->folder, "The backup")->required();
  verb->add_option("--only", options->only, "One of them")->check(CLI::IsMember({"outbox", "store"}));
  verb->add_option("--configuration", options->configuration, "Where the configuration is")
      ->type_name("FOLDER")
      ->capture_default_str();
  verb->callback([options, &run] { run = [options] { return backup::restore_backup(*options); }; });
}

/// Run by the doctor, see database_check.hpp; not for people.
void add_check_database(CLI::App& app, Run& run) {
  struct Options {
    std::string path;
    std::int64_t limit_ms = 0;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand(doctor::check_database_verb, "Look for damage as the user whose folder it is")->group("");
  verb->add_option("FILE", options->path)->required();
  verb->add_option("LIMIT", options->limit_ms)->required()->check(CLI::Range(0, 60'000));
  verb->callback([options, &run] {
    run = [options] { return doctor::check_database_as_owner(options->path, Millis{options->limit_ms}); };
  });
}

/// Run by backup, see copy_process.hpp; not for people.
void add_copy_database(CLI::App& app, Run& run) {
  struct Options {
    backup::CopyOrder order;
    std::int64_t opening_ms = 0;
    std::int64_t copy_ms = 0;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand(backup::copy_database_verb, "Copy as the user whose folder it is")->group("");
  verb->add_option("FROM", options->order.from)->required();
  verb->add_option("TO", options->order.to)->required();
  verb->add_option("KIND", options->order.application_id)->required();
  verb->add_option("LIMIT", options->opening_ms)->required()->check(CLI::Range(1, 600'000));
  verb->add_option("COPY_LIMIT", options->copy_ms)->required()->check(CLI::Range(0, 86'400'000));
  verb->callback([options, &run] {
    options->order.longest_opening = Millis{options->opening_ms};
    options->order.longest_copy = Millis{options->copy_ms};
    run = [options] { return backup::copy_database_as_owner(options->order); };
  });
}

void add_doctor(CLI::App& app, const BrokerAccess& access, Run& run) {
  const auto options = std::make_shared<doctor::DoctorOptions>();  // owned by the parser's callback and by what runs
  doctor::RecoverOptions& recover = options->recover;
  CLI::App* verb = app.add_subcommand("doctor", "Check services, broker and machine, and say what to do");
  verb->add_flag("--all", options->all, "Print what is well, too");
  verb->add_flag("--json", options->json, "One JSON object");
  CLI::Option* recovers =
      verb->add_flag("--recover", options->recovers, "Restart what needs it, within a budget; as root");
  verb->add_flag("--dry-run", recover.dry_run, "With --recover: say what would be done, and do nothing")
      ->needs(recovers);
  verb->add_option("--recover-config", recover.configuration, "The budget")->type_name("FILE")->capture_default_str();
  verb->callback([options, &access, &run] {
    run = [options, &access] {
      options->observe.access = access;
      return doctor::run_doctor(*options);
    };
  });
}

/// What stands behind it is the demo's own. Where `demo` is the first word, nothing of it is parsed here.
void add_demo(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand("demo", "Show the whole pipeline on real input, in a folder of its own");
  verb->fallthrough(false)->prefix_command()->set_help_flag();
  verb->callback([verb, &run] { run = [words = verb->remaining()] { return become_demo(words); }; });
}

}  // namespace sensors::sensorctl
