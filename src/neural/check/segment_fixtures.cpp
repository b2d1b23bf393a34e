// How the fixtures of part segmentation (P3-SAM on Sonata) are computed: whole numbers and layers.
// Whole networks are in segment_networks.cpp.

#include <ATen/ops/cat.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/tensor.h>
#include <spdlog/fmt/fmt.h>

#include <map>

#include "masks/random_streams.h"
#include "neural/check/fixture.h"
#include "neural/check/grids.h"
#include "neural/nn/farthest_points.h"
#include "neural/segment/sonata.h"

namespace maquette::neural {
namespace {

using at::Tensor;

constexpr double kCell = 0.005;

Tensor doubles(const std::vector<double>& all, at::IntArrayRef shape) {
  return at::tensor(all, at::TensorOptions(c10::kDouble)).view(shape);
}

void randomStreams(Fixture& f) {
  std::vector<std::int64_t> raw, words, bounded, permutations;
  std::vector<double> pcgDoubles, legacy;
  const std::vector<std::int64_t> pcgSeeds = f.integers("pcg64_seeds");
  for (const std::int64_t seed : pcgSeeds) {
    Pcg64 first{std::uint64_t(seed)}, second{std::uint64_t(seed)};
    for (int i = 0; i < 16; ++i) raw.push_back(std::int64_t(first.next64()));
    for (int i = 0; i < 64; ++i) pcgDoubles.push_back(second.uniform());
  }
  const std::vector<std::int64_t> seeds = f.integers("mt_seeds");
  for (const std::int64_t seed : seeds) {
    Mt19937 first{std::uint32_t(seed)}, second{std::uint32_t(seed)};
    for (int i = 0; i < 32; ++i) words.push_back(first.next());
    for (int i = 0; i < 32; ++i) legacy.push_back(second.uniform());
    for (const std::int64_t bound : f.integers("bounds")) {
      Mt19937 fresh{std::uint32_t(seed)};
      for (int i = 0; i < 64; ++i) bounded.push_back(fresh.below(std::uint32_t(bound)));
    }
    for (const CurvePermutation& one : permutationsFor(std::uint32_t(seed)))
      permutations.insert(permutations.end(), one.begin(), one.end());
  }
  f.out("pcg64_raw", raw);
  f.out("pcg64_double", doubles(pcgDoubles, {std::int64_t(pcgSeeds.size()), 64}));
  f.out("mt_raw", words);
  f.out("legacy_double", doubles(legacy, {std::int64_t(seeds.size()), 32}));
  f.out("legacy_bounded", bounded);
  f.out("permutations", permutations);
  Mt19937 run(42);
  std::vector<std::int64_t> draws;
  for (int i = 0; i < 997; ++i) draws.push_back(run.below(5));
  f.out("legacy_run_representatives", draws);
  f.out("legacy_run_fps_start", std::vector<std::int64_t>{run.below(100'000)});
  std::vector<double> colours;
  for (int i = 0; i < 9; ++i) colours.push_back(run.uniform());
  f.out("legacy_run_doubles", doubles(colours, {9}));
}

Voxels voxelsIn(const Fixture& f) {
  const Tensor points = f.stored("points").cpu().contiguous();
  return voxelsOf({points.const_data_ptr<double>(), std::size_t(points.numel())}, kCell);
}

std::vector<std::int64_t> asSigned(const std::vector<std::uint64_t>& all) {
  return {all.begin(), all.end()};
}

void gridSampling(Fixture& f) {
  const Voxels voxels = voxelsIn(f);
  f.out("keys", asSigned(voxels.keys));
  f.out("counts", tensorOf(voxels.counts));
  f.out("inverse", tensorOf(voxels.inverse));
  f.out("grid", tensorOf(voxels.cells));
  f.out("representatives_stable", voxels.pick(f.integers("draws")));
  const Tensor rows = f.stored("representatives").to(c10::kLong);
  const Tensor places = f.stored("points").index_select(0, rows).to(c10::kFloat);
  const Tensor normals = f.stored("normals").index_select(0, rows).to(c10::kFloat);
  f.out("feat", at::cat({places, at::full_like(places, 1. / 255.), normals}, 1));
}

void codes(Fixture& f) {
  for (const auto& [name, depth] :
       {std::pair("all3", 3), std::pair("depth1", 1), std::pair("depth5", 5),
        std::pair("depth9", 9), std::pair("depth10", 10), std::pair("depth16", 16)}) {
    const std::string in = name;
    Tensor all = codesOf(cellsIn(f, in + "/grid"), depth);
    if (f.hasIn(in + "/batch"))
      all =
          all.add(f.stored(in + "/batch").cpu().to(c10::kLong).mul(std::int64_t{1} << (3 * depth)));
    f.out(in + "/codes", all);
  }
}

/// Orders, windows and poolings of a grid and of those made from it.
void chain(Fixture& f, std::vector<Cell> cells, const std::string& prefix) {
  const std::int64_t patch = f.config().integer("patch");
  for (int s = 0; s < 5; ++s) {
    const std::string stage = fmt::format("{}stage{}/", prefix, s);
    const int depth = depthOf(cells);
    f.out(stage + "depth", std::vector<std::int64_t>{depth});
    if (f.hasOut(stage + "grid")) f.out(stage + "grid", tensorOf(cells));
    if (f.hasOut(stage + "codes")) f.out(stage + "codes", codesOf(cells, depth));
    std::vector<std::int64_t> orders, inverses;
    for (const Curve curve : kCurves) {
      const CurveOrder order = orderAlong(cells, curve);
      orders.insert(orders.end(), order.order.begin(), order.order.end());
      inverses.insert(inverses.end(), order.inverse.begin(), order.inverse.end());
    }
    f.out(stage + "order", orders);
    if (f.hasOut(stage + "inverse_order")) f.out(stage + "inverse_order", inverses);
    const std::int64_t count[] = {std::int64_t(cells.size())};
    const Windows windows = windowsOf(count, patch);
    f.out(stage + "slots", tensorOf(windows.slots));
    f.out(stage + "window_bounds", tensorOf(windows.bounds));
    Coarser coarser = halved(cells);
    if (f.hasOut(stage + "cluster")) f.out(stage + "cluster", tensorOf(coarser.cluster));
    cells = std::move(coarser.cells);
  }
}

void orders(Fixture& f) {
  chain(f, cellsIn(f, "grid"), "");
  chain(f, cellsIn(f, "full/grid"), "full/");
}

void realisticSerialization(Fixture& f) {
  const Voxels voxels = voxelsIn(f);
  f.out("keys", asSigned(voxels.keys));
  f.out("inverse", tensorOf(voxels.inverse));
  chain(f, voxels.cells, "");
}

void windows(Fixture& f) {
  for (const std::string& name : f.config().names("")) {
    const Windows all = windowsOf(f.integers(name + "/offset"), f.integers(name + "/patch")[0]);
    f.out(name + "/slots", tensorOf(all.slots));
    f.out(name + "/bounds", tensorOf(all.bounds));
    f.out(name + "/readback", tensorOf(all.readback));
  }
}

void neighbourMap(Fixture& f) {
  const std::vector<Cell> cells = cellsIn(f, "grid");
  const NeighbourMap map = neighboursOf(cells);
  std::vector<std::int64_t> rows;
  const auto add = [&](std::int64_t k, std::int64_t cell, std::int64_t neighbour) {
    rows.insert(rows.end(), {k, cell, neighbour});
  };
  for (std::int64_t k = 0; k < 27; ++k) {
    if (k == 13)
      for (std::int64_t i = 0; i < std::int64_t(cells.size()); ++i) add(k, i, i);
    if (k < 13)
      for (std::size_t i = 0; i < map.below[std::size_t(k)].cells.size(); ++i)
        add(k, map.below[std::size_t(k)].cells[i], map.below[std::size_t(k)].neighbours[i]);
    if (k > 13) {  // those of 26 - k from the other side
      const NeighbourMap::Pairs& pairs = map.below[std::size_t(26 - k)];
      std::map<std::int64_t, std::int64_t> swapped;
      for (std::size_t i = 0; i < pairs.cells.size(); ++i)
        swapped[pairs.neighbours[i]] = pairs.cells[i];
      for (const auto& [cell, neighbour] : swapped) add(k, cell, neighbour);
    }
  }
  f.out("pairs", rows);
}

void sparseConvolution(Fixture& f) {
  const SparseNeighbours neighbours(neighboursOf(cellsIn(f, "grid")), f.placement().device);
  for (const std::string name : {"c16", "c48", "one_hot"}) {
    const Tensor x = f.in(name + "/x");
    const SparseConvolution layer(f.weights(f.config().text("cases." + name) + "."), x.size(1),
                                  x.size(1));
    f.out(name + "/y", layer(x, neighbours));
  }
}

void stem(Fixture& f) {
  const SonataStem layer(f.weights("sonata.embedding."), f.config().integer("channels"));
  f.out("feat", layer(f.in("feat")));
  // Rounded to half precision these rows would have lost what they are about.
  if (f.placement().dtype == c10::kFloat)
    f.out("low_variance/y", gelu(layer.norm(f.in("low_variance/x"))));
}

void attention(Fixture& f) {
  WindowAttention layer(f.weights(f.config().text("module") + "."), f.config().integer("channels"),
                        f.config().integer("heads"), f.config().integer("patch"), false);
  SonataStage::Row row;
  row.order = f.stored("order").to(c10::kLong);
  row.inverse = row.order.argsort();
  const Tensor qkv = layer.qkv(f.in("x"));
  f.out("qkv", qkv);
  f.out("core", layer.core(qkv, row));
  f.out("y", layer(f.in("x"), row));
  layer.half = true;
  f.out("half_core", layer.core(qkv, row));
  f.out("half_y", layer(f.in("x"), row));
}

void block(Fixture& f) {
  SonataConfig config;
  config.window = f.config().integer("patch");
  const SonataBlock layer(f.weights(f.config().text("module") + "."),
                          f.config().integer("channels"), f.config().integer("heads"), config);
  const CurvePermutation permutation =
      f.hasIn("permutation") ? permutationsIn(f, "permutation")[0] : CurvePermutation{0, 1, 2, 3};
  const SonataStage stage = stageOf(f, permutation);
  const SonataStage::Row& row = stage.rows[std::size_t(f.config().integer("block_index")) % 4];
  f.out("order", row.order);
  const Watch watch = [&](const std::string& step, const Tensor& value) {
    if (f.hasOut(step)) f.out(step, value);
    if (f.hasOut(step + "_probe")) {
      const Tensor rows = f.theirs("probe_rows").to(value.device(), c10::kLong);
      f.out("probe_rows", rows);  // a choice, not a result
      f.out(step + "_probe", value.index_select(0, rows));
    }
  };
  f.out("y", layer(f.in("x"), stage.neighbours, row, watch));
}

void pooling(Fixture& f) {
  const Tensor x = f.in("x");
  const Coarser coarser = halved(cellsIn(f, "grid"));
  const auto count = std::int64_t(coarser.cells.size());
  const SonataPooling layer(f.weights(f.config().text("module") + "."), x.size(1),
                            f.theirs("feat").size(1));
  const Tensor cluster = tensorOf(coarser.cluster).to(f.placement().device);
  f.out("cluster", cluster);
  f.out("grid", tensorOf(coarser.cells));
  f.out("depth", std::vector<std::int64_t>{depthOf(coarser.cells)});
  f.out("maximum", layer.largest(x, cluster, count));
  f.out("feat", layer(x, cluster, count));
  std::vector<std::int64_t> rows;
  const CurvePermutation permutation = permutationsIn(f, "permutation")[0];
  for (const std::int64_t curve : permutation) {
    const CurveOrder order = orderAlong(coarser.cells, kCurves[std::size_t(curve)]);
    rows.insert(rows.end(), order.order.begin(), order.order.end());
  }
  f.out("order", rows);
}

void farthest(Fixture& f) {
  for (const std::string prefix : {"", "lattice/"}) {
    const Tensor points = f.stored(prefix + "points").to(c10::kFloat);
    const std::int64_t start = f.integers(prefix + "start")[0];
    const std::int64_t count =
        f.config().integer(prefix.empty() ? "count" : std::string("lattice.count"));
    f.out(prefix + "indices", farthestPoints(points, count, start));
    f.out(prefix + "indices_first_wins", farthestPoints(points, count, start, Ties::first));
  }
}

constexpr Implementation kImplementations[] = {
    {"01-rng", randomStreams},
    {"05-grid-sampling", gridSampling},
    {"06-codes", codes},
    {"07-orders", orders},
    {"07-serialization-realistic", realisticSerialization},
    {"08-windows", windows},
    {"09-neighbour-map", neighbourMap},
    {"10-sparse-conv", sparseConvolution},
    {"11-stem", stem},
    {"12-attention", attention},
    {"13-block", block},
    {"13-block-official", block},
    {"14-pooling", pooling},
    {"20-fps", farthest},
};

}  // namespace

std::span<const Implementation> segmentImplementations() { return kImplementations; }

}  // namespace maquette::neural
