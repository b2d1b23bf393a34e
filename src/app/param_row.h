#pragma once

#include <QWidget>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/models/parameters.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QSlider;
class QTimer;
class QVBoxLayout;

namespace maquette {

/// One setting: label and a field with unit (a slider where the range is short), a check box or a
/// list. What it does on hover;
/// double-click on the label resets.
class ParamRow : public QWidget {
  Q_OBJECT

 public:
  /// A row of a parameter table with its type taken away.
  struct Spec {
    std::string_view name, label, unit, help;
    double min, max, step;
    bool zeroIsAutomatic;
    bool whole;                            ///< integers only
    double standard;                       ///< the default
    bool isSwitch = false;                 ///< on or off
    std::span<const Choice> choices = {};  ///< one of these, by number
    std::string_view model = {};           ///< id of the only model that knows it; empty: all do
  };

  explicit ParamRow(const Spec& spec, QWidget* parent = nullptr);
  void setValue(double value);  ///< without a signal
  /// More values are to come: its slider is in hand, or keys have just gone a step.
  bool held() const;

  // Both at once decide whether it is seen.
  void setFolded(bool folded);
  void showFor(const std::string& model);  ///< whether that model knows it
  bool known() const { return known_; }

 Q_SIGNALS:
  void edited(double value);
  void released();  ///< the slider was let go, or no key went on for a moment

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void addNumber(const Spec& spec, QGridLayout& grid, const QString& tip);
  void addSwitch(const Spec& spec, QGridLayout& grid, const QString& tip);
  void addChoice(const Spec& spec, QGridLayout& grid, const QString& tip);
  void showValue(double value);
  void stepped();
  void followKeys(const QEvent& event);
  void letGo();
  double fromField(double shown) const;

  const std::string model_;
  bool known_ = true, folded_ = false;
  double standard_;
  bool zeroIsAutomatic_;
  double step_;
  // One of the three is there.
  QDoubleSpinBox* field_ = nullptr;
  QCheckBox* switch_ = nullptr;
  QComboBox* choice_ = nullptr;
  QSlider* slider_ = nullptr;
  QTimer* pause_ = nullptr;  ///< of a number: whether the keys go on
  bool stepping_ = false, keyDown_ = false;
  QWidget* label_;
};

/// Puts a link in front of the last rows of a column that shows and hides them; hidden at first.
/// Without rows it does nothing. The link is there while one of its rows is known.
void foldUnderMore(QVBoxLayout& column, const std::vector<ParamRow*>& rows);

/// Shows the rows of a column that this model knows.
void showRowsFor(QVBoxLayout& column, const std::string& model);

}  // namespace maquette
