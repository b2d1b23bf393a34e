#pragma once

#include <QDialog>
#include <QTimer>
#include <optional>

#include "app/lane.h"
#include "app/theme.h"
#include "doctor/doctor.h"

class QLabel;
class QProgressBar;
class QPushButton;
class QVBoxLayout;

namespace maquette {

/// Checks this machine beside the window and says what works, what does not and what to do; the
/// report can be copied. Begins at once; closing it ends the check.
class DoctorDialog : public QDialog {
  Q_OBJECT

 public:
  DoctorDialog(const Theme& theme, QWidget* parent, DoctorOptions options = {});
  ~DoctorDialog() override;

  const std::optional<DoctorReport>& report() const { return report_; }  ///< once it has ended

 private:
  void layOut();
  void start();
  void finish(const Outcome<DoctorReport>& outcome);
  void showProgress();
  void showFindings();
  QWidget* makeRow(const Finding& finding);
  void copy();

  const Theme& theme_;
  const DoctorOptions options_;
  std::optional<DoctorReport> report_;
  QLabel *summary_, *stage_;
  QProgressBar* bar_;
  QPushButton *cancel_, *copy_, *again_;
  QWidget* progress_;
  QVBoxLayout* rows_;
  QTimer timer_;
  JobHandle<DoctorReport> job_;
  Lane lane_;  ///< its own: it works while the others are busy or stuck; ends first
};

}  // namespace maquette
