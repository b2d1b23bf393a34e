#include <QLabel>
#include <QtTest>

#include "app/card_stack.h"

using namespace maquette;

namespace {

Message message(Message::Kind kind, Stage stage, const QString& title, const QString& text) {
  return {kind, stage, title, text, {}, {}, {}};
}

struct Cards {
  Theme theme;
  CardStack stack{theme};

  Cards() {
    stack.setStage(Stage::shape);
    stack.show();
  }
  /// What the visible ones say, the newest first.
  QStringList texts() {
    QStringList out;
    for (auto* card : stack.findChildren<QWidget*>("card"))
      if (card->isVisibleTo(&stack)) out.prepend(card->findChild<QLabel*>("cardText")->text());
    return out;
  }
};

}  // namespace

class TstCards : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aCardTakesThePlaceOfAnEarlierOneAboutTheSame() {
    Cards cards;
    cards.stack.add(message(Message::Kind::note, Stage::shape, "About this shape", "A plate."));
    cards.stack.add(message(Message::Kind::note, Stage::shape, "About this shape", "A body."));
    QCOMPARE(cards.texts(), QStringList{"A body."});
  }

  void cardsAboutSomethingElseStay() {
    Cards cards;
    cards.stack.add(message(Message::Kind::note, Stage::shape, "About this shape", "A body."));
    cards.stack.add(message(Message::Kind::error, Stage::shape, "About this shape", "Trouble."));
    cards.stack.add(message(Message::Kind::note, Stage::parts, "About this shape", "Elsewhere."));
    QCOMPARE(cards.texts(), (QStringList{"Trouble.", "A body."}));
    cards.stack.setStage(Stage::parts);
    QCOMPARE(cards.texts(), QStringList{"Elsewhere."});
  }

  void whatIsWithdrawnGoes() {
    Cards cards;
    cards.stack.add(message(Message::Kind::note, Stage::shape, "About this shape", "A body."));
    cards.stack.withdraw(Stage::parts, "About this shape");
    QCOMPARE(cards.texts(), QStringList{"A body."});
    cards.stack.withdraw(Stage::shape, "About this shape");
    QCOMPARE(cards.texts(), QStringList{});
    QVERIFY(!cards.stack.isVisible());
  }
};

QTEST_MAIN(TstCards)
#include "tst_cards.moc"
