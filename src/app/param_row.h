#pragma once

#include <QWidget>
#include <string_view>

class QDoubleSpinBox;
class QSlider;

namespace maquette {

/// One setting: label, field with unit, a slider where the range is short. What it does on hover;
/// double-click on the label resets.
class ParamRow : public QWidget {
  Q_OBJECT

 public:
  /// A row of a parameter table with its type taken away.
  struct Spec {
    std::string_view name, label, unit, help;
    double min, max, step;
    bool zeroIsAutomatic;
    bool whole;       ///< integers only
    double standard;  ///< the default
  };

  explicit ParamRow(const Spec& spec, QWidget* parent = nullptr);
  void setValue(double value);  ///< without a signal

 Q_SIGNALS:
  void edited(double value);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void showValue(double value);
  double fromField(double shown) const;

  double standard_;
  bool zeroIsAutomatic_;
  double step_;
  QDoubleSpinBox* field_;
  QSlider* slider_ = nullptr;
  QWidget* label_;
};

}  // namespace maquette
