// How the fixtures of part segmentation (P3-SAM) are computed where nothing is learned: meshes,
// samples, and from masks to labels.

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cstring>

#include "masks/face_labels.h"
#include "masks/mask_merging.h"
#include "masks/regions.h"
#include "masks/surface_samples.h"
#include "masks/unconnected.h"
#include "neural/check/fixture.h"
#include "neural/check/grids.h"
#include "neural/nn/farthest_points.h"
#include "neural/segment/p3_sam.h"

namespace maquette::neural {
namespace {

using at::Tensor;
using Whole = std::vector<std::int64_t>;

template <class T>
std::vector<T> numbersOf(const Tensor& tensor) {
  const Tensor all = tensor.cpu().contiguous();
  const T* first = all.const_data_ptr<T>();
  return {first, first + all.numel()};
}

template <class T>
std::vector<T> numbersIn(const Fixture& f, const std::string& name) {
  return numbersOf<T>(f.stored(name));
}

template <class T>
Whole whole(const std::vector<T>& all) {
  return {all.begin(), all.end()};
}

Tensor doubles(const std::vector<double>& all, at::IntArrayRef shape) {
  return at::tensor(all, at::TensorOptions(c10::kDouble)).view(shape);
}

Tensor rows(const std::vector<double>& all) { return doubles(all, {-1, 3}); }

std::vector<Place> placesOf(const std::vector<double>& all) {
  std::vector<Place> places;
  for (std::size_t i = 0; i + 2 < all.size(); i += 3)
    places.push_back({all[i], all[i + 1], all[i + 2]});
  return places;
}

Tensor rows(const std::vector<Place>& places) {
  std::vector<double> all;
  for (const Place& place : places) all.insert(all.end(), place.begin(), place.end());
  return rows(all);
}

template <std::size_t N>
Tensor rows(const std::vector<std::array<std::uint32_t, N>>& all) {
  Whole flat;
  for (const auto& row : all) flat.insert(flat.end(), row.begin(), row.end());
  return at::tensor(flat, at::TensorOptions(c10::kLong)).view({-1, std::int64_t(N)});
}

Tensor rows(const std::vector<PlaceBox>& boxes) {
  std::vector<Place> corners;
  for (const PlaceBox& box : boxes) corners.insert(corners.end(), {box.least, box.most});
  return rows(corners).view({-1, 2, 3});
}

template <std::size_t N>
std::vector<std::array<std::uint32_t, N>> rowsIn(const Fixture& f, const std::string& name) {
  const Whole flat = f.integers(name);
  std::vector<std::array<std::uint32_t, N>> all(flat.size() / N);
  for (std::size_t i = 0; i < N * all.size(); ++i) all[i / N][i % N] = std::uint32_t(flat[i]);
  return all;
}

Surface surfaceIn(const Fixture& f, const std::string& prefix) {
  return {placesOf(numbersIn<double>(f, prefix + "vertices")), rowsIn<3>(f, prefix + "faces")};
}

std::vector<std::int32_t> labelsIn(const Fixture& f, const std::string& name) {
  const Whole all = f.integers(name);
  return {all.begin(), all.end()};
}

void surfaceSampling(Fixture& f) {
  for (const std::string name : {"square", "box", "cylinder"}) {
    const Surface surface = surfaceIn(f, name + "/");
    f.out(name + "/area_cumsum", doubles(areaSums(surface), {-1}));
    f.out(name + "/face_normals", rows(flatNormals(surface)));
    const SurfaceSamples given = samplesOn(surface, numbersIn<double>(f, name + "/uniform_pick"),
                                           numbersIn<double>(f, name + "/uniform_barycentric"));
    f.out(name + "/face_index", whole(given.faces));
    // The points of our own draws lie on the same faces only if those are the same draws.
    const SurfaceSamples own =
        samplesOn(surface, std::size_t(f.config().integer(name + ".points")),
                  std::uint64_t(f.config().integer(name + ".seed")), f.context());
    f.out(name + "/points", rows(own.places));
  }
}

void cleaning(Fixture& f) {
  for (const std::string& name : f.config().names("")) {
    std::vector<std::array<double, 2>> texture;
    if (f.hasIn(name + "/uv")) {
      const auto flat = numbersIn<double>(f, name + "/uv");
      for (std::size_t i = 0; i + 1 < flat.size(); i += 2)
        texture.push_back({flat[i], flat[i + 1]});
    }
    CleaningSteps steps;
    const CleanSurface clean = cleaned(surfaceIn(f, name + "/"), texture, f.context(), &steps);
    f.out(name + "/vertices", rows(clean.surface.vertices));
    f.out(name + "/faces", rows(clean.surface.faces));
    f.out(name + "/face_map", whole(clean.faceFrom));
    f.out(name + "/welded_vertices", rows(steps.welded.vertices));
    f.out(name + "/welded_faces", rows(steps.welded.faces));
  }
}

void frames(Fixture& f) {
  const auto points = numbersIn<double>(f, "points");
  const NetworkFrame frame = frameOf(points);
  std::vector<Place> normalised;
  for (const Place& place : placesOf(points)) normalised.push_back(frame.normalised(place));
  f.out("centre", rows(std::vector<Place>{frame.centre}).view({3}));
  f.out("scale", doubles({frame.scale}, {1}));
  f.out("shift", rows(std::vector<Place>{frame.shift}).view({3}));
  f.out("frame_a", rows(normalised));
  f.out("frame_s", rows(insideFrame(frame, points)));
}

/// The best of three masks for each prompt: A5.
///
/// @param bits  three rows of whole bytes for each prompt
MaskSet bestMasks(Fixture& f, const std::string& prefix, std::vector<std::uint32_t> faces,
                  std::vector<double> places, const std::vector<float>& quality,
                  const std::vector<std::uint8_t>& bits) {
  MaskSet masks;
  masks.faces = std::move(faces);
  masks.places = std::move(places);
  const std::size_t prompts = quality.size() / 3, bytes = bits.size() / quality.size();
  masks.bits.resize(prompts * masks.words());
  Whole heads;
  for (std::size_t k = 0; k < prompts; ++k) {
    const auto first = quality.begin() + std::ptrdiff_t(3 * k);
    const auto best = std::size_t(std::max_element(first, first + 3) - first);
    heads.push_back(std::int64_t(best));
    masks.quality.push_back(quality[3 * k + best]);
    std::memcpy(masks.bits.data() + k * masks.words(), bits.data() + (3 * k + best) * bytes, bytes);
  }
  f.out(prefix + "best_head", heads);
  return masks;
}

MaskSet givenMasks(Fixture& f, const std::string& prefix, std::vector<std::uint32_t> faces,
                   std::vector<double> places) {
  return bestMasks(f, prefix, std::move(faces), std::move(places),
                   numbersIn<float>(f, prefix + "iou"),
                   numbersIn<std::uint8_t>(f, prefix + "mask_bits"));
}

MergedMasks merging(Fixture& f, const std::string& prefix, const MaskSet& masks) {
  MergedMasks merged = mergedMasks(masks, f.context());
  std::vector<float> sorted;
  for (const std::uint32_t mask : merged.order) sorted.push_back(masks.quality[mask]);
  f.out(prefix + "order", whole(merged.order));
  f.out(prefix + "sorted_iou", at::tensor(sorted, at::TensorOptions(c10::kFloat)));
  f.out(prefix + "cluster_representative", whole(merged.representative));
  f.out(prefix + "kept", whole(merged.kept));
  f.out(prefix + "after_box_merge", whole(merged.unboxed));
  f.out(prefix + "free_points", Whole{merged.uncovered});
  f.out(prefix + "after_rescue", whole(merged.taken));
  f.out(prefix + "paint_order", whole(merged.painted));
  f.out(prefix + "point_labels", whole(merged.labels));
  return merged;
}

void maskMerging(Fixture& f) {
  auto points = numbersIn<double>(f, "points");
  std::vector<std::uint32_t> faces(points.size() / 3, 0);
  merging(f, "", givenMasks(f, "", std::move(faces), std::move(points)));
}

void faceVote(Fixture& f) {
  for (const std::string name : {"crafted", "random"}) {
    const Whole faces = f.integers(name + "/face_index");
    const std::vector<std::uint32_t> at(faces.begin(), faces.end());
    const auto count = std::size_t(f.theirs(name + "/labels").numel());
    f.out(name + "/labels", whole(votedLabels(at, labelsIn(f, name + "/point_labels"), count)));
  }
}

void growth(Fixture& f) {
  for (const std::string& name : f.config().names("")) {
    const auto labels = labelsIn(f, name + "/labels");
    const FaceLinks links = faceLinksOf(rowsIn<2>(f, name + "/pairs"), labels.size());
    auto first = labels, second = labels;
    growOverUnknown(links, first, f.context());
    grow(links, second, f.context());
    f.out(name + "/first_growth", whole(first));
    f.out(name + "/second_growth", whole(second));
  }
}

/// A13 to A21, once masks have become labels of samples.
void onFaces(Fixture& f, const std::string& prefix, const Surface& surface, const FaceLinks& links,
             const MaskSet& masks, const MergedMasks& merged) {
  const std::vector<double> areas = faceAreas(surface);
  const LabelledSurface on{surface, links, areas};
  std::vector<std::int32_t> labels = votedLabels(masks.faces, merged.labels, links.faces());
  f.out(prefix + "labels_vote", whole(labels));
  growOverUnknown(links, labels, f.context());
  f.out(prefix + "labels_grow1", whole(labels));
  clearTiny(on, labels, f.context());
  f.out(prefix + "labels_cleared", whole(labels));
  grow(links, labels, f.context());
  f.out(prefix + "labels_grow2", whole(labels));
  Regions regions = regionsOf(links, labels, areas, f.context());
  promoteLarge(regions, kUnknown);
  f.out(prefix + "region_of_face", whole(regions.of));
  f.out(prefix + "region_label_promoted", whole(regions.label));
  attachRest(on, regions, Attaching::published, f.context());
  labels = faceLabels(regions);
  f.out(prefix + "labels", whole(labels));
  f.out(prefix + "boxes", rows(labelBoxes(surface, labels)));
  regions = regionsOf(links, labels, areas, f.context());
  mergeSmall(links, regions, f.config().number("threshold"));
  labels = faceLabels(regions);
  f.out(prefix + "labels_merged", whole(labels));
  f.out(prefix + "boxes_merged", rows(labelBoxes(surface, labels)));
}

/// A1 to A21 on one mesh with given masks. What a case shares with another, `shared` has.
void postprocess(Fixture& f, const std::string& prefix, const Surface& surface,
                 const std::string& shared) {
  const FaceLinks links = faceLinksOf(surface.faces, surface.vertices.size(), f.context());
  f.out(prefix + "adjacency", rows(links.pairs));
  const SurfaceSamples samples =
      samplesOn(surface, std::size_t(f.config().integer("points")),
                std::uint64_t(f.config().integer("sampling_seed")), f.context());
  std::vector<double> places = insideFrame(frameOf(samples.places), samples.places);
  if (prefix == shared) {
    f.out(prefix + "face_index", whole(samples.faces));
    f.out(prefix + "points", rows(places));
    f.out(prefix + "prompt_index",
          farthestPoints(rows(places).to(c10::kFloat), f.config().integer("prompts"),
                         f.integers(prefix + "fps_start")[0]));
  }
  const MaskSet masks = givenMasks(f, prefix, samples.faces, std::move(places));
  onFaces(f, prefix, surface, links, masks, merging(f, prefix, masks));
}

void cleanedPostprocess(Fixture& f, const std::string& prefix) {
  const CleanSurface clean = cleaned(surfaceIn(f, ""), {}, f.context());
  f.out(prefix + "vertices", rows(clean.surface.vertices));
  f.out(prefix + "faces", rows(clean.surface.faces));
  postprocess(f, prefix, clean.surface, prefix);
}

void postprocessPlain(Fixture& f) { cleanedPostprocess(f, ""); }

void postprocessSeams(Fixture& f) {
  cleanedPostprocess(f, "welded/");
  postprocess(f, "unwelded/", surfaceIn(f, ""), "welded/");
}

void noConnectivity(Fixture& f) {
  const Surface surface = surfaceIn(f, "");
  const auto drawn = facePoints(surface, std::uint32_t(f.config().integer("seed_legacy")));
  f.out("face_points", rows(drawn).view({-1, std::int64_t(kPointsPerFace), 3}));
  const auto points = facePoints(surface, numbersIn<double>(f, "u"), numbersIn<double>(f, "v"));
  const auto labels = labelsIn(f, "point_labels");
  const auto nearest = nearestSamples(points, numbersIn<double>(f, "points"), labels, f.context());
  f.out("nearest", whole(nearest));
  const auto ofFaces = labelsByNearest(nearest, labels);
  f.out("labels", whole(ofFaces));
  f.out("boxes", rows(labelBoxes(surface, ofFaces)));
}

void adjacency(Fixture& f) {
  for (const std::string& name : f.config().names("faces")) {
    const Surface surface = surfaceIn(f, name + "/");
    const FaceLinks links = faceLinksOf(surface.faces, surface.vertices.size(), f.context());
    f.out(name + "/pairs", rows(links.pairs));
    if (!f.hasOut(name + "/neighbours")) continue;
    std::size_t width = 0, last = 0;
    for (std::uint32_t i = 0; i < links.faces(); ++i) {
      width = std::max(width, links.of(i).size());
      if (!links.of(i).empty()) last = i;
    }
    Whole table;
    for (std::uint32_t i = 0; i <= last; ++i) {
      const auto here = links.of(i);
      table.insert(table.end(), here.begin(), here.end());
      table.insert(table.end(), width - here.size(), -1);
    }
    f.out(name + "/neighbours", table);
  }
}

/// What the network sees of the fixture's samples: the steps up to its features.
HeadPoints seenBy(Fixture& f, const P3Sam& network, const Surface& surface,
                  const SurfaceSamples& samples, const std::vector<double>& places) {
  const Voxels voxels = voxelsOf(places, f.config().number("cell"));
  f.out("inverse", tensorOf(voxels.inverse));
  f.out("grid", tensorOf(voxels.cells));
  const std::vector<double> ofFaces = flatNormals(surface);
  std::vector<double> normals;
  for (const std::uint32_t face : samples.faces)
    normals.insert(normals.end(), ofFaces.begin() + 3 * std::ptrdiff_t(face),
                   ofFaces.begin() + 3 * std::ptrdiff_t(face) + 3);
  const P3SamDraws draws{f.integers("representatives"), permutationsIn(f, "permutations"),
                         f.integers("fps_start")[0]};
  const Tensor probes = f.theirs("voxel_rows").to(f.placement().device, c10::kLong);
  f.out("voxel_rows", probes);  // a choice, not a result
  return network.features({places, normals}, voxels, draws, f.context(),
                          [&](const std::string& step, const Tensor& value) {
                            if (step == "stage4/feat") f.out("stage4", value);
                            if (step == "features")
                              f.out("voxel_features", value.index_select(0, probes));
                          });
}

/// The numbers behind some of the masks.
void logits(Fixture& f, const P3Sam& network, const HeadPoints& points, const Tensor& prompts) {
  const Tensor which = f.theirs("logit_prompts").to(f.placement().device, c10::kLong);
  f.out("logit_prompts", which);
  const Tensor features = points.cells.index_select(0, points.cellOf);
  const MaskAnswers answers =
      network.heads()(features, points.places, prompts.index_select(0, which), 1000, f.context());
  const std::int64_t rows = f.theirs("stage1_logits").size(1);
  f.out("stage1_logits", answers.firstLogits.narrow(1, 0, rows));
  f.out("stage2_logits", answers.logits.narrow(1, 0, rows));
  f.out("global", answers.whole);
}

/// Bits as the fixture stores them, whole bytes a row.
Tensor bytesOf(const MaskBatch& batch, std::size_t points) {
  const std::size_t bytes = (points + 7) / 8, rows = batch.quality.size();
  Tensor all = at::empty({std::int64_t(rows / 3), 3, std::int64_t(bytes)}, c10::kByte);
  auto* to = all.mutable_data_ptr<std::uint8_t>();
  for (std::size_t row = 0; row < rows; ++row)
    std::memcpy(to + row * bytes, batch.bits.data() + row * std::size_t(batch.words), bytes);
  return all;
}

/// From a mesh to parts, with every draw given.
void endToEnd(Fixture& f) {
  const P3Sam network(f.weights(), f.config().integer("patch"));
  const CleanSurface clean = cleaned(surfaceIn(f, ""), {}, f.context());
  const Surface& surface = clean.surface;
  f.out("vertices", rows(surface.vertices));
  f.out("faces", rows(surface.faces));
  const FaceLinks links = faceLinksOf(surface.faces, surface.vertices.size(), f.context());
  f.out("adjacency", rows(links.pairs));
  const auto uniforms = numbersIn<double>(f, "uniforms");
  const std::size_t n = uniforms.size() / 3;
  const SurfaceSamples samples =
      samplesOn(surface, std::span(uniforms).first(n), std::span(uniforms).subspan(n));
  std::vector<double> places = insideFrame(frameOf(samples.places), samples.places);
  f.out("face_index", whole(samples.faces));
  f.out("points", rows(places));
  const HeadPoints points = seenBy(f, network, surface, samples, places);
  const Tensor seen = rows(places).to(c10::kFloat);
  const Tensor picked =
      farthestPoints(seen, f.config().integer("prompts"), f.integers("fps_start")[0]);
  f.out("prompt_index", picked);
  const Tensor prompts = points.places.index_select(0, picked.to(points.places.device()));
  logits(f, network, points, prompts);
  const MaskBatch batch = network.masks(points, prompts, 1 << 16, f.context());
  f.outDecided("mask_bits", bytesOf(batch, n));
  f.out("iou", at::tensor(batch.quality, at::TensorOptions(c10::kFloat)).view({-1, 3}));
  // What follows is whole numbers: computed from its own masks where those are exact.
  const bool exact = f.placement().dtype == c10::kFloat && f.placement().int8 == 0;
  const MaskSet masks = bestMasks(f, "", samples.faces, std::move(places),
                                  exact ? batch.quality : numbersOf<float>(f.theirs("iou")),
                                  exact ? numbersOf<std::uint8_t>(bytesOf(batch, n))
                                        : numbersOf<std::uint8_t>(f.theirs("mask_bits")));
  onFaces(f, "", surface, links, masks, merging(f, "", masks));
}

constexpr Implementation kImplementations[] = {
    {"02-surface-sampling", surfaceSampling},
    {"03-cleaning", cleaning},
    {"04-frames", frames},
    {"21-mask-merging", maskMerging},
    {"22-face-vote", faceVote},
    {"23-growth", growth},
    {"24a-postprocess-solids", postprocessPlain},
    {"24b-postprocess-holes", postprocessPlain},
    {"24c-postprocess-seams", postprocessSeams},
    {"26-no-connectivity", noConnectivity},
    {"27-adjacency", adjacency},
    {"28-end-to-end", endToEnd},
};

}  // namespace

std::span<const Implementation> maskImplementations() { return kImplementations; }

}  // namespace maquette::neural
