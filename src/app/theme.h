#pragma once

#include <QColor>
#include <QIcon>
#include <QObject>

#include "app/settings.h"

class QAbstractButton;
class QDBusVariant;

namespace maquette {

/// The colours of one scheme. Text on its ground keeps a contrast of 4.5:1 or more.
struct Colours {
  QColor window;  ///< behind everything
  QColor panel;   ///< side panels, cards
  QColor raised;  ///< fields, hovered rows
  QColor line;    ///< 1 px separators
  QColor text;
  QColor muted;       ///< secondary text
  QColor faint;       ///< marks that carry no words
  QColor accent;      ///< fills
  QColor accentText;  ///< accent as text or icon
  QColor onAccent;    ///< text on an accent fill
  QColor amber, red;  ///< trouble, as text or mark
};

/// Palette, style sheet and icons, dark or light; follows the system unless told otherwise.
class Theme : public QObject {
  Q_OBJECT

 public:
  explicit Theme(QObject* parent = nullptr);

  void apply(Settings::Theme wanted);
  bool dark() const { return dark_; }
  const Colours& colours() const { return colours_; }

  /// One of resources/icons, in the text colour, greyed when disabled and in accent when on.
  QIcon icon(const QString& name) const;
  /// Gives a button an icon that follows the theme.
  void setIcon(QAbstractButton* button, const QString& name) const;

 Q_SIGNALS:
  void changed();

 private Q_SLOTS:
  void heardFromPortal(const QString& space, const QString& key, const QDBusVariant& value);

 private:
  void askPortal();
  void refresh();

  Settings::Theme wanted_ = Settings::Theme::system;
  bool systemDark_ = false;
  bool dark_ = false;
  Colours colours_;
};

}  // namespace maquette
