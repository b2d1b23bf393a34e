#include <QtTest>
#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <ranges>
#include <set>

#include "core/base/error.h"
#include "core/jobs/parallel.h"
#include "masks/mask_merging.h"
#include "masks/parts_from_masks.h"
#include "support/mask_session.h"
#include "support/shapes.h"

using namespace maquette;
using test::MaskSession;
using test::maskSession;

namespace {

MeshPtr shared(Mesh mesh) { return std::make_shared<const Mesh>(std::move(mesh)); }

/// 30k triangles, 24 parts.
const MaskSession& small() {
  static const MaskSession session =
      maskSession(shared(test::wavyBox(50)), {.points = 20'000, .prompts = 200});
  return session;
}

PartsFromMasks partsOf(const MaskSession& session) {
  return PartsFromMasks(session.surface, session.masks);
}

Segmentation partsAt(const PartsFromMasks& all, float granularity) {
  AutoParams params;
  params.granularity = granularity;
  return all.parts(params).segmentation;
}

/// Whether the same triangles are together; whatever they are called.
template <class A, class B>
bool samePartition(const std::vector<A>& a, const std::vector<B>& b) {
  std::map<A, B> there;
  std::map<B, A> back;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (there.emplace(a[i], b[i]).first->second != b[i] ||
        back.emplace(b[i], a[i]).first->second != a[i])
      return false;
  return a.size() == b.size();
}

/// Whether every part of `fine` lies inside one of `coarse`.
bool inside(const Labels& fine, const Labels& coarse) {
  std::map<PartId, PartId> of;
  for (std::size_t i = 0; i < fine.size(); ++i)
    if (of.emplace(fine[i], coarse[i]).first->second != coarse[i]) return false;
  return true;
}

/// The share of the triangles that lie in the part with most of their true part.
double agreement(const std::vector<std::uint32_t>& truth, const Labels& labels) {
  std::map<std::uint32_t, std::map<PartId, std::size_t>> counts;
  for (std::size_t i = 0; i < truth.size(); ++i) ++counts[truth[i]][labels[i]];
  std::map<PartId, std::size_t> best;  // no part counts for two
  for (const auto& [part, found] : counts) {
    const auto most = std::ranges::max_element(found, {}, [](const auto& x) { return x.second; });
    best[most->first] = std::max(best[most->first], most->second);
  }
  std::size_t right = 0;
  for (const auto& [id, count] : best) right += count;
  return double(right) / double(truth.size());
}

/// Many small closed bodies in a grid, each of four triangles.
Mesh tetrahedra(int count) {
  Mesh mesh;
  for (int i = 0; i < count; ++i) {
    const Vec3 at{float(i % 25) * 3.f, float(i / 25 % 20) * 3.f, float(i / 500) * 3.f};
    const auto v = std::uint32_t(mesh.positions.size());
    for (const Vec3 corner : {Vec3{0, 0, 0}, Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}})
      mesh.positions.push_back(at + corner);
    for (const Triangle t :
         {Triangle{0, 2, 1}, Triangle{0, 1, 3}, Triangle{0, 3, 2}, Triangle{1, 2, 3}})
      mesh.triangles.push_back({v + t[0], v + t[1], v + t[2]});
  }
  return mesh;
}

MaskSetPtr emptied(MaskSet masks) {
  std::ranges::fill(masks.bits, 0);
  return std::make_shared<const MaskSet>(std::move(masks));
}

bool mentions(const PartsResult& result, const char* text) {
  return std::ranges::any_of(
      result.notes, [&](const std::string& note) { return note.find(text) != std::string::npos; });
}

}  // namespace

class TestPartsFromMasks : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void cleanup() { setThreadLimit(0); }

  void partsAreWhatTheMasksShow() {
    const PartsResult result = partsOf(small()).parts({});
    QCOMPARE(result.segmentation.parts.size(), std::size_t(24));
    QVERIFY(agreement(small().truth, *result.segmentation.labels) > 0.95);
    QVERIFY(result.masks == small().masks);
    QVERIFY(result.notes.empty());
  }

  /// The steps themselves are pinned by the fixtures.
  void theMiddleIsTheProcedureAsPublished() {
    const MaskSession many =
        maskSession(shared(test::wavyBox(50)), {.points = 30'000, .prompts = 400, .parts = 80});
    const MergedMasks merged = mergedMasks(*many.masks, {});
    for (const bool join : {false, true}) {
      const auto labels = test::publishedLabels(*many.surface, *many.masks, merged, join);
      AutoParams params;
      params.faithful = true;
      params.joinSmall = join;
      const auto parts = partsOf(many).parts(params).segmentation;
      QVERIFY(samePartition(labels, *parts.labels));
    }
  }

  void smallPiecesJoinTheLargestBesideThemWhereAsked() {
    const MaskSession many =
        maskSession(shared(test::wavyBox(50)), {.points = 30'000, .prompts = 400, .parts = 80});
    const PartsFromMasks all = partsOf(many);
    AutoParams params;
    params.joinSmall = true;
    const Segmentation apart = all.parts({}).segmentation, joined = all.parts(params).segmentation;
    QVERIFY(joined.parts.size() < apart.parts.size());
    // Whoever is somewhere else now was small.
    std::map<PartId, double> share;
    std::map<PartId, std::map<PartId, double>> cameFrom;
    const std::vector<double>& areas = many.surface->areas;
    const double whole = std::reduce(areas.begin(), areas.end());
    for (std::size_t f = 0; f < joined.labels->size(); ++f) {
      const double area = areas[many.surface->cleanOf[f]] / whole;
      share[(*apart.labels)[f]] += area;
      cameFrom[(*joined.labels)[f]][(*apart.labels)[f]] += area;
    }
    for (const auto& [id, from] : cameFrom) {
      const auto host = std::ranges::max_element(from, {}, [](const auto& x) { return x.second; });
      for (const auto& [old, area] : from) QVERIFY(old == host->first || area < 0.01);
    }
    QVERIFY(std::ranges::min(share | std::views::values) < 0.01);
    // They come back where more parts are wanted.
    params.granularity = 1.f;
    QVERIFY(partsOf(many).parts(params).segmentation.parts.size() > joined.parts.size());
  }

  void moreGranularityMeansMorePartsInsideTheOldOnes() {
    const PartsFromMasks all = partsOf(small());
    Segmentation before = partsAt(all, 0.f);
    const std::size_t few = before.parts.size();
    for (int step = 1; step <= 40; ++step) {
      Segmentation now = partsAt(all, float(step) / 40.f);
      QVERIFY(now.parts.size() >= before.parts.size());
      QVERIFY(inside(*now.labels, *before.labels));
      before = std::move(now);
    }
    QVERIFY(few < 24 / 2);
    QVERIFY(before.parts.size() > 24 + 5);
  }

  /// What is asked with small masks has halves.
  void splitsFollowTheMasksThatWereLeftOut() {
    const auto fine = partsAt(partsOf(small()), 1.f);
    // Where a part was split, both sides are a good piece of it.
    std::map<PartId, std::size_t> sizes;
    for (const PartId id : *fine.labels) ++sizes[id];
    for (const auto& [id, size] : sizes) QVERIFY(size > fine.labels->size() / 1000);
  }

  void aWantedNumberOfPartsIsMet() {
    const PartsFromMasks all = partsOf(small());
    AutoParams params;
    for (params.parts = 1; params.parts <= 30; ++params.parts) {
      const PartsResult result = all.parts(params);
      QCOMPARE(result.segmentation.parts.size(), std::size_t(params.parts));
      std::set<PartId> used(result.segmentation.labels->begin(), result.segmentation.labels->end());
      QCOMPARE(used.size(), std::size_t(params.parts));
    }
    params.parts = 200;
    const PartsResult most = all.parts(params);
    QVERIFY(most.segmentation.parts.size() < 200);
    QVERIFY(mentions(most, "told apart"));
  }

  void theOrderOfTrianglesDoesNotMatter() {
    Mesh mixed = *small().surface->mesh;
    std::shuffle(mixed.triangles.begin(), mixed.triangles.end(), std::mt19937(7));
    for (Triangle& t : mixed.triangles) std::ranges::rotate(t, t.begin() + 1);
    const MaskSession session = maskSession(shared(mixed), {.points = 20'000, .prompts = 200});
    const auto parts = partsOf(session).parts({}).segmentation;
    QVERIFY(agreement(session.truth, *parts.labels) > 0.9);
    QVERIFY_EXCEPTION_THROWN(PartsFromMasks(shared(mixed), small().masks), InvalidInput);
  }

  void everyTriangleOfTheMeshHasALabel() {
    Mesh box = test::wavyBox(20);
    const auto sound = box.triangles.size();
    for (std::size_t f = 0; f < sound; f += 7) {
      const Triangle t = box.triangles[f];
      box.triangles.push_back({t[0], t[1], t[1]});
      box.triangles.push_back(t);
    }
    std::swap(box.triangles[1], box.triangles.back());
    const MaskSession session =
        maskSession(shared(box), {.points = 5'000, .prompts = 80, .parts = 6});
    const auto parts = partsOf(session).parts({}).segmentation;
    QCOMPARE(parts.labels->size(), box.triangles.size());
    for (const PartId id : *parts.labels) QVERIFY(parts.find(id));
    QVERIFY(agreement(session.truth, *parts.labels) > 0.9);
  }

  void threadsDoNotChangeTheResult() {
    setThreadLimit(1);
    const auto alone = partsAt(partsOf(small()), 0.9f);
    setThreadLimit(5);
    QVERIFY(*partsAt(partsOf(small()), 0.9f).labels == *alone.labels);
  }

  void aPartKeepsItsColourWhileOthersComeAndGo() {
    const PartsFromMasks all = partsOf(small());
    const Segmentation middle = partsAt(all, 0.5f), finer = partsAt(all, 0.8f);
    QVERIFY(finer.parts.size() > middle.parts.size());
    for (std::size_t i = 0; i < middle.parts.size(); ++i)
      QVERIFY(finer.parts[i].colour == middle.parts[i].colour);
  }

  void manyPartsComeWithAProposal() {
    const MaskSession session =
        maskSession(shared(test::wavyBox(50)), {.points = 30'000, .prompts = 400, .parts = 80});
    const PartsFromMasks all = partsOf(session);
    const PartsResult result = all.parts({});
    QVERIFY(result.segmentation.parts.size() > kMostCompleted);
    QVERIFY(mentions(result, "50 at most"));
    const auto proposal = all.mergeProposal({}, kMostCompleted);
    QCOMPARE(proposal.size(), result.segmentation.parts.size() - kMostCompleted);
    const Segmentation joined = withMerged(result.segmentation, proposal);
    QCOMPARE(joined.parts.size(), kMostCompleted);
    AutoParams fifty;
    fifty.parts = int(kMostCompleted);
    QVERIFY(samePartition(*joined.labels, *all.parts(fifty).segmentation.labels));
    // From splits as well, which go first.
    AutoParams fine;
    fine.granularity = 1.f;
    const Segmentation split = all.parts(fine).segmentation;
    QCOMPARE(withMerged(split, all.mergeProposal(fine, kMostCompleted)).parts.size(),
             kMostCompleted);
    QVERIFY(all.mergeProposal(fifty, kMostCompleted).empty());
    QVERIFY_EXCEPTION_THROWN(withMerged(joined, proposal), InvalidInput);
  }

  void tenThousandShellsBecomeParts() {
    const MeshPtr mesh = shared(tetrahedra(10'000));
    const MaskSession session = maskSession(mesh, {.points = 20'000, .prompts = 120, .parts = 9});
    const PartsFromMasks all = partsOf(session);
    const PartsResult filled = all.parts({});
    for (const PartId id : *filled.segmentation.labels)
      QVERIFY(filled.segmentation.find(id)->name != "Unassigned");
    QVERIFY(agreement(session.truth, *filled.segmentation.labels) > 0.8);
    AutoParams params;
    params.fill = false;
    const PartsResult open = all.parts(params);
    QCOMPARE(open.segmentation.parts.back().name, std::string("Unassigned"));
    QVERIFY(open.unassigned == open.segmentation.parts.back().id);
    QVERIFY(filled.unassigned == PartId::none);
    QVERIFY(mentions(open, "belongs to no part"));
    params.faithful = true;
    all.parts(params);
    params = {};
    params.parts = 3;  // nothing touches: the nearest are joined
    QCOMPARE(all.parts(params).segmentation.parts.size(), std::size_t(3));
  }

  void masksThatFindNothingAreNoCatastrophe() {
    const PartsFromMasks all(small().surface, emptied(*small().masks));
    for (const bool faithful : {false, true}) {
      AutoParams params;
      params.faithful = faithful;
      const PartsResult result = all.parts(params);
      QCOMPARE(result.segmentation.parts.size(), std::size_t(1));
      QVERIFY(mentions(result, "No mask"));
    }
    MaskSet none = *small().masks;
    none.quality.clear();
    none.prompts.clear();
    none.bits.clear();
    const PartsFromMasks without(small().surface, std::make_shared<const MaskSet>(none));
    QCOMPARE(without.parts({}).segmentation.parts.size(), std::size_t(1));
  }

  void oneTriangleIsOnePart() {
    Mesh one;
    one.positions = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}};
    one.triangles = {{0, 1, 2}};
    const MaskSession session =
        maskSession(shared(one), {.points = 500, .prompts = 20, .parts = 2});
    QCOMPARE(partsOf(session).parts({}).segmentation.parts.size(), std::size_t(1));
  }

  void trianglesThatTouchNothingAreTold() {
    Mesh loose;
    for (int i = 0; i < 60; ++i) {
      const auto v = std::uint32_t(loose.positions.size());
      for (const Vec3 corner : {Vec3{0, 0, 0}, Vec3{1, 0, 0}, Vec3{0, 1, 0}})
        loose.positions.push_back(corner + Vec3{float(i % 6) * 2, float(i / 6) * 2, 0});
      loose.triangles.push_back({v, v + 1, v + 2});
    }
    const MaskSession session =
        maskSession(shared(loose), {.points = 3'000, .prompts = 60, .parts = 4});
    const PartsResult result = partsOf(session).parts({});
    QVERIFY(mentions(result, "share an edge"));
    QVERIFY(agreement(session.truth, *result.segmentation.labels) > 0.8);
  }

  void damagedMasksAreRefused() {
    const auto refused = [&](auto&& damage) {
      MaskSet masks = *small().masks;
      damage(masks);
      try {
        PartsFromMasks(small().surface, std::make_shared<const MaskSet>(masks));
      } catch (const InvalidInput& error) {
        return !std::string(error.what()).empty();
      }
      return false;
    };
    QVERIFY(!refused([](MaskSet&) {}));
    QVERIFY(refused([](MaskSet& m) { ++m.mesh; }));
    QVERIFY(refused([](MaskSet& m) { m.faces.back() = 1u << 30; }));
    QVERIFY(refused([](MaskSet& m) { m.quality[0] = std::nanf(""); }));
    QVERIFY(refused([](MaskSet& m) { m.bits.pop_back(); }));
    QVERIFY(refused([](MaskSet& m) { m.places[0] = std::nan(""); }));
    QVERIFY(refused([](MaskSet& m) {
      const std::uint64_t mesh = m.mesh;
      m = MaskSet();
      m.mesh = mesh;
    }));
  }

  void wrongParametersAreRefused() {
    AutoParams params;
    params.granularity = 1.5f;
    QVERIFY_EXCEPTION_THROWN(partsOf(small()).parts(params), InvalidInput);
    QVERIFY_EXCEPTION_THROWN(PartsFromMasks(small().surface, nullptr), InvalidInput);
  }

  void workStopsWhenAsked() {
    QVERIFY_EXCEPTION_THROWN(maskedSurfaceOf(small().surface->mesh, test::stopped()), Cancelled);
    QVERIFY_EXCEPTION_THROWN(PartsFromMasks(small().surface, small().masks, test::stopped()),
                             Cancelled);
    const PartsFromMasks all = partsOf(small());
    for (const float granularity : {0.f, 0.5f, 1.f}) {
      AutoParams params;
      params.granularity = granularity;
      QVERIFY_EXCEPTION_THROWN(all.parts(params, test::stopped()), Cancelled);
    }
    QCOMPARE(all.parts({}).segmentation.parts.size(), std::size_t(24));  // and goes on after it
  }

  /// A run as large as they come: 600,000 triangles, 100,000 samples, 400 masks.
  void aRunOfRealSizeGoesUnderTheSlider() {
    const MaskSession session = maskSession(shared(test::wavyBox(224)));
    QCOMPARE(session.truth.size(), std::size_t(12 * 224 * 224));
    const PartsFromMasks all = partsOf(session);
    const auto middle = partsAt(all, 0.5f);
    QVERIFY(agreement(session.truth, *middle.labels) > 0.95);
    QVERIFY(middle.parts.size() >= 24);
    QVERIFY(inside(*middle.labels, *partsAt(all, 0.2f).labels));
    QVERIFY(inside(*partsAt(all, 0.85f).labels, *middle.labels));
    AutoParams snapped;
    snapped.snap = Snapping::always;
    const auto shorter = all.parts(snapped).segmentation;
    QCOMPARE(shorter.parts.size(), middle.parts.size());
    QVERIFY(agreement(session.truth, *shorter.labels) > 0.95);
    snapped.granularity = 0.85f;
    QVERIFY(inside(*all.parts(snapped).segmentation.labels, *shorter.labels));
  }

  /// Masks of a box's sides that reach over the edges by as much as they please.
  void bordersOfPartsSnapToEdges() {
    const auto surface = maskedSurfaceOf(shared(test::makeBox({30, 20, 16}, 24)), {});
    const SurfaceSamples samples = samplesOn(surface->surface, 6000, 1, {});
    const auto normals = flatNormals(surface->surface);
    const auto sideOf = [&](std::uint32_t face) {
      std::size_t side = 0;
      for (std::size_t a = 0; a < 3; ++a)
        if (std::abs(normals[3 * face + a]) > 0.5) side = 2 * a + (normals[3 * face + a] > 0);
      return side;
    };
    MaskSet masks;
    masks.mesh = surface->fingerprint;
    masks.faces = samples.faces;
    masks.places = insideFrame(frameOf(samples.places), samples.places);
    masks.bits.resize(6 * masks.words());
    std::mt19937 random(11);
    const double half[] = {15, 10, 8};
    for (std::size_t i = 0; i < samples.count(); ++i) {
      // The side that it is nearest to, give or take a millimetre.
      std::size_t best = 0;
      double nearest = 1e9;
      for (std::size_t side = 0; side < 6; ++side) {
        const double at = samples.places[3 * i + side / 2];
        const double off = half[side / 2] + (side % 2 ? -at : at) + double(random() % 1000) * 0.001;
        if (off < nearest) nearest = off, best = side;
      }
      masks.bits[best * masks.words() + i / 64] |= std::uint64_t{1} << (i % 64);
    }
    for (std::uint32_t side = 0; side < 6; ++side) {
      masks.quality.push_back(0.9f);
      masks.prompts.push_back(side);
    }
    const PartsFromMasks all(surface, std::make_shared<const MaskSet>(std::move(masks)));
    const auto right = [&](const AutoParams& params) {
      std::vector<std::uint32_t> sides;
      for (std::uint32_t f = 0; f < surface->cleanOf.size(); ++f)
        sides.push_back(std::uint32_t(sideOf(surface->cleanOf[f])));
      return agreement(sides, *all.parts(params).segmentation.labels);
    };
    AutoParams params;
    params.snap = Snapping::always;
    QVERIFY2(right(params) > 0.999, qPrintable(QString::number(right(params))));
    const double most = right(params);
    params.snapMm = 0.01f;  // a triangle on either side of a border, no more
    const double some = right(params);
    params.snap = Snapping::clicks;
    const double none = right(params);
    QVERIFY2(none < some && some < most,
             qPrintable(QString("%1, %2, %3").arg(none).arg(some).arg(most)));
    params.faithful = true;  // as published: no snapping
    const auto published = *all.parts(params).segmentation.labels;
    params.snap = Snapping::always;
    QCOMPARE(*all.parts(params).segmentation.labels, published);
  }
};

QTEST_GUILESS_MAIN(TestPartsFromMasks)
#include "tst_parts_from_masks.moc"
