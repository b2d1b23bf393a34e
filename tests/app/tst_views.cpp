#include <QFileDialog>
#include <QLineEdit>
#include <QPushButton>

#include "app/drop_overlay.h"
#include "app/program.h"
#include "app/view_slots.h"
#include "core/geometry/bounds.h"

using namespace maquette;

namespace {

/// A picture of one size and colour on a transparent ground.
QString drawBlob(const QTemporaryDir& folder, const QString& name, QSize blob, QColor colour) {
  QImage image(300, 400, QImage::Format_ARGB32);
  image.fill(Qt::transparent);
  QPainter painter(&image);
  painter.setPen(Qt::NoPen);
  painter.setBrush(colour);
  painter.drawEllipse(QRect(QPoint(150 - blob.width() / 2, 200 - blob.height() / 2), blob));
  painter.end();
  const QString file = folder.filePath(name + ".png");
  image.save(file);
  return file;
}

bool cutOutOf(Program& program, Side side) {
  const ImageSetPtr& sources = program.document().sources;
  return sources && sources->at(side).cutout && program.idle();
}

}  // namespace

class TstViews : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    QVERIFY(folder_.isValid());
    QApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
    front_ = drawBlob(folder_, "front", {200, 300}, "#3a7d44");
    left_ = drawBlob(folder_, "left", {100, 300}, "#c05a2e");
  }

  /// Where a second picture lands says which view it is; the window says so before.
  void aPictureDroppedOnAFieldBecomesThatView() {
    Program program;
    QVERIFY(QTest::qWaitForWindowExposed(&program.window));
    program.drop(front_);
    QTRY_VERIFY_WITH_TIMEOUT(cutOutOf(program, Side::front), kLong);
    QVERIFY(program.find("viewFront")->isVisible());
    const ImagePtr front = program.document().sources->front.picture;

    auto* overlay = program.find<DropOverlay>("dropOverlay");
    const QPoint place(200, 700);  // in the lower left field
    program.drop(left_, place);
    QCOMPARE(overlay->promise(), QString("Use as left view"));
    QTRY_VERIFY_WITH_TIMEOUT(cutOutOf(program, Side::left), kLong);
    const ImageSet& views = *program.document().sources;
    QCOMPARE(views.front.picture, front);
    QVERIFY(!views.right && !views.back);
    QCOMPARE(views.left.picture->at(150, 200).r, std::uint8_t{0xc0});
    photograph(program.window, "views");

    program.click("undoButton");
    QVERIFY(!program.document().sources->left);
    QVERIFY(program.document().sources->front.cutout);
  }

  void twoViewsMakeAShapeAsDeepAsTheSideViewShows() {
    Program program;
    program.drop(front_);
    QTRY_VERIFY_WITH_TIMEOUT(cutOutOf(program, Side::front), kLong);
    program.drop(left_, {200, 700});
    QTRY_VERIFY_WITH_TIMEOUT(cutOutOf(program, Side::left), kLong);
    program.click("makeShape");
    QTRY_VERIFY_WITH_TIMEOUT(program.document().shape && program.idle(), kLong);
    const Vec3 size = boundsOf(*program.document().shape).size();
    QVERIFY2(std::abs(size.y / size.x - 0.5f) < 0.03f,
             qPrintable(QString("%1 wide, %2 deep").arg(size.x).arg(size.y)));
  }

  /// The brush corrects the view that is shown, and no other.
  void aStrokeOnOneViewLeavesTheOthersAlone() {
    Program program;
    program.drop(front_);
    QTRY_VERIFY_WITH_TIMEOUT(cutOutOf(program, Side::front), kLong);
    program.drop(left_, {200, 700});
    QTRY_VERIFY_WITH_TIMEOUT(cutOutOf(program, Side::left), kLong);
    const MaskPtr front = program.document().sources->front.cutout;
    const MaskPtr left = program.document().sources->left.cutout;
    program.click("brushKeep");
    QWidget* view = program.find("pictureView");
    const double scale = (view->height() - 96) / 400.;
    const QPoint corner = view->rect().center() - (QPointF(110, 160) * scale).toPoint();
    QTest::mouseClick(view, Qt::LeftButton, Qt::NoModifier, corner);
    QTRY_VERIFY_WITH_TIMEOUT(program.document().sources->left.cutout != left && program.idle(),
                             kLong);
    QVERIFY(program.document().sources->left.cutout->at(40, 40) > 127);
    QCOMPARE(program.document().sources->front.cutout, front);

    // Looking at the front again, there is nothing to forget there.
    program.click("viewFront");
    QVERIFY(!program.find("clearStrokes")->isVisible());
    program.click("viewLeft");
    QVERIFY(program.find("clearStrokes")->isVisible());
    program.click("clearStrokes");
    QTRY_VERIFY_WITH_TIMEOUT(program.document().sources->left.cutout->at(40, 40) < 128, kLong);
  }

  void aViewIsAddedByItsSlotAndRemoved() {
    Program program;
    program.drop(front_);
    QTRY_VERIFY_WITH_TIMEOUT(cutOutOf(program, Side::front), kLong);
    QVERIFY(!program.find("removeView")->isVisible());
    program.click("viewBack");
    auto* dialog = program.find<QFileDialog>("openViewDialog");
    QVERIFY(dialog);
    dialog->findChild<QLineEdit*>("fileNameEdit")->setText(left_);
    QMetaObject::invokeMethod(dialog, "accept");
    QTRY_VERIFY_WITH_TIMEOUT(cutOutOf(program, Side::back), kLong);
    QVERIFY(program.find<ViewSlot>("viewBack")->isChecked());
    program.click("removeView");
    QVERIFY(!program.document().sources->back);
    QVERIFY(program.find<ViewSlot>("viewFront")->isChecked());
  }

  void aNewFrontStartsANewSet() {
    Program program;
    program.drop(front_);
    QTRY_VERIFY_WITH_TIMEOUT(cutOutOf(program, Side::front), kLong);
    program.drop(left_, {200, 700});
    QTRY_VERIFY_WITH_TIMEOUT(cutOutOf(program, Side::left), kLong);
    program.drop(left_);
    QTRY_VERIFY_WITH_TIMEOUT(!program.document().sources->left && cutOutOf(program, Side::front),
                             kLong);
    program.click("undoButton");
    QVERIFY(program.document().sources->left);
  }

 private:
  QTemporaryDir folder_;
  QString front_, left_;
};

QTEST_MAIN(TstViews)
#include "tst_views.moc"
