#pragma once

#include <QVBoxLayout>
#include <functional>
#include <span>
#include <type_traits>
#include <variant>
#include <vector>

#include "app/param_row.h"
#include "core/models/parameters.h"

namespace maquette {

/// What happened to a parameter in its row.
struct ParamEdit {
  std::string_view name;  ///< of the field
  bool held = false;      ///< its slider is in hand; letting it go is an edit of its own
};

/// Fills `column` with one row per field of the table; edits write straight into `params`.
///
/// The same tables make the flags of the command line, so names, limits and defaults agree.
/// Rows that are seldom needed are last in the table, and shown under "More".
///
/// @param params  must outlive the rows
/// @param edited  called with a ParamEdit
/// @return        shows `params` as they are now
template <class Params, class Edited>
std::function<void()> addParamRows(QVBoxLayout& column, std::span<const Field<Params>> fields,
                                   Params& params, Edited edited) {
  static const Params standard{};
  std::vector<ParamRow*> seldom;
  std::vector<std::function<void()>> shows;
  for (const Field<Params>& field : fields)
    std::visit(
        [&](auto member) {
          using Value = std::decay_t<decltype(params.*member)>;
          auto* row = new ParamRow({field.name, field.label, field.unit, field.help, field.min,
                                    field.max, field.step, field.zeroIsAutomatic,
                                    std::is_integral_v<Value>, double(standard.*member),
                                    field.isSwitch(), field.choices, field.model});
          row->setValue(double(params.*member));
          const auto name = field.name;
          QObject::connect(row, &ParamRow::edited, row,
                           [&params, member, edited, row, name](double value) {
                             params.*member = static_cast<Value>(value);
                             edited(ParamEdit{name, row->held()});
                           });
          QObject::connect(row, &ParamRow::released, row, [edited, name] {
            edited(ParamEdit{name, false});
          });
          shows.push_back([row, &params, member] { row->setValue(double(params.*member)); });
          column.addWidget(row);
          if (field.more) seldom.push_back(row);
        },
        field.member);
  foldUnderMore(column, seldom);
  return [shows = std::move(shows)] {
    for (const auto& show : shows) show();
  };
}

}  // namespace maquette
