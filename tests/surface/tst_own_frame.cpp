#include <QtTest>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "surface/canonical_surface.h"
#include "surface/own_frame.h"

using namespace maquette;

namespace {

/// A sheet that no turn and no mirror brings back onto itself; 2888 triangles.
Mesh lopsided() {
  constexpr std::uint32_t kSide = 39;
  Mesh mesh;
  for (std::uint32_t y = 0; y < kSide; ++y)
    for (std::uint32_t x = 0; x < kSide; ++x) {
      const float u = float(x) + 0.003f * float(x * x), v = 0.6f * float(y) + 0.01f * float(y * y);
      mesh.positions.push_back({u, v, 4.f * std::sin(0.13f * u) + 0.002f * u * v});
    }
  for (std::uint32_t y = 0; y + 1 < kSide; ++y)
    for (std::uint32_t x = 0; x + 1 < kSide; ++x) {
      const std::uint32_t a = y * kSide + x, b = a + kSide;
      mesh.triangles.push_back({a, a + 1, b});
      mesh.triangles.push_back({a + 1, b + 1, b});
    }
  return mesh;
}

constexpr float kLarger = 37.f;

Vec3 moved(Vec3 p) {
  const float c = std::cos(0.7f), s = std::sin(0.7f);
  p = {c * p.x - s * p.y, s * p.x + c * p.y, p.z};
  return Vec3{p.x, c * p.y - s * p.z, s * p.y + c * p.z} * kLarger + Vec3{500, -200, 80};
}

Mesh movedCopy(const Mesh& mesh) {
  Mesh out = mesh;
  for (Vec3& p : out.positions) p = moved(p);
  return out;
}

}  // namespace

class TstOwnFrame : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theFrameMovesWithTheSurface() {
    const Mesh mesh = lopsided();
    const OwnFrame before = ownFrameOf(mesh), after = ownFrameOf(movedCopy(mesh));
    for (const Vec3 p : {Vec3{0, 0, 0}, Vec3{40, 3, 1}, Vec3{10, 30, -7}}) {
      const auto here = before.placeOf(p), there = after.placeOf(moved(p));
      for (std::size_t k = 0; k < 3; ++k) QVERIFY(std::abs(there[k] - kLarger * here[k]) < 0.05);
    }
  }

  void theAxesAreOrthonormalAndRightHanded() {
    const auto a = ownFrameOf(lopsided()).axes;
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t k = 0; k < 3; ++k) {
        const double product = a[i][0] * a[k][0] + a[i][1] * a[k][1] + a[i][2] * a[k][2];
        QVERIFY(std::abs(product - (i == k ? 1. : 0.)) < 1e-12);
      }
    const double volume = a[0][0] * (a[1][1] * a[2][2] - a[1][2] * a[2][1]) +
                          a[0][1] * (a[1][2] * a[2][0] - a[1][0] * a[2][2]) +
                          a[0][2] * (a[1][0] * a[2][1] - a[1][1] * a[2][0]);
    QVERIFY(volume > 0.99);
  }

  void theWidestSpreadComesFirst() {
    const Mesh mesh = lopsided();
    const OwnFrame frame = ownFrameOf(mesh);
    std::array<double, 3> least{1e9, 1e9, 1e9}, most{-1e9, -1e9, -1e9};
    for (const Vec3 p : mesh.positions)
      for (std::size_t k = 0; k < 3; ++k) {
        least[k] = std::min(least[k], frame.placeOf(p)[k]);
        most[k] = std::max(most[k], frame.placeOf(p)[k]);
      }
    QVERIFY(most[0] - least[0] > most[1] - least[1]);
    QVERIFY(most[1] - least[1] > most[2] - least[2]);
  }

  void aSurfaceWithoutAreaHasAFrame() {
    Mesh mesh;
    mesh.positions = {{1, 2, 3}, {1, 2, 3}, {1, 2, 3}};
    mesh.triangles = {{0, 1, 2}};
    for (const double x : ownFrameOf(mesh).placeOf({1, 2, 4})) QVERIFY(std::isfinite(x));
  }

  void trianglesKeepTheirNumbersWhenTheSurfaceIsTurned() {
    const Mesh mesh = lopsided();
    const auto before = canonicalSurfaceOf(mesh, {}).nodeOf;
    const auto after = canonicalSurfaceOf(movedCopy(mesh), {}).nodeOf;
    std::size_t same = 0;
    for (std::size_t f = 0; f < before.size(); ++f) same += before[f] == after[f];
    QVERIFY2(same > 0.99 * double(before.size()), qPrintable(QString::number(same)));
  }

  void trianglesKeepTheirNumbersWhenTheirOrderChanges() {
    const Mesh mesh = lopsided();
    std::vector<std::uint32_t> order(mesh.triangles.size());
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::shuffle(order, std::mt19937(5));
    Mesh mixed = mesh;
    for (std::size_t i = 0; i < order.size(); ++i) mixed.triangles[i] = mesh.triangles[order[i]];
    const auto before = canonicalSurfaceOf(mesh, {}).nodeOf;
    const auto after = canonicalSurfaceOf(mixed, {}).nodeOf;
    for (std::size_t i = 0; i < order.size(); ++i) QCOMPARE(after[i], before[order[i]]);
  }
};

QTEST_APPLESS_MAIN(TstOwnFrame)
#include "tst_own_frame.moc"
