#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>

#include "core/models/parameters.h"

namespace maquette {

/// One flag a row of a parameter table; `params` must outlive the parse.
template <class Params>
void addFlags(CLI::App& command, Params& params, std::span<const Field<Params>> fields) {
  for (const Field<Params>& field : fields) {
    std::string help(field.help);
    if (!field.unit.empty() && field.unit != "×") help += " [" + std::string(field.unit) + "]";
    if (field.zeroIsAutomatic) help += " (0: automatic)";
    std::visit(
        [&](auto member) {
          command.add_option("--" + std::string(field.name), params.*member, help)
              ->capture_default_str();
        },
        field.member);
  }
}

}  // namespace maquette
