#include <QtTest>
#include <cmath>

#include "support/scenes.h"
#include "viewport/camera.h"
#include "viewport/picker.h"

using namespace maquette;
using namespace maquette::test;

namespace {

constexpr PictureSize kSize{400.f, 300.f};

bool near(Vec3 a, Vec3 b, float tolerance = 1e-3f) { return length(a - b) < tolerance; }

/// A camera on everything, and a picker that knows the pieces.
struct Setup {
  explicit Setup(const Document& given, float exploded = 0.f) : document(given) {
    pieces = piecesOf(document, {});
    explode(pieces, exploded);
    pose = framed(CameraPose{}, boundsOf(pieces), kSize.aspect());
    picker.show(document, pieces);
  }
  std::optional<Pick> pickAt(Vec3 point) const {
    const Vec3 p = projected(pose, kSize, point);
    return picker.pick(rayThrough(pose, kSize, p.x, p.y));
  }
  Document document;
  std::vector<Piece> pieces;
  CameraPose pose;
  Picker picker;
};

}  // namespace

class TstCamera : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void frontLooksAlongPlusYWithPlusXRightAndPlusZUp() {
    CameraPose pose;
    pose.azimuthDegrees = pose.elevationDegrees = 0.f;
    QVERIFY(near(pose.towardsEye(), {0.f, -1.f, 0.f}));
    QVERIFY(near(pose.right(), {1.f, 0.f, 0.f}));
    QVERIFY(near(pose.up(), {0.f, 0.f, 1.f}));
    pose.azimuthDegrees = 90.f;
    QVERIFY(near(pose.towardsEye(), {1.f, 0.f, 0.f}));
  }

  void projectingAndCastingARayAreInverse() {
    CameraPose pose;
    pose.target = {3.f, -2.f, 8.f};
    for (const Vec3 point : {Vec3{10.f, 5.f, 20.f}, Vec3{-30.f, 12.f, -4.f}}) {
      const Vec3 pixel = projected(pose, kSize, point);
      const Ray ray = rayThrough(pose, kSize, pixel.x, pixel.y);
      QVERIFY(near(ray.origin + ray.direction * length(point - ray.origin), point, 0.01f));
    }
  }

  void framingHoldsAllCornersAndFillsThePicture() {
    Bounds bounds;
    bounds.add(Vec3{-40.f, -10.f, 0.f});
    bounds.add(Vec3{40.f, 10.f, 30.f});
    for (const float azimuth : {0.f, 60.f, 200.f}) {
      CameraPose pose;
      pose.azimuthDegrees = azimuth;
      pose = framed(pose, bounds, kSize.aspect());
      float widest = 0.f;
      for (int c = 0; c < 8; ++c) {
        const Vec3 p = projected(pose, kSize,
                                 {c & 1 ? 40.f : -40.f, c & 2 ? 10.f : -10.f, c & 4 ? 30.f : 0.f});
        const float u = std::abs(p.x / kSize.width * 2.f - 1.f);
        const float v = std::abs(p.y / kSize.height * 2.f - 1.f);
        QVERIFY(u < 1.f && v < 1.f && p.z > 0.f);
        widest = std::max({widest, u, v});
      }
      QVERIFY(widest > 0.75f);
    }
  }

  void zoomingKeepsThePointUnderThePointer() {
    CameraPose pose;
    const Vec3 point{12.f, -3.f, 15.f};
    const CameraPose closer = zoomed(pose, 0.6f, point);
    QVERIFY(length(closer.eye() - point) < length(pose.eye() - point));
    QVERIFY(near(projected(pose, kSize, point) * 1.f,
                 Vec3{projected(closer, kSize, point).x, projected(closer, kSize, point).y,
                      projected(pose, kSize, point).z},
                 0.05f));
  }

  void panningMovesTheTargetWithThePointer() {
    CameraPose pose;
    const CameraPose moved = panned(pose, kSize, 25.f, -10.f);
    const Vec3 p = projected(moved, kSize, pose.target);
    QVERIFY(std::abs(p.x - 225.f) < 0.1f && std::abs(p.y - 140.f) < 0.1f);
  }

  void easingTurnsTheShortWayAndArrives() {
    CameraPose from, to;
    from.azimuthDegrees = 170.f;
    to.azimuthDegrees = -170.f;
    QVERIFY(std::abs(between(from, to, 0.5f).azimuthDegrees - 180.f) < 0.01f);
    QVERIFY(between(from, to, 1.f) == to);
  }

  void clickingTheCentreOfATriangleInSightGivesThatTriangle() {
    const Setup setup(threeParts());
    const Mesh& mesh = *setup.document.shape;
    int answered = 0;
    for (std::uint32_t f = 0; f < mesh.triangles.size(); f += 13) {
      const Vec3 centre = faceCentre(mesh, mesh.triangles[f]);
      const auto pick = setup.pickAt(centre);
      QVERIFY(pick.has_value());
      if (dot(faceNormal(mesh, mesh.triangles[f]), setup.pose.eye() - centre) <= 0.f) {
        QVERIFY(pick->face != f);  // it faces away
        continue;
      }
      if (pick->distance < length(centre - setup.pose.eye()) - 0.05f) continue;  // something before
      QCOMPARE(pick->face, f);
      QVERIFY(near(pick->position, centre, 0.02f));
      ++answered;
    }
    QVERIFY(answered > 100);
  }

  void besideTheObjectThereIsNothing() {
    const Setup setup(threeParts());
    QVERIFY(!setup.picker.pick(rayThrough(setup.pose, kSize, 2.f, 2.f)));
  }

  void aHiddenPartLetsTheRayThrough() {
    Document document = threeParts();
    const Vec3 head{0.f, 0.f, 32.f};
    QCOMPARE(Setup(document).pickAt(head)->part, PartId{2});
    document.segmentation.parts[1].visible = false;
    const auto pick = Setup(document).pickAt(head);
    QVERIFY(!pick || pick->part != PartId{2});
  }

  void movedApartPartsAnswerWhereTheyBelong() {
    for (const Document& document : {threeParts(), threeSolids()}) {
      const Setup setup(document, 1.f);
      const auto head = std::ranges::find(setup.pieces, PartId{2}, &Piece::id);
      QVERIFY(head->offset.z > 5.f);
      const auto pick = setup.pickAt(Vec3{0.f, 0.f, 32.f} + head->offset);
      QVERIFY(pick.has_value());
      QCOMPARE(pick->part, PartId{2});
      QCOMPARE((*document.segmentation.labels)[pick->face], PartId{2});
      QVERIFY(std::abs(length(pick->position - Vec3{0.f, 0.f, 32.f}) - 8.f) < 0.1f);
    }
  }

  void piecesKeepWhatDidNotChange() {
    Document document = threeParts();
    const std::vector<Piece> before = piecesOf(document, {});
    FaceMask mask(document.shape->triangles.size(), 0);
    mask[0] = 1;  // of the body
    document.segmentation = withNewPart(document.segmentation, mask, mask.size());
    const std::vector<Piece> after = piecesOf(document, before);
    QCOMPARE(after.size(), std::size_t{4});
    QVERIFY(after[0].faces != before[0].faces);
    QCOMPARE(after[1].faces, before[1].faces);
    QCOMPARE(after[2].faces, before[2].faces);
  }

  void nothingSinksBelowTheGroundWhenMovedApart() {
    std::vector<Piece> pieces = piecesOf(threeSolids(), {});
    explode(pieces, 1.f);
    QVERIFY(boundsOf(pieces).min.z > -1e-3f);
    QVERIFY(boundsOf(pieces).size().z > 50.f);
    explode(pieces, 0.f);
    for (const Piece& piece : pieces) QCOMPARE(piece.offset, Vec3{});
  }
};

QTEST_APPLESS_MAIN(TstCamera)
#include "tst_camera.moc"
