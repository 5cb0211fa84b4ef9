#include "services/sensorctl/command_line_page.hpp"

#include <memory>

#include <CLI/CLI.hpp>

#include "common/core/bridge_name.hpp"
#include "services/sensorctl/machine/page_and_tokens.hpp"

namespace sensors::sensorctl {

namespace {

using Run = std::function<int()>;

template <class Options>
void add_places(CLI::App& verb, Options& options) {
  verb.add_option("--configuration", options.configuration, "Where the configuration is")
      ->type_name("FOLDER")
      ->capture_default_str();
  verb.add_option("--owner", options.owner, "The user that the bridge runs as")
      ->type_name("USER")
      ->capture_default_str();
  verb.add_option("--bridge", options.bridge, "Of the bridge with this name, where there are several")
      ->type_name("NAME")
      ->check([](const std::string& name) {
        return is_bridge_name(name) ? "" : "'" + name + "' must be 1 to 40 of A-Z a-z 0-9 _ . -";
      });
}

}  // namespace

void add_page(CLI::App& app, Run& run) {
  const auto options = std::make_shared<PageOptions>();  // owned by the parser's callback and by what runs
  CLI::App* verb = app.add_subcommand("page", "Say where the page is; move it, as root");
  CLI::Option* listen = verb->add_option("--listen", options->listen, "Serve it there, 0.0.0.0:8080 for the house")
                            ->type_name("ADDRESS:PORT");
  verb->add_flag("--public", options->is_public, "With --listen: whoever reaches it may read, without a token")
      ->needs(listen);
  verb->add_flag("--local", options->local, "Serve it for this machine only")->excludes(listen);
  add_places(*verb, *options);
  verb->callback([options, &run] { run = [options] { return show_or_move_page(*options); }; });
}

void add_token(CLI::App& app, Run& run) {
  const auto options = std::make_shared<TokenOptions>();
  CLI::App* verb = app.add_subcommand("token", "Add, list and remove tokens of the HTTP API; as root");
  verb->require_subcommand(1);
  add_places(*verb, *options);
  CLI::App* add = verb->add_subcommand("add", "Make a token that may read, write or operate");
  add->add_option("NAME", options->name, "Of whom or what it is for")->required();
  add->add_flag("--read", options->scopes.read, "It may ask for readings and see the page");
  add->add_flag("--write", options->scopes.write, "It may hand readings in");
  add->add_flag("--operate", options->scopes.operate, "It may requeue and purge dead letters, and acknowledge alerts");
  add->callback([options, &run] {
    if (options->scopes == Scopes{}) throw CLI::RequiredError("--read, --write, --operate or several");
    run = [options] { return add_token(*options); };
  });
  CLI::App* remove = verb->add_subcommand("remove", "Take a token away, and delete its file");
  remove->add_option("NAME", options->name, "As `list` shows it")->required();
  remove->callback([options, &run] { run = [options] { return remove_token(*options); }; });
  CLI::App* list = verb->add_subcommand("list", "Print the tokens, not what they are");
  list->callback([options, &run] { run = [options] { return list_tokens(*options); }; });
}

}  // namespace sensors::sensorctl
