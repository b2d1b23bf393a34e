#include <QApplication>
#include <QSignalSpy>
#include <QWheelEvent>
#include <QtTest>

#include "app/viewport_widget.h"
#include "support/scenes.h"

using namespace maquette;
using namespace maquette::test;

namespace {

void scroll(QWidget& widget, QPoint at, int angle) {
  QWheelEvent event(at, widget.mapToGlobal(at), {}, {0, angle}, Qt::NoButton, Qt::NoModifier,
                    Qt::NoScrollPhase, false);
  QApplication::sendEvent(&widget, &event);
}

}  // namespace

class TstWidget : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<ViewportWidget> widget_;
  Document document_;

 private Q_SLOTS:
  void init() {
    widget_ = std::make_unique<ViewportWidget>();
    widget_->setReducedMotion(true);
    widget_->resize(400, 400);
    widget_->show();
    QVERIFY(QTest::qWaitForWindowExposed(widget_.get()));
    document_ = threeParts();
    widget_->present({}, document_);
    widget_->viewFrom(0.f, 10.f);
  }
  void cleanup() { widget_.reset(); }

  QPoint middle() const { return {200, 200}; }

  void theFirstShapeIsFramedAndInTheMiddle() {
    const auto found = widget_->pick(middle());
    QVERIFY(found.has_value());
    QVERIFY(!widget_->pick({3, 3}));
  }

  void thePictureShowsTheParts() {
    const QImage picture = widget_->grabPicture();
    QCOMPARE(picture.size(), QSize(400, 400) * widget_->devicePixelRatioF());
    const QColor sky = picture.pixelColor(5, 5), object = picture.pixelColor(200, 200);
    QVERIFY(sky.saturation() < 40);
    QVERIFY(object.saturation() > 80);
  }

  void aClickTellsTheTriangleAndWhere() {
    QSignalSpy clicks(widget_.get(), &ViewportWidget::surfaceClicked);
    const auto expected = widget_->pick(middle());
    QTest::mouseClick(widget_.get(), Qt::LeftButton, Qt::ControlModifier, middle());
    QCOMPARE(clicks.size(), 1);
    QCOMPARE(clicks[0][0].value<std::uint32_t>(), expected->first);
    QCOMPARE(clicks[0][2].value<Qt::KeyboardModifiers>(), Qt::ControlModifier);
  }

  void aClickBesideTheObjectIsNoClickOnIt() {
    QSignalSpy clicks(widget_.get(), &ViewportWidget::surfaceClicked);
    QSignalSpy beside(widget_.get(), &ViewportWidget::backgroundClicked);
    QTest::mouseClick(widget_.get(), Qt::LeftButton, {}, {4, 4});
    QCOMPARE(clicks.size(), 0);
    QCOMPARE(beside.size(), 1);
  }

  void aLeftDragIsNoClick() {
    QSignalSpy clicks(widget_.get(), &ViewportWidget::surfaceClicked);
    QTest::mousePress(widget_.get(), Qt::LeftButton, {}, middle());
    QTest::mouseRelease(widget_.get(), Qt::LeftButton, {}, middle() + QPoint(30, 0));
    QCOMPARE(clicks.size(), 0);
  }

  void hoveringTellsAndLeavingTellsOnce() {
    QSignalSpy hovers(widget_.get(), &ViewportWidget::surfaceHovered);
    QSignalSpy left(widget_.get(), &ViewportWidget::hoverLeft);
    QTest::mouseMove(widget_.get(), middle());
    QTRY_VERIFY(hovers.size() >= 1);
    QCOMPARE(left.size(), 0);
    QTest::mouseMove(widget_.get(), {4, 4});
    QTRY_COMPARE(left.size(), 1);
  }

  void aRightDragTurnsTheObject() {
    QSignalSpy navigating(widget_.get(), &ViewportWidget::navigatingChanged);
    const QImage before = widget_->grabPicture();
    QTest::mousePress(widget_.get(), Qt::RightButton, {}, middle());
    QTest::mouseMove(widget_.get(), middle() + QPoint(60, 25));
    QTest::mouseRelease(widget_.get(), Qt::RightButton, {}, middle() + QPoint(60, 25));
    QCOMPARE(navigating.size(), 2);
    QVERIFY(widget_->grabPicture() != before);
  }

  void theWheelZoomsToThePointer() {
    const auto before = widget_->pick(middle());
    for (int i = 0; i < 5; ++i) scroll(*widget_, middle(), 120);
    const auto after = widget_->pick(middle());
    QVERIFY(after.has_value());
    QVERIFY(length(after->second - before->second) < 0.5f);
    QVERIFY(widget_->pick({200, 390}).has_value());  // the object now fills the view
    widget_->frameAll();
    QVERIFY(!widget_->pick({200, 397}).has_value());
  }

  void theWheelChoosesWhileAProposalIsShown() {
    QSignalSpy scrolled(widget_.get(), &ViewportWidget::proposalScrolled);
    auto mask = std::make_shared<FaceMask>(document_.shape->triangles.size(), 1);
    const QImage plain = widget_->grabPicture();
    widget_->setProposal(mask);
    QVERIFY(widget_->grabPicture() != plain);
    scroll(*widget_, middle(), 120);
    scroll(*widget_, middle(), -60);
    scroll(*widget_, middle(), -60);
    QCOMPARE(scrolled.size(), 2);
    QCOMPARE(scrolled[0][0].toInt(), 1);
    QCOMPARE(scrolled[1][0].toInt(), -1);
    widget_->setProposal(nullptr);
    QCOMPARE(widget_->grabPicture(), plain);
  }

  void undoShowsTheSamePictureAgain() {
    const QImage first = widget_->grabPicture();
    Document hidden = document_;
    hidden.segmentation.parts[1].visible = false;
    widget_->present(document_, hidden);
    QVERIFY(widget_->grabPicture() != first);
    widget_->present(hidden, document_);
    QCOMPARE(widget_->grabPicture(), first);
  }

  void framingAPartBringsItToTheMiddle() {
    widget_->framePart(PartId{2});
    const auto found = widget_->pick(middle());
    QVERIFY(found.has_value());
    QCOMPARE((*document_.segmentation.labels)[found->first], PartId{2});
  }

  void easingArrives() {
    widget_->setReducedMotion(false);
    const QImage front = widget_->grabPicture();
    widget_->viewFrom(90.f, 10.f);
    QTest::qWait(400);
    const QImage eased = widget_->grabPicture();
    widget_->setReducedMotion(true);
    widget_->viewFrom(0.f, 10.f);
    QCOMPARE(widget_->grabPicture(), front);
    widget_->viewFrom(90.f, 10.f);
    QCOMPARE(widget_->grabPicture(), eased);
  }
};

QTEST_MAIN(TstWidget)
#include "tst_widget.moc"
