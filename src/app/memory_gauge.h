#pragma once

#include <QAbstractButton>
#include <QTimer>

#include "app/memory_words.h"
#include "app/theme.h"

namespace maquette {

/// Whose memory is used, in the status bar: others grey, ours in use in accent, ours reserved pale,
/// the limit as a tick, and the words beside it. A click, Space or Enter shows the panel.
class MemoryGauge : public QAbstractButton {
  Q_OBJECT

 public:
  explicit MemoryGauge(const Theme& theme, QWidget* parent = nullptr);

  void show(const MemoryReading& reading);
  void startJob(const QString& name) { track_.startJob(name.toStdString()); }

  const MemoryTrack& track() const { return track_; }
  QString text() const;
  QSize sizeHint() const override;

 Q_SIGNALS:
  void changed();  ///< there is a new reading
  /// Once whenever the memory has become amber or red.
  void warned(const maquette::MemoryWarning& warning);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void openPanel();
  void paintBar(QPainter& painter, const QRectF& bar) const;
  QString description() const;

  void speak();

  const Theme& theme_;
  MemoryTrack track_;
  QTimer* silence_;  ///< runs out when readings stay away
  bool silent_ = false;
};

/// The colours of the bar and of the plot.
struct MemoryColours {
  QColor others, used, reserved, words;
};
MemoryColours memoryColours(const Colours& colours, MemoryLevel level);

/// How far the bar goes to the limit, bytes: others, then as much of ours as may be.
std::int64_t limitOnBar(const MemoryTrack& track);

}  // namespace maquette
