#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/models/parameters.h"

namespace maquette {

/// One flag a row of a parameter table; `params` must outlive the parse.
template <class Params>
void addFlags(CLI::App& command, Params& params, std::span<const Field<Params>> fields) {
  for (const Field<Params>& field : fields) {
    std::string help(field.help);
    if (!field.unit.empty() && field.unit != "×") help += " [" + std::string(field.unit) + "]";
    if (field.zeroIsAutomatic) help += " (0: automatic)";
    if (!field.model.empty()) help += " (" + std::string(field.model) + ")";
    std::visit(
        [&](auto member) {
          using Value = std::remove_cvref_t<decltype(params.*member)>;
          const std::string name(field.name);
          if constexpr (std::is_same_v<Value, bool>) {
            command.add_flag("--" + name + ",!--no-" + name, params.*member, help)
                ->default_str(params.*member ? "on" : "off");
          } else if constexpr (std::is_enum_v<Value>) {
            std::vector<std::pair<std::string, Value>> values;
            for (const Choice& choice : field.choices)
              values.emplace_back(choice.name, static_cast<Value>(values.size()));
            command.add_option("--" + name, params.*member, help)
                ->transform(CLI::CheckedTransformer(values))
                ->default_str(values[std::size_t(params.*member)].first);
          } else {
            command.add_option("--" + name, params.*member, help)->capture_default_str();
          }
        },
        field.member);
  }
}

/// Refuses flags that were given and that `model` does not know.
///
/// @throws CLI::ValidationError
template <class Params>
void requireKnown(const CLI::App& command, std::span<const Field<Params>> fields,
                  const std::string& model) {
  for (const Field<Params>& field : fields) {
    const std::string flag = "--" + std::string(field.name);
    if (field.model.empty() || field.model == model || command.count(flag) == 0) continue;
    throw CLI::ValidationError(flag + " is for " + std::string(field.model) + "; the model " +
                               model + " does not know it");
  }
}

}  // namespace maquette
