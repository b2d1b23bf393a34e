#pragma once

#include <QVBoxLayout>
#include <span>
#include <type_traits>
#include <variant>
#include <vector>

#include "app/param_row.h"
#include "core/models/parameters.h"

namespace maquette {

/// Fills `column` with one row per field of the table; edits write straight into `params`.
///
/// The same tables make the flags of the command line, so names, limits and defaults agree.
/// Rows that are seldom needed are last in the table, and shown under "More".
///
/// @param params  must outlive the rows
template <class Params, class Edited>
void addParamRows(QVBoxLayout& column, std::span<const Field<Params>> fields, Params& params,
                  Edited edited) {
  static const Params standard{};
  std::vector<QWidget*> seldom;
  for (const Field<Params>& field : fields)
    std::visit(
        [&](auto member) {
          using Value = std::decay_t<decltype(params.*member)>;
          auto* row =
              new ParamRow({field.name, field.label, field.unit, field.help, field.min, field.max,
                            field.step, field.zeroIsAutomatic, std::is_integral_v<Value>,
                            double(standard.*member), field.isSwitch(), field.choices});
          row->setValue(double(params.*member));
          QObject::connect(row, &ParamRow::edited, row, [&params, member, edited](double value) {
            params.*member = static_cast<Value>(value);
            edited();
          });
          column.addWidget(row);
          if (field.more) seldom.push_back(row);
        },
        field.member);
  foldUnderMore(column, seldom);
}

}  // namespace maquette
