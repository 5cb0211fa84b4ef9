// What sensorctl says of its own command line: help, and what is meant by a word that it does not know. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

namespace CLI {
class App;
class FormatterBase;
}  // namespace CLI

namespace sensors::sensorctl {

/// Help that fits the terminals that people have.
std::shared_ptr<CLI::FormatterBase> narrow_help();

/// The verbs of the part of the command line that is there, a line each: for who has given none. Nothing when a verb is
/// there, or none is wanted.
std::optional<std::string> verbs_to_choose_from(const CLI::App& app);

/// Which word of the command line nobody knows, a verb or an option, and the nearest; nothing when it is not that.
std::optional<std::string> unknown_word(const CLI::App& app);

}  // namespace sensors::sensorctl
