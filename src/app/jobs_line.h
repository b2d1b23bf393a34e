#pragma once

#include <QWidget>

#include "app/job_board.h"
#include "app/theme.h"

class QLabel;
class QToolButton;

namespace maquette {

class ThinBar;

/// "4 s left", "2 min left"; rounded the way people would say it.
QString spokenTime(double seconds);

/// The running job in one line: what, which step, how far, how long, cancel. Click for the queue.
class JobsLine : public QWidget {
  Q_OBJECT

 public:
  JobsLine(JobBoard& board, const Theme& theme, QWidget* parent = nullptr);
  /// What stands there while nothing runs.
  void setIdleText(const QString& text);

 protected:
  void mousePressEvent(QMouseEvent* event) override;

 private:
  void refresh();

  JobBoard& board_;
  const Theme& theme_;
  QString idle_;
  QLabel* name_;
  QLabel* stage_;
  ThinBar* bar_;
  QLabel* rest_;
  QToolButton* cancel_;
};

}  // namespace maquette
