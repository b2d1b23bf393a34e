#include <QtTest>

#include "core/document/history.h"
#include "support/shapes.h"

using namespace maquette;

namespace {

Document withShape(int levels) {
  Document document;
  document.shape = std::make_shared<Mesh>(test::makeSphere(10.f, levels));
  return document;
}

}  // namespace

class TstDocument : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void undoAndRedoAreAssignment() {
    History history;
    QVERIFY(!history.undo());
    const Document one = withShape(1), two = withShape(2);
    history.commit("one", one);
    history.commit("two", two);
    QCOMPARE(history.current().shape, two.shape);
    QCOMPARE(history.undoName(), std::string("two"));
    QVERIFY(history.undo());
    QCOMPARE(history.current().shape, one.shape);
    QCOMPARE(history.redoName(), std::string("two"));
    QVERIFY(history.redo());
    QVERIFY(!history.redo());
    QVERIFY(history.undo());
    history.commit("three", withShape(0));
    QVERIFY(!history.redo());
    QVERIFY(history.undo());
    QCOMPARE(history.current().shape, one.shape);
  }

  void amendKeepsTheStep() {
    History history;
    history.commit("one", withShape(1));
    const Document amended = withShape(2);
    history.amend(amended);
    QCOMPARE(history.current().shape, amended.shape);
    QVERIFY(history.undo());
    QVERIFY(!history.current().shape);
    QVERIFY(!history.undo());
  }

  void sharedPiecesWeighOnce() {
    History history;
    const Document document = withShape(4);
    history.commit("shape", document);
    const std::size_t once = history.bytes();
    QVERIFY(once > 0);
    Document smaller = document;
    smaller.print.sizeMm = 50.f;
    history.commit("size", smaller);
    QCOMPARE(history.bytes(), once);
  }

  void theOldestStepsGoFirst() {
    const Document one = withShape(5);
    History probe(one);
    History history({}, probe.bytes() * 3);
    for (int i = 0; i < 10; ++i) history.commit("shape", withShape(5));
    QVERIFY(history.bytes() <= probe.bytes() * 3);
    int steps = 0;
    while (history.undo()) ++steps;
    QVERIFY(steps >= 1 && steps < 10);
    // Even a single step beyond the budget can be undone.
    History tight({}, 1);
    tight.commit("shape", withShape(5));
    tight.commit("shape", withShape(5));
    QVERIFY(tight.undo());
  }
};

QTEST_APPLESS_MAIN(TstDocument)
#include "tst_document.moc"
