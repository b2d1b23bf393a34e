#pragma once

#include <QWidget>

#include "app/message.h"
#include "app/theme.h"

class QVBoxLayout;

namespace maquette {

/// Messages as cards over the panel of their stage: what happened, what to try, details folded.
class CardStack : public QWidget {
  Q_OBJECT

 public:
  explicit CardStack(const Theme& theme, QWidget* parent = nullptr);

  /// Takes the place of an earlier card of the same kind, stage and title, which it makes out of
  /// date.
  void add(const Message& message);
  void withdraw(Stage stage, const QString& title);  ///< the note of this title, if there is one
  /// Cards of other stages wait out of sight.
  void setStage(Stage stage);
  void clear(Stage stage);  ///< the notes and errors; offers stay until they are answered

 private:
  QWidget* makeCard(const Message& message);
  void drop(QWidget* card);
  template <class Goes>
  void remove(Goes&& goes);
  void refresh();

  const Theme& theme_;
  QVBoxLayout* column_;
  Stage stage_ = Stage::picture;
};

}  // namespace maquette
