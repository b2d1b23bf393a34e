#include <QtTest>
#include <algorithm>

#include "core/base/error.h"
#include "core/segmentation/segmentation.h"
#include "support/shapes.h"

using namespace maquette;

class TstSegmentation : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void newPartsTakeTrianglesFromOthers() {
    FaceMask lower(12, 0), all(12, 1);
    lower[0] = lower[1] = 1;
    Segmentation first = withNewPart({}, all, 12);
    QCOMPARE(first.parts.size(), 1u);
    first.parts[0].solid = std::make_shared<Mesh>(test::makeCube(1.f));
    const Segmentation second = withNewPart(first, lower, 12);
    QCOMPARE(second.parts.size(), 2u);
    QCOMPARE(countOf(second, second.parts[0].id), 10u);
    QCOMPARE(countOf(second, second.parts[1].id), 2u);
    QVERIFY(!second.parts[0].solid);  // its triangles changed
    QVERIFY(first.parts[0].solid);    // the value before is untouched
    QVERIFY(!(second.parts[0].colour == second.parts[1].colour));
    QVERIFY(second.parts[0].name != second.parts[1].name);
    const Segmentation swallowed = withNewPart(second, all, 12);
    QCOMPARE(swallowed.parts.size(), 1u);
  }

  void reassigningToNobodyLeavesTheRest() {
    const Segmentation first = withNewPart({}, FaceMask(12, 1), 12);
    FaceMask some(12, 0);
    some[3] = 1;
    const Segmentation after = withReassigned(first, some, PartId::none);
    QCOMPARE(countOf(after, PartId::none), 1u);
    QCOMPARE(countOf(after, first.parts[0].id), 11u);
    QVERIFY_EXCEPTION_THROWN(withReassigned(first, some, PartId(99)), InvalidInput);
    QVERIFY_EXCEPTION_THROWN(withReassigned(first, FaceMask(5, 1), PartId::none), InvalidInput);
    QVERIFY_EXCEPTION_THROWN(withNewPart(first, FaceMask(12, 0), 12), InvalidInput);
  }

  void labelsBecomeNamedParts() {
    const Segmentation made = segmentationFrom({PartId(4), PartId::none, PartId(2), PartId(4)});
    QCOMPARE(made.parts.size(), 2u);
    QCOMPARE(made.parts[0].id, PartId(2));
    QCOMPARE(made.parts[0].name, std::string("Part 1"));
    QCOMPARE(made.parts[1].id, PartId(4));
  }

  void unlabelledTrianglesJoinTheirNeighbours() {
    const Mesh two = test::joined(test::makeCube(1.f), test::moved(test::makeCube(1.f), {5, 0, 0}));
    Labels labels(24, PartId::none);
    labels[0] = PartId(3);
    const Labels filled = withNeighboursFilled(two, labels);
    QCOMPARE(std::ranges::count(filled, PartId(3)), 12);
    QCOMPARE(std::ranges::count(filled, PartId::none), 12);
  }

  void twelveColoursAreTwelve() {
    for (std::size_t a = 0; a < 12; ++a)
      for (std::size_t b = 0; b < a; ++b) QVERIFY(!(partColour(a) == partColour(b)));
    QVERIFY(partColour(12) == partColour(0));
  }
};

QTEST_APPLESS_MAIN(TstSegmentation)
#include "tst_segmentation.moc"
