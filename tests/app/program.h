#pragma once

#include <QApplication>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QImage>
#include <QLabel>
#include <QMimeData>
#include <QPainter>
#include <QTemporaryDir>
#include <QTest>
#include <optional>

#include "app/centre.h"
#include "app/main_window.h"
#include "app/viewport_widget.h"

namespace maquette {

inline constexpr int kLong = 120'000;  // ms; for jobs on a busy machine

/// Keeps a picture of the window for people to judge, when MAQUETTE_SHOTS names a folder.
inline void photograph(QWidget& window, const QString& name) {
  if (qEnvironmentVariableIsSet("MAQUETTE_SHOTS"))
    window.grab().save(qEnvironmentVariable("MAQUETTE_SHOTS") + "/" + name + ".png");
}

/// A window with everything behind it.
struct Program {
  Settings settings;
  Theme theme;
  Services services;
  MainWindow window{services, settings, theme};

  Program() {
    settings.shape.resolution = 96;  // fine enough to judge, quick to make
    settings.theme = Settings::Theme::dark;
    theme.apply(settings.theme);
    window.resize(1280, 800);
    window.show();
  }
  const Document& document() { return window.bench().document(); }
  template <class T = QWidget>
  T* find(const char* name) {
    return window.findChild<T*>(name);
  }
  void click(const char* name) {
    auto* button = find(name);
    QVERIFY2(button, name);
    QVERIFY2(button->isEnabled() && button->isVisible(), name);
    QTest::mouseClick(button, Qt::LeftButton);
  }
  void drop(const QString& file, QPoint at = {640, 300}) {
    QMimeData mime;
    mime.setUrls({QUrl::fromLocalFile(file)});
    QDragEnterEvent enter(at, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window, &enter);
    QVERIFY(enter.isAccepted());
    QVERIFY(find("dropOverlay")->isVisible());
    photograph(window, "dragging");
    QDropEvent drop(at, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window, &drop);
    QVERIFY(!find("dropOverlay")->isVisible());
  }
  bool idle() { return window.bench().jobs().idle(); }
  /// The latest card of a kind that is in sight: "note", "offer", "error"; or none.
  QWidget* card(const char* kind) {
    for (QWidget* card : window.findChildren<QWidget*>("card"))
      if (card->property("kind") == kind && card->isVisible()) return card;
    return nullptr;
  }
  bool errorShown() { return card("error") != nullptr; }
  QString text(const char* label) { return find<QLabel>(label)->text(); }
  bool neural() { return services.neural.unavailable().empty(); }
  /// A place in the viewport where the object shows a point that `wanted` accepts.
  template <class Wanted>
  std::optional<QPoint> placeWhere(Wanted wanted) {
    ViewportWidget& view = window.centre().viewport();
    for (int y = 60; y < view.height() - 120; y += 6)
      for (int x = 60; x < view.width() - 60; x += 6)
        if (const auto hit = view.pick({x, y}); hit && wanted(hit->second)) return QPoint(x, y);
    return std::nullopt;
  }
};

/// No weights, and nothing of the user's, but what is in this folder.
inline void liveIn(const QTemporaryDir& folder) {
  qputenv("MAQUETTE_MODELS", folder.filePath("store").toUtf8());
  for (const char* place : {"HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "HF_HOME"})
    qputenv(place, folder.filePath("home").toUtf8());
}

/// Two balls joined by a thin neck, on a transparent ground.
inline QString drawFigure(const QTemporaryDir& folder) {
  QImage image(360, 480, QImage::Format_ARGB32);
  image.fill(Qt::transparent);
  QPainter painter(&image);
  painter.setPen(Qt::NoPen);
  painter.setBrush(QColor("#d08a30"));
  painter.drawEllipse(QPoint(180, 110), 90, 90);
  painter.drawEllipse(QPoint(180, 340), 130, 120);
  painter.drawRect(155, 180, 50, 60);
  painter.end();
  const QString file = folder.filePath("figure.png");
  image.save(file);
  return file;
}

}  // namespace maquette
