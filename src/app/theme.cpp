#include "app/theme.h"

#include <QAbstractButton>
#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>
#include <QFile>
#include <QFont>
#include <QPainter>
#include <QPalette>
#include <QStyleFactory>
#include <QSvgRenderer>

namespace maquette {
namespace {

constexpr const char* kIconProperty = "maquetteIcon";
constexpr const char* kPortal = "org.freedesktop.portal.Desktop";
constexpr const char* kPortalPath = "/org/freedesktop/portal/desktop";
constexpr const char* kPortalSettings = "org.freedesktop.portal.Settings";
constexpr const char* kAppearance = "org.freedesktop.appearance";

Colours darkColours() {
  return {.window = "#1b1c1e",
          .panel = "#232528",
          .raised = "#2e3135",
          .line = "#3a3d42",
          .text = "#e8e9ea",
          .muted = "#a8adb3",
          .faint = "#6c7178",
          .accent = "#1fa8a0",
          .accentText = "#3cc4bb",
          .onAccent = "#03201e",
          .amber = "#e5ad3b",
          .red = "#ff8a80"};
}

Colours lightColours() {
  return {.window = "#eceef0",
          .panel = "#fafbfb",
          .raised = "#e9ecee",
          .line = "#d3d7da",
          .text = "#1a1c1e",
          .muted = "#575d63",
          .faint = "#8f959b",
          .accent = "#1fa8a0",
          .accentText = "#08706a",
          .onAccent = "#03201e",
          .amber = "#865700",
          .red = "#b3261e"};
}

QPalette paletteOf(const Colours& c) {
  QPalette palette;
  const auto set = [&](QPalette::ColorRole role, const QColor& colour) {
    palette.setColor(role, colour);
  };
  set(QPalette::Window, c.panel);
  set(QPalette::WindowText, c.text);
  set(QPalette::Base, c.panel);
  set(QPalette::AlternateBase, c.raised);
  set(QPalette::Text, c.text);
  set(QPalette::PlaceholderText, c.muted);
  set(QPalette::Button, c.raised);
  set(QPalette::ButtonText, c.text);
  set(QPalette::ToolTipBase, c.raised);
  set(QPalette::ToolTipText, c.text);
  set(QPalette::Highlight, c.accent);
  set(QPalette::HighlightedText, c.onAccent);
  set(QPalette::Link, c.accentText);
  set(QPalette::Light, c.line);
  set(QPalette::Midlight, c.line);
  set(QPalette::Mid, c.line);
  set(QPalette::Dark, c.line);
  set(QPalette::Shadow, c.window);
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
    palette.setColor(QPalette::Disabled, role, c.faint);
  return palette;
}

/// The style sheet with its @names replaced by colours.
QString sheetOf(const Colours& c) {
  QFile file(":/theme/maquette.qss");
  if (!file.open(QIODevice::ReadOnly)) return {};
  QString sheet = QString::fromUtf8(file.readAll());
  // Longer names first: @accent is the beginning of @accentText.
  const std::pair<const char*, QColor> names[] = {{"@accentText", c.accentText},
                                                  {"@onAccent", c.onAccent},
                                                  {"@accent", c.accent},
                                                  {"@window", c.window},
                                                  {"@panel", c.panel},
                                                  {"@raised", c.raised},
                                                  {"@line", c.line},
                                                  {"@text", c.text},
                                                  {"@muted", c.muted},
                                                  {"@faint", c.faint},
                                                  {"@amber", c.amber},
                                                  {"@red", c.red}};
  const QColor p = c.panel;
  sheet.replace("@overlay",
                QString("rgba(%1, %2, %3, 224)").arg(p.red()).arg(p.green()).arg(p.blue()));
  for (const auto& [name, colour] : names) sheet.replace(name, colour.name());
  return sheet;
}

QPixmap drawIcon(const QString& name, const QColor& colour, int side) {
  QFile file(":/icons/" + name + ".svg");
  if (!file.open(QIODevice::ReadOnly)) return {};
  QByteArray svg = file.readAll();
  svg.replace("currentColor", colour.name().toLatin1());
  QSvgRenderer renderer(svg);
  QPixmap pixmap(side, side);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  renderer.render(&painter);
  return pixmap;
}

}  // namespace

Theme::Theme(QObject* parent) : QObject(parent) {
  // Before our own palette replaces it, the application's tells what the desktop uses.
  systemDark_ = QApplication::palette().color(QPalette::Window).lightness() < 128;
  QApplication::setStyle(QStyleFactory::create("Fusion"));
  QFont font = QApplication::font();
  font.setPixelSize(13);
  QApplication::setFont(font);
  askPortal();
}

void Theme::apply(Settings::Theme wanted) {
  wanted_ = wanted;
  refresh();
}

void Theme::refresh() {
  dark_ = wanted_ == Settings::Theme::system ? systemDark_ : wanted_ == Settings::Theme::dark;
  colours_ = dark_ ? darkColours() : lightColours();
  QApplication::setPalette(paletteOf(colours_));
  qApp->setStyleSheet(sheetOf(colours_));
  for (QWidget* widget : QApplication::allWidgets())
    if (auto* button = qobject_cast<QAbstractButton*>(widget);
        button && button->property(kIconProperty).isValid())
      button->setIcon(icon(button->property(kIconProperty).toString()));
  Q_EMIT changed();
}

QIcon Theme::icon(const QString& name) const {
  QIcon made;
  for (const int side : {20, 30, 40, 60}) {
    made.addPixmap(drawIcon(name, colours_.text, side));
    made.addPixmap(drawIcon(name, colours_.faint, side), QIcon::Disabled);
    made.addPixmap(drawIcon(name, colours_.accentText, side), QIcon::Normal, QIcon::On);
  }
  return made;
}

void Theme::setIcon(QAbstractButton* button, const QString& name) const {
  button->setProperty(kIconProperty, name);
  button->setIcon(icon(name));
  button->setIconSize({20, 20});
}

void Theme::askPortal() {
  QDBusConnection bus = QDBusConnection::sessionBus();
  if (!bus.isConnected()) return;
  bus.connect(kPortal, kPortalPath, kPortalSettings, "SettingChanged", this,
              SLOT(heardFromPortal(QString, QString, QDBusVariant)));
  QDBusMessage ask = QDBusMessage::createMethodCall(kPortal, kPortalPath, kPortalSettings, "Read");
  ask << QString(kAppearance) << QString("color-scheme");
  auto* watcher = new QDBusPendingCallWatcher(bus.asyncCall(ask), this);
  connect(watcher, &QDBusPendingCallWatcher::finished, this, [this](QDBusPendingCallWatcher* done) {
    const QDBusPendingReply<QDBusVariant> reply = *done;
    done->deleteLater();
    if (reply.isValid()) heardFromPortal(kAppearance, "color-scheme", reply.value());
  });
}

void Theme::heardFromPortal(const QString& space, const QString& key, const QDBusVariant& value) {
  if (space != kAppearance || key != "color-scheme") return;
  QVariant inner = value.variant();
  if (inner.canConvert<QDBusVariant>()) inner = inner.value<QDBusVariant>().variant();
  // XDG desktop portal, Settings: 0 no preference, 1 dark, 2 light.
  const uint preference = inner.toUInt();
  if (preference == 0 || (preference == 1) == systemDark_) return;
  systemDark_ = preference == 1;
  if (wanted_ == Settings::Theme::system) refresh();
}

}  // namespace maquette
