// Where borders of masks come to lie: on edges, within reach, as clicks want it.

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <set>

#include "core/base/error.h"
#include "masks/mask_border.h"
#include "support/shapes.h"

using namespace maquette;

namespace {

constexpr float kHalf = 10.f;

/// A cube of 20 mm around the origin; squares of 1 mm.
const SurfaceGraph& cube() {
  static const SurfaceGraph graph = surfaceGraphOf(test::makeBox({20, 20, 20}, 20), {});
  return graph;
}

template <class Wanted>
NodeFlags nodesWhere(const SurfaceGraph& graph, const Wanted& wanted) {
  NodeFlags set(graph.count());
  for (std::uint32_t n = 0; n < graph.count(); ++n) set[n] = wanted(n) ? 1 : 0;
  return set;
}

NodeFlags topOf(const SurfaceGraph& graph) {
  return nodesWhere(graph, [&](std::uint32_t n) { return graph.normals[n].z > 0.9f; });
}

std::size_t differing(const NodeFlags& a, const NodeFlags& b) {
  std::size_t count = 0;
  for (std::size_t n = 0; n < a.size(); ++n) count += a[n] != b[n];
  return count;
}

std::uint32_t nodeAt(const SurfaceGraph& graph, Vec3 place) {
  std::uint32_t best = 0;
  for (std::uint32_t n = 1; n < graph.count(); ++n)
    if (length(graph.centres[n] - place) < length(graph.centres[best] - place)) best = n;
  return best;
}

/// 0 to 5: the side of the cube.
std::int32_t sideOf(Vec3 normal) {
  const float all[] = {normal.x, -normal.x, normal.y, -normal.y, normal.z, -normal.z};
  return std::int32_t(std::ranges::max_element(all) - all);
}

/// A sheet of squares, 1 mm each, along x; it goes down, up and down again by turning 40 degrees
/// at 10 and at 20 mm of its length.
Mesh bentSheet() {
  Mesh mesh;
  const float slope = std::numbers::pi_v<float> / 9.f;  // 20 degrees
  for (int i = 0; i <= 30; ++i) {
    const auto u = float(i);
    const float down = std::min(u, 10.f) + std::max(0.f, u - 20.f);
    const float z = (u - down) - down;
    for (int k = 0; k <= 12; ++k)
      mesh.positions.push_back({u * std::cos(slope), float(k), z * std::sin(slope)});
  }
  for (std::uint32_t i = 0; i < 30; ++i)
    for (std::uint32_t k = 0; k < 12; ++k) {
      const std::uint32_t v = 13 * i + k;
      mesh.triangles.push_back({v, v + 13, v + 14});
      mesh.triangles.push_back({v, v + 14, v + 1});
    }
  return mesh;
}

}  // namespace

class TestMaskBorder : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aBorderBesideAnEdgeComesToLieOnIt() {
    const SurfaceGraph& graph = cube();
    for (const float off : {-1.6f, 1.6f}) {  // down the sides; or inside the top, by the rim
      NodeFlags set = nodesWhere(graph, [&](std::uint32_t n) {
        const Vec3 c = graph.centres[n];
        return off < 0.f
                   ? c.z > kHalf + off
                   : c.z > kHalf - 0.1f && std::max(std::abs(c.x), std::abs(c.y)) < kHalf - off;
      });
      QVERIFY(differing(set, topOf(graph)) > 100);
      settleMask(graph, {}, {}, 4.f, set);
      QCOMPARE(differing(set, topOf(graph)), std::size_t(0));
    }
  }

  void noBorderMovesFartherThanItsReach() {
    const SurfaceGraph& graph = cube();
    const auto around = [&](float z) {
      return nodesWhere(graph, [&](std::uint32_t n) { return graph.centres[n].z > z; });
    };
    NodeFlags set = around(5.f);
    settleMask(graph, {}, {}, 2.f, set);
    for (std::uint32_t n = 0; n < graph.count(); ++n) {
      if (graph.centres[n].z > 7.8f) QVERIFY(set[n]);
      if (graph.centres[n].z < 2.2f) QVERIFY(!set[n]);
    }
  }

  void aRaggedBorderBecomesShort() {
    const SurfaceGraph& graph = cube();
    std::mt19937 random(3);
    NodeFlags set = nodesWhere(graph, [&](std::uint32_t n) {
      return graph.centres[n].z + float(random() % 1000) * 0.002f - 1.f > 0.f;
    });
    const auto border = [&] {
      double sum = 0.;
      for (std::uint32_t n = 0; n < graph.count(); ++n)
        for (const auto& l : graph.linksOf(n))
          sum += l.to > n && set[l.to] != set[n] ? l.length : 0;
      return sum;
    };
    const double before = border();
    settleMask(graph, {}, {}, 2.f, set);
    QVERIFY2(border() < 90. && before > 150.,
             qPrintable(QString("%1 to %2 mm around a cube of 80").arg(before).arg(border())));
  }

  void anEdgeInwardsIsWorthMoreThanOneOutwards() {
    const SurfaceGraph graph = surfaceGraphOf(bentSheet(), {});
    const float scale = std::cos(std::numbers::pi_v<float> / 9.f);
    NodeFlags set =
        nodesWhere(graph, [&](std::uint32_t n) { return graph.centres[n].x < 15.f * scale; });
    settleMask(graph, {}, {}, 9.f, set);
    const NodeFlags left =
        nodesWhere(graph, [&](std::uint32_t n) { return graph.centres[n].x < 10.f * scale; });
    QCOMPARE(differing(set, left), std::size_t(0));
  }

  void clicksAreOnTheirSides() {
    const SurfaceGraph& graph = cube();
    const std::uint32_t in = nodeAt(graph, {kHalf, 0, 8}), out = nodeAt(graph, {0, 0, kHalf});
    NodeFlags set = topOf(graph);
    settleMask(graph, std::array{in}, std::array{out}, 3.f, set);
    QVERIFY(set[in] && !set[out]);
  }

  void bordersBetweenManyLabelsFindTheirEdges() {
    const SurfaceGraph& graph = cube();
    std::mt19937 random(5);
    std::vector<std::int32_t> labels(graph.count()), sides(graph.count());
    for (std::uint32_t n = 0; n < graph.count(); ++n) {
      Vec3 off = graph.centres[n];
      for (float* c : {&off.x, &off.y, &off.z}) *c += float(random() % 1000) * 0.0024f - 1.2f;
      labels[n] = sideOf(off);
      sides[n] = sideOf(graph.normals[n]);
    }
    const auto wrong = [&] {
      std::size_t count = 0;
      for (std::size_t n = 0; n < labels.size(); ++n) count += labels[n] != sides[n];
      return count;
    };
    const std::size_t before = wrong();
    settleLabels(graph, 2.5f, labels, {});
    QVERIFY2(before > 100 && wrong() <= 6,
             qPrintable(QString("%1 to %2").arg(before).arg(wrong())));
  }

  void noLabelIsLost() {
    const SurfaceGraph& graph = cube();
    std::vector<std::int32_t> labels(graph.count(), 0);
    std::int32_t next = 0;
    std::mt19937 random(7);
    for (int i = 0; i < 40; ++i) labels[random() % graph.count()] = ++next;  // a triangle each
    for (std::uint32_t n = 0; n < graph.count(); ++n)  // and a band that is as thin
      if (std::abs(graph.centres[n].z) < 0.5f && graph.normals[n].x > 0.9f) labels[n] = -1;
    const std::set<std::int32_t> before(labels.begin(), labels.end());
    settleLabels(graph, 4.f, labels, {});
    QCOMPARE(std::set<std::int32_t>(labels.begin(), labels.end()), before);
  }

  void settlingStopsWhenAsked() {
    std::vector<std::int32_t> labels(cube().count());
    labels[5] = 1;
    QVERIFY_EXCEPTION_THROWN(settleLabels(cube(), 1.f, labels, test::stopped()), Cancelled);
  }

  void whatIsOverABendIsFar() {
    const SurfaceGraph& graph = cube();
    // On a flat surface the middle between them would lie a millimetre below the edge.
    const std::uint32_t in = nodeAt(graph, {0, 0, kHalf}), out = nodeAt(graph, {kHalf, 0, -2});
    NodeFlags set(graph.count(), 1);
    cutBetween(graph, std::array{in}, out, set);
    for (std::uint32_t n = 0; n < graph.count(); ++n) {
      if (graph.normals[n].z > 0.9f) QVERIFY(set[n]);
      if (graph.normals[n].x > 0.9f) QVERIFY(!set[n]);
    }
  }

  void onlyTheSetIsCut() {
    const SurfaceGraph& graph = cube();
    NodeFlags set = topOf(graph);
    const std::uint32_t in = nodeAt(graph, {-5, 0, kHalf}), out = nodeAt(graph, {5, 0, kHalf});
    cutBetween(graph, std::array{in}, out, set);
    QVERIFY(set[in] && !set[out]);
    for (std::uint32_t n = 0; n < graph.count(); ++n) {
      const bool top = graph.normals[n].z > 0.9f;
      // Ways go from triangle to triangle, which is longer in some directions than in others.
      if (!top || (std::abs(graph.centres[n].x) > 2.f && std::abs(graph.centres[n].y) < 4.f))
        QCOMPARE(set[n] != 0, top && graph.centres[n].x < 0.f);
    }
  }
};

QTEST_APPLESS_MAIN(TestMaskBorder)
#include "tst_mask_border.moc"
