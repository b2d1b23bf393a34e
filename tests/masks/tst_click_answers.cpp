// From what a network says to single clicks to answers to all of them. The network here knows a
// cube: asked on a side it says "that side", "it and the one opposite", "all but the bottom".

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <functional>

#include "core/base/error.h"
#include "masks/click_answers.h"
#include "support/shapes.h"

using namespace maquette;

namespace {

constexpr float kHalf = 10.f;
constexpr int kTop = 4, kBottom = 5;  // sides are +x -x +y -y +z -z

int sideOf(const Vec3& normal) {
  const float all[] = {normal.x, -normal.x, normal.y, -normal.y, normal.z, -normal.z};
  return int(std::ranges::max_element(all) - all);
}

int sideOf(const Mesh& mesh, std::uint32_t face) {
  return sideOf(areaVector(mesh, mesh.triangles[face]));
}

/// A cube of 20 mm with samples on it, and what is asked about it.
struct Asked {
  MeshPtr mesh = std::make_shared<const Mesh>(test::makeBox({20, 20, 20}, 16));
  MaskedSurfacePtr surface = maskedSurfaceOf(mesh, {});
  SurfaceSamples samples = samplesOn(surface->surface, 4000, 1, {});
  std::array<float, 3> quality{0.8f, 0.6f, 0.3f};
  int asked = 0;
  std::function<void()> onAsk = [] {};
  /// What of the network's masks reaches over the edge, mm.
  float over = 0.f;

  ClickAnswers answers(float reach = kUsualReach) const {
    return {surface, samples.faces, {}, reach};
  }
  ClickAnswers::Ask network() {
    return [this](const Click& click, const Context& ctx) {
      ++asked;
      onAsk();
      ctx.check();
      return masksAt(sideOf(*mesh, click.face));
    };
  }
  SampleMasks masksAt(int side) const {
    const std::size_t words = (samples.count() + 63) / 64;
    SampleMasks said{std::vector<std::uint64_t>(3 * words), {quality.begin(), quality.end()}};
    for (std::size_t i = 0; i < samples.count(); ++i) {
      const int here = sideOf(*mesh, surface->faceFrom[samples.faces[i]]);
      const double* at = &samples.places[3 * i];
      const auto distance = [&](int to) {
        return kHalf - float(to % 2 == 0 ? at[to / 2] : -at[to / 2]);
      };
      const bool is = here == side || distance(side) < over;
      const bool opposite = here == (side ^ 1) || distance(side ^ 1) < over;
      for (const auto& [row, in] : {std::pair{0, is}, {1, is || opposite}, {2, here != kBottom}})
        if (in) said.bits[std::size_t(row) * words + i / 64] |= std::uint64_t{1} << (i % 64);
    }
    return said;
  }
  /// On the triangle nearest to a place.
  Click at(Vec3 place, bool positive = true) const {
    std::uint32_t best = 0;
    const auto off = [&](std::uint32_t f) {
      return length(faceCentre(*mesh, mesh->triangles[f]) - place);
    };
    for (std::uint32_t f = 1; f < mesh->triangles.size(); ++f)
      if (off(f) < off(best)) best = f;
    return {best, faceCentre(*mesh, mesh->triangles[best]), positive};
  }
  /// Whether a mask is exactly some sides.
  bool is(const FaceMask& mask, std::initializer_list<int> sides) const {
    for (std::uint32_t f = 0; f < mask.size(); ++f)
      if (bool(mask[f]) != (std::ranges::find(sides, sideOf(*mesh, f)) != sides.end()))
        return false;
    return mask.size() == mesh->triangles.size();
  }
};

const Vec3 kOnTop{1, 1, kHalf}, kOnRight{kHalf, 1, 1}, kOnFront{1, -kHalf, 1},
    kOnBottom{1, 1, -kHalf};

}  // namespace

class TestClickAnswers : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void oneClickOffersTheMasksFromSmallToLarge() {
    Asked on;
    ClickAnswers answers = on.answers();
    const Candidates found = answers.to({{on.at(kOnTop)}}, on.network(), {});
    QCOMPARE(found.masks.size(), std::size_t(3));
    QVERIFY(on.is(found.masks[0].faces, {kTop}));
    QVERIFY(on.is(found.masks[1].faces, {kTop, kBottom}));
    QVERIFY(on.is(found.masks[2].faces, {0, 1, 2, 3, kTop}));
    QCOMPARE(found.preferred, std::size_t(0));
    QCOMPARE(found.masks[1].score, 0.6f);
    on.quality = {0.1f, 0.2f, 0.9f};  // the surest is shown first, whatever its size
    ClickAnswers others = on.answers();
    QCOMPARE(others.to({{on.at(kOnTop)}}, on.network(), {}).preferred, std::size_t(2));
  }

  void masksThatAreTheSameAreOfferedOnce() {
    Asked on;
    ClickAnswers answers = on.answers();
    const ClickAnswers::Ask alike = [&](const Click& click, const Context& ctx) {
      SampleMasks said = on.network()(click, ctx);
      const std::size_t words = said.bits.size() / 3;
      std::copy_n(said.bits.begin(), words, said.bits.begin() + std::ptrdiff_t(words));
      return said;
    };
    const Candidates found = answers.to({{on.at(kOnTop)}}, alike, {});
    QCOMPARE(found.masks.size(), std::size_t(2));
    QCOMPARE(found.masks[0].score, 0.8f);  // the better of the two
  }

  void wantedClicksUniteSizeBySize() {
    Asked on;
    ClickAnswers answers = on.answers();
    const Candidates found = answers.to({{on.at(kOnTop), on.at(kOnRight)}}, on.network(), {});
    QVERIFY(on.is(found.masks[0].faces, {kTop, 0}));
    QVERIFY(on.is(found.masks[1].faces, {kTop, kBottom, 0, 1}));
  }

  void anUnwantedClickTakesAwayWhatIsThere() {
    Asked on;
    on.quality = {0.2f, 0.9f, 0.3f};
    ClickAnswers answers = on.answers();
    const Prompts prompts{{on.at(kOnTop), on.at(kOnRight, false)}};
    const Candidates found = answers.to(prompts, on.network(), {});
    QVERIFY(on.is(found.masks[0].faces, {kTop}));           // had nothing of it
    QVERIFY(on.is(found.masks[1].faces, {kTop, kBottom}));  // neither
    // Lost what the network is surest of there: that side with the one opposite.
    QVERIFY(on.is(found.masks[2].faces, {2, 3, kTop}));
    QCOMPARE(found.preferred, std::size_t(1));
  }

  /// The bottom is in the middle mask of the top only, and the network's masks at the bottom hold
  /// the top or are the bottom alone.
  void anUnwantedClickChoosesASmallerMask() {
    Asked on;
    ClickAnswers answers = on.answers();
    const Prompts prompts{{on.at(kOnTop), on.at(kOnBottom, false)}};
    const Candidates found = answers.to(prompts, on.network(), {});
    QVERIFY(on.is(found.masks[0].faces, {kTop}));
    QVERIFY(on.is(found.masks.back().faces, {0, 1, 2, 3, kTop}));
    for (const Candidate& one : found.masks)
      QVERIFY(one.faces[prompts.clicks[0].face] && !one.faces[prompts.clicks[1].face]);
  }

  void atOddsTheSurfaceDecides() {
    Asked on;
    ClickAnswers answers = on.answers();
    // Both on top, where the network only knows the whole of it.
    const Click in = on.at({-6, 0, kHalf}), out = on.at({6, 0, kHalf}, false);
    const Candidates found = answers.to({{in, out}}, on.network(), {});
    const FaceMask& smallest = found.masks[0].faces;
    QVERIFY(smallest[in.face] && !smallest[out.face]);
    int wrong = 0;
    for (std::uint32_t f = 0; f < smallest.size(); ++f)
      wrong += bool(smallest[f]) !=
               (sideOf(*on.mesh, f) == kTop && faceCentre(*on.mesh, on.mesh->triangles[f]).x < 0.f);
    QVERIFY2(wrong < 100, qPrintable(QString::number(wrong)));  // of 512 on top
  }

  void everyClickIsAskedOnce() {
    Asked on;
    ClickAnswers answers = on.answers();
    Prompts prompts;
    for (const Click& click : {on.at(kOnTop), on.at(kOnRight), on.at(kOnFront, false)}) {
      prompts.clicks.push_back(click);
      answers.to(prompts, on.network(), {});
      answers.to(prompts, on.network(), {});
    }
    QCOMPARE(on.asked, 3);
    prompts.clicks.pop_back();  // one step back
    const Candidates back = answers.to(prompts, on.network(), {});
    QCOMPARE(on.asked, 3);
    QVERIFY(on.is(back.masks[0].faces, {kTop, 0}));
  }

  void aWantedClickWinsOnTheSameTriangle() {
    Asked on;
    ClickAnswers answers = on.answers();
    Click no = on.at(kOnTop);
    no.positive = false;
    const Candidates found = answers.to({{on.at(kOnTop), no}}, on.network(), {});
    QVERIFY(on.is(found.masks[0].faces, {kTop}));
  }

  void aCancelledClickLeavesNothingHalfDone() {
    Asked on;
    ClickAnswers answers = on.answers();
    const Prompts one{{on.at(kOnTop)}}, two{{on.at(kOnTop), on.at(kOnRight)}};
    const Candidates before = answers.to(one, on.network(), {});
    on.onAsk = [] { throw Cancelled(); };
    QVERIFY_EXCEPTION_THROWN(answers.to(two, on.network(), {}), Cancelled);
    on.onAsk = [] {};
    QVERIFY(answers.to(one, on.network(), {}).masks[1].faces == before.masks[1].faces);
    QVERIFY(on.is(answers.to(two, on.network(), {}).masks[0].faces, {kTop, 0}));
  }

  void bordersSnapWithinTheirReachOrNotAtAll() {
    Asked on;
    on.over = 2.5f;  // the masks reach over the edge by two rows of triangles
    const auto smallest = [&](float reach) {
      ClickAnswers answers = on.answers(reach);
      return answers.to({{on.at(kOnTop)}}, on.network(), {}).masks[0].faces;
    };
    QVERIFY(on.is(smallest(6.f), {kTop}));
    const FaceMask asSaid = smallest(0.f);
    QVERIFY(!on.is(asSaid, {kTop}));
    for (std::uint32_t f = 0; f < asSaid.size();
         ++f)  // what the network said, triangle by triangle
      if (const Vec3 c = faceCentre(*on.mesh, on.mesh->triangles[f]); std::abs(c.z - 7.5f) > 1.3f)
        QCOMPARE(bool(asSaid[f]), c.z > 7.5f);
  }

  void whatHasNoSampleGoesWithWhatIsNearest() {
    // A small cube far from all samples but nearest to the top of the large one.
    Asked on;
    on.mesh = std::make_shared<const Mesh>(
        test::joined(*on.mesh, test::moved(test::makeCube(1.f), {0, 0, 14})));
    const auto large = std::uint32_t(on.mesh->triangles.size() - 12);
    on.surface = maskedSurfaceOf(on.mesh, {});
    ClickAnswers answers = on.answers(0.f);
    const FaceMask mask = answers.to({{on.at(kOnTop)}}, on.network(), {}).masks[0].faces;
    for (std::uint32_t f = large; f < mask.size(); ++f) QVERIFY(mask[f]);
    const FaceMask other = answers.to({{on.at(kOnFront)}}, on.network(), {}).masks[0].faces;
    for (std::uint32_t f = large; f < other.size(); ++f) QVERIFY(!other[f]);
  }

  void clicksThatMeanNothingAreRefused() {
    Asked on;
    ClickAnswers answers = on.answers();
    QVERIFY_EXCEPTION_THROWN(answers.to({}, on.network(), {}), InvalidInput);
    QVERIFY_EXCEPTION_THROWN(answers.to({{on.at(kOnTop, false)}}, on.network(), {}), InvalidInput);
    QVERIFY_EXCEPTION_THROWN(answers.to({{Click{1u << 30, {}, true}}}, on.network(), {}),
                             InvalidInput);
    QCOMPARE(on.asked, 0);
  }
};

QTEST_APPLESS_MAIN(TestClickAnswers)
#include "tst_click_answers.moc"
