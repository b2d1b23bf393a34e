#include <QtTest>
#include <algorithm>
#include <cmath>

#include "classical/dirty_shapes.h"
#include "classical/field_completer.h"
#include "classical/solid_facts.h"
#include "core/base/error.h"
#include "core/geometry/measures.h"
#include "core/geometry/topology.h"
#include "core/geometry/weld.h"

using namespace maquette;
using namespace maquette::test;

namespace {

QStringList wrongs(const DirtyShape& dirty) {
  QStringList wrong;
  CompleteParams params;
  params.voxelMm = dirty.shape.voxelMm;
  CompleteResult result;
  try {
    result = makeFieldCompleter()->complete(dirty.shape.mesh, dirty.shape.segmentation, params, {});
  } catch (const std::exception& error) {
    return {QString("threw: ") + error.what()};
  }
  double sum = 0.;
  std::vector<MeshPtr> all = result.solids;
  all.push_back(result.whole);
  for (const MeshPtr& solid : all) {
    if (!solid || solid->triangles.empty()) {
      wrong << "a part is missing";
      continue;
    }
    if (!examine(weld(*solid, false).mesh).closedManifold()) wrong << "not a closed manifold";
    if (!(volumeOf(*solid) > 0.)) wrong << "no positive volume";
    if (const auto n = crossingsIn(*solid)) wrong << "crossings";
    if (solid != result.whole) sum += volumeOf(*solid);
  }
  const double whole = volumeOf(*result.whole);
  if (std::abs(sum / whole - 1.) > 1e-4) wrong << QString("parts/whole %1").arg(sum / whole, 0, 'f', 3);
  const double off = whole / dirty.shape.volume - 1.;
  if (std::abs(off) > 0.002) wrong << QString("volume %1 %").arg(off * 100., 0, 'f', 1);
  const Overlap overlap = overlapOf(result, 50);
  if (overlap.worstPair > 0.0005 || overlap.uncovered > 0.0005)
    wrong << "overlap";
  const double out = double(farthest(*result.whole, dirty.reference) / dirty.shape.voxelMm);
  if (out > 1.) wrong << QString("skin off by %1 voxels").arg(out, 0, 'f', 0);
  QString notes;
  for (const std::string& note : result.notes) notes += QString::fromStdString(note) + " | ";
  for (const std::string& word : dirty.words)
    if (!notes.contains(QString::fromStdString(word)))
      wrong << QString("nothing is said of “%1”: %2").arg(word.c_str(), notes);
  return wrong;
}

}  // namespace

class TstDirtySolids : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void sweep() {
    const unsigned seeds = qEnvironmentVariable("MAQUETTE_SEEDS", "0").toUInt();
    const bool pairs = qEnvironmentVariableIsSet("MAQUETTE_PAIRS");
    const QString only = qEnvironmentVariable("MAQUETTE_ONLY");
    const auto kinds = kindsOfDirt();
    std::vector<std::vector<std::string>> lists{{}};
    if (!pairs)
      for (const auto& kind : kinds) lists.push_back({kind});
    else {
      lists.clear();
      for (const auto& a : kinds)
        for (const auto& b : kinds)
          if (a != b) lists.push_back({a, b});
    }
    const std::vector<Stand> stands{{0, 1., {}}, {0, 1. / 30, {}}, {0, 50., {}}, {0, 1., {1e4f, -7e3f, 3e3f}}};
    std::size_t tried = 0, bad = 0;
    for (const Clean base : {Clean::box, Clean::cylinderOfNeedles})
      for (const auto& list : lists) {
        const DirtyShape dirty = dirtyShape(base, list);
        if (!only.isEmpty() && !QString(dirty.shape.name.c_str()).contains(only)) continue;
        std::map<QString, QStringList> found;
        for (unsigned seed = pairs ? 1 : 0; seed <= seeds; ++seed)
          for (std::size_t s = 0; s < stands.size(); ++s) {
            if (pairs && s != seed % 4) continue;
            Stand stand = stands[s];
            stand.seed = seed;
            ++tried;
            const auto wrong = wrongs(standing(dirty, stand));
            bad += !wrong.isEmpty();
            if (qEnvironmentVariableIsSet("MAQUETTE_SAY")) qWarning("%s %u/%zu: %s", dirty.shape.name.c_str(), seed, s, qPrintable(wrong.join("; ")));
            for (const QString& w : wrong) found[w] << QString("%1/%2").arg(seed).arg(s);
          }
        for (const auto& [w, where] : found)
          qWarning("%s: %s [%s]", dirty.shape.name.c_str(), qPrintable(w),
                   qPrintable(where.join(' ')));
      }
    qInfo("%zu tried, %zu wrong", tried, bad);
  }
};

QTEST_GUILESS_MAIN(TstDirtySolids)
#include "tst_dirty_solids.moc"
