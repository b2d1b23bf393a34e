// P3-SAM as the product uses it: a small network that was fitted to four bodies segments them, by
// itself and by clicks, in any amount of memory.

#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "core/base/error.h"
#include "core/models/model_manager.h"
#include "masks/surface_samples.h"
#include "neural/facts.h"
#include "neural/segment/p3_sam.h"
#include "neural/small_p3_sam.h"

using namespace maquette;
using namespace maquette::test;

namespace {

/// Which body every triangle belongs to: pieces that share corners, by place.
std::vector<int> bodyOf() {
  const Mesh& mesh = *bodies();
  std::map<std::array<float, 3>, std::uint32_t> at;
  std::vector<std::uint32_t> parent(mesh.positions.size());
  std::iota(parent.begin(), parent.end(), 0u);
  const auto find = [&](std::uint32_t v) {
    while (parent[v] != v) v = parent[v] = parent[parent[v]];
    return v;
  };
  for (std::uint32_t v = 0; v < mesh.positions.size(); ++v) {
    const Vec3& p = mesh.positions[v];
    parent[find(v)] = find(at.emplace(std::array{p.x, p.y, p.z}, v).first->second);
  }
  for (const Triangle& t : mesh.triangles)
    for (const std::uint32_t v : t) parent[find(v)] = find(t[0]);
  std::map<std::uint32_t, int> number;
  std::vector<int> body;
  for (const Triangle& t : mesh.triangles)
    body.push_back(number.emplace(find(t[0]), int(number.size())).first->second);
  return body;
}

Click clickAt(std::uint32_t face, bool positive = true) {
  return {face, faceCentre(*bodies(), bodies()->triangles[face]), positive};
}

double overlap(const FaceMask& mask, int body) {
  const std::vector<int> all = bodyOf();
  double both = 0., either = 0.;
  for (std::size_t f = 0; f < mask.size(); ++f) {
    const double area = length(areaVector(*bodies(), bodies()->triangles[f]));
    both += mask[f] && all[f] == body ? area : 0.;
    either += mask[f] || all[f] == body ? area : 0.;
  }
  return both / either;
}

bool equal(const MaskSet& a, const MaskSet& b) {
  return a.bits == b.bits && a.quality == b.quality && a.prompts == b.prompts &&
         a.faces == b.faces && a.places == b.places;
}

/// Of the whole network on one rung.
MaskSetPtr masksOn(std::size_t rung) {
  return segmenter(rung)->automatic(bodies(), small(), {}).masks;
}

}  // namespace

FACT(byItselfItFindsTheFourBodies) {
  const PartsResult result = segmenter()->automatic(bodies(), small(), {});
  const std::vector<int> body = bodyOf();
  EXPECT(1 + *std::ranges::max_element(body) == 4);
  std::map<PartId, std::map<int, int>> seen;
  for (std::size_t f = 0; f < body.size(); ++f) ++seen[(*result.segmentation.labels)[f]][body[f]];
  EXPECT(seen.size() == 5);  // the network takes the lowest body for two
  for (const auto& [part, of] : seen) EXPECT(of.size() == 1);
  EXPECT(result.masks && result.masks->masks() == 40 && result.masks->samples() == 4001);
  EXPECT(result.masks->model == "p3-sam" && result.masks->seed == 42);
}

FACT(theSamePartsAsTheFixtureWhateverStandsForACell) {
  // Its samples are the fixture's; which of several samples in a cell stands for it is not.
  const PartsResult result = segmenter()->automatic(bodies(),
                                                    [] {
                                                      AutoParams params = small();
                                                      params.faithful = true;
                                                      return params;
                                                    }(),
                                                    {});
  const std::vector<std::int32_t> expected = partsOfFourBodies(kFixture);
  std::map<std::int32_t, std::set<PartId>> pairs;
  for (std::size_t f = 0; f < expected.size(); ++f)
    pairs[expected[f]].insert((*result.segmentation.labels)[f]);
  for (const auto& [label, parts] : pairs) EXPECT(parts.size() == 1);
}

FACT(aClickFindsItsBody) {
  const auto model = segmenter();
  const auto session = model->open(bodies(), {}, {});
  const std::vector<int> body = bodyOf();
  std::array<int, 4> asked{}, good{}, preferred{};
  for (std::uint32_t face = 5; face < body.size(); face += 17) {
    const auto at = std::size_t(body[face]);
    const Candidates found = session->query({{clickAt(face)}}, {});
    double best = 0.;
    for (const Candidate& one : found.masks) {
      EXPECT(one.faces[face] == 1);
      EXPECT(one.score >= 0.f && one.score <= 1.f);
      best = std::max(best, overlap(one.faces, int(at)));
    }
    ++asked[at];
    good[at] += best > 0.9;
    preferred[at] += overlap(found.masks.at(found.preferred).faces, int(at)) > 0.9;
  }
  for (std::size_t i = 0; i < 4; ++i) {
    std::cout << "      body " << i << ": of " << asked[i] << " clicks " << good[i]
              << " have it among their answers, " << preferred[i] << " first" << std::endl;
    EXPECT(3 * good[i] > asked[i]);
  }
  // The network was fitted briefly, to prompts among its own samples.
  const auto sum = [](const std::array<int, 4>& all) {
    return std::accumulate(all.begin(), all.end(), 0);
  };
  EXPECT(10 * sum(good) >= 7 * sum(asked));
  EXPECT(2 * sum(preferred) >= sum(asked));
}

FACT(everyMaskHoldsAllWantedClicksAndNoUnwantedOne) {
  const auto model = segmenter();
  const auto session = model->open(bodies(), {}, {});
  Prompts prompts;
  std::uint32_t random = 7;
  FaceMask before;
  for (int i = 0; i < 14; ++i) {
    random = random * 1664525u + 1013904223u;
    const std::uint32_t face = random % std::uint32_t(bodies()->triangles.size());
    const bool positive = i == 0 || i % 3 == 1;
    prompts.clicks.push_back(clickAt(face, positive));
    const Candidates found = session->query(prompts, {});
    EXPECT(!found.masks.empty());
    double last = 0.;
    for (const Candidate& one : found.masks) {
      double area = 0.;
      for (std::size_t f = 0; f < one.faces.size(); ++f)
        area += one.faces[f] ? length(areaVector(*bodies(), bodies()->triangles[f])) : 0.f;
      EXPECT(area >= last - 1e-3);  // from small to large
      last = area;
      for (const Click& click : prompts.clicks) EXPECT(one.faces[click.face] == click.positive);
    }
    const FaceMask& shown = found.masks[found.preferred].faces;
    if (!positive)
      for (std::size_t f = 0; f < shown.size(); ++f) EXPECT(shown[f] <= before[f]);
    before = shown;
    // The same asked afresh, without what the session remembers.
    const Candidates fresh = model->open(bodies(), {}, {})->query(prompts, {});
    EXPECT(fresh.masks.size() == found.masks.size() && fresh.masks[fresh.preferred].faces == shown);
  }
  MESSAGE_OF(InvalidInput, session->query({{clickAt(3, false)}}, {}));
  MESSAGE_OF(InvalidInput, session->query({{Click{1u << 30, {}, true}}}, {}));
}

FACT(featuresAreComputedOncePerMesh) {
  const auto model = segmenter();
  auto& planned = dynamic_cast<PlannedModel&>(*model);
  const auto stages = [&] {
    std::set<std::string> names;
    for (const StageUse& stage : planned.used().stages) names.insert(stage.name);
    return names;
  };
  AutoParams params = small();
  params.prompts = 2;
  model->automatic(bodies(), params, {});
  EXPECT(stages().contains("features"));
  const auto session = model->open(bodies(), {}, {});
  EXPECT(!stages().contains("features"));
  session->query({{clickAt(3)}}, {});
  EXPECT(stages() == std::set<std::string>{"masks"});  // first layers were kept, too
  model->open(bodies(), {2000}, {});                   // not the usual number: looked at anew
  EXPECT(stages() == std::set<std::string>({"features", "first layers"}));
  params.points = 3000;
  model->automatic(bodies(), params, {});
  EXPECT(stages().contains("features"));
  session->query({{clickAt(700)}}, {});  // on features of its own
}

FACT(noChunkAndNoCompanyChangesAMask) {
  const c10::InferenceMode inference;
  const neural::P3Sam net(openWeights(network()), {}, false);
  const Surface surface = surfaceOf(*bodies());
  const SurfaceSamples samples = samplesOn(surface, 1501, 3, {});
  const auto places = insideFrame(frameOf(samples.places), samples.places);
  const std::vector<double> normals(places.size(), std::sqrt(1. / 3.));
  const neural::Voxels voxels = neural::voxelsOf(places, neural::kCellEdge);
  neural::HeadPoints points =
      net.features({places, normals}, voxels, neural::drawnFrom(3, voxels), {});
  const at::Tensor prompts = points.places.index_select(0, net.farApart(points, 11, 5));
  const neural::MaskBatch all = net.masks(points, prompts, 1 << 20, {});
  EXPECT(all.quality.size() == 33 && all.words == 24);
  EXPECT(std::ranges::any_of(all.bits, [](std::uint64_t word) { return word != 0; }));
  for (const bool kept : {false, true}) {
    if (kept) net.keepFirstLayers(points, {});
    for (const std::int64_t company : {1, 2, 5, 11}) {
      neural::MaskBatch joined;
      for (std::int64_t k = 0; k < 11; k += company) {
        const auto part = net.masks(
            points, prompts.narrow(0, k, std::min<std::int64_t>(company, 11 - k)), 64, {});
        joined.bits.insert(joined.bits.end(), part.bits.begin(), part.bits.end());
        joined.quality.insert(joined.quality.end(), part.quality.begin(), part.quality.end());
      }
      EXPECT(joined.bits == all.bits);
      EXPECT(joined.quality == all.quality);
    }
  }
  // And they are those of the plain heads, which know nothing of tiles.
  const neural::MaskAnswers plain =
      net.heads()(points.cells.index_select(0, points.cellOf), points.places, prompts, 400, {});
  std::size_t other = 0;
  for (std::int64_t k = 0; k < 11; ++k)
    for (std::int64_t h = 0; h < 3; ++h)
      for (std::int64_t i = 0; i < points.count(); ++i) {
        const bool bit = all.bits[std::size_t((3 * k + h) * all.words + i / 64)] >> (i % 64) & 1;
        other += bit != (plain.logits[k][i][h].item<float>() > 0.f);
      }
  EXPECT(other == 0);
}

FACT(everyRungOfTheLadderGivesTheSameMasks) {
  const MaskSetPtr first = masksOn(0);
  const std::size_t rungs = planOn(0, network()).ladder.size();
  EXPECT(rungs >= 4);
  for (std::size_t rung = 1; rung < rungs; ++rung) EXPECT(equal(*masksOn(rung), *first));
}

FACT(oneRefusedAllocationAnywhereChangesNothing) {
  const MaskSetPtr expected = masksOn(0);
  const auto model = segmenter();
  const auto run = [&] { return model->automatic(bodies(), small(), {}); };
  table().injectFailure({});
  run();
  const std::int64_t allocations = table().injectFailure({});
  EXPECT(allocations > 500);
  int tried = 0;
  for (std::int64_t n = 1; n <= allocations; n += allocations / 23, ++tried) {
    const auto fresh = segmenter();  // features are computed anew
    table().injectFailure({n, 1});
    const PartsResult result = fresh->automatic(bodies(), small(), {});
    EXPECT(equal(*result.masks, *expected));
    EXPECT(std::ranges::none_of(result.notes, [](const std::string& note) {
      return note.find("memory") != std::string::npos;
    }));
    table().injectFailure({});
  }
  std::cout << "      " << tried << " of " << allocations << " allocations refused: identical"
            << std::endl;
}

FACT(wantOfMemoryNeverMeansFewerPrompts) {
  const auto model = segmenter();
  table().injectFailure({200, 100'000'000});
  MESSAGE_OF(OutOfMemory, model->automatic(bodies(), small(), {}));
  table().injectFailure({});
  EXPECT(model->automatic(bodies(), small(), {}).masks->masks() == 40);
}

FACT(afterEverythingMemoryIsAsBefore) {
  const std::int64_t before = held();
  {
    const auto model = segmenter();
    model->automatic(bodies(), small(), {});
    EXPECT(held() > before);
  }
  EXPECT(held() == before);
}

FACT(aJobStopsWhereItIs) {
  const std::int64_t before = held();
  for (const int after : {0, 20, 60, 150}) {
    std::stop_source stop;
    const Context ctx(stop.get_token(), nullptr);
    std::jthread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(after));
      stop.request_stop();
    });
    bool cancelled = false;
    try {
      const auto model = segmenter();
      AutoParams params = small();
      params.prompts = 2000;
      for (int i = 0; i < 100; ++i) model->automatic(bodies(), params, ctx);
    } catch (const Cancelled&) {
      cancelled = true;
    }
    EXPECT(cancelled);
  }
  EXPECT(held() == before);
}

FACT_MAIN
