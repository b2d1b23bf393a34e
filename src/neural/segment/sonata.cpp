#include "neural/segment/sonata.h"

#include <ATen/ops/addmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

#include "core/jobs/parallel.h"
#include "masks/p3_sam_plan.h"
#include "masks/random_streams.h"

namespace maquette::neural {
namespace {

using at::Tensor;

constexpr double kEps = 1e-5;
constexpr std::int64_t kCentre = 13;
constexpr std::int64_t kRows = kP3SamRows;

template <class Whole>
Tensor rowsOf(const std::vector<Whole>& rows, c10::Device device) {
  const Tensor all = at::empty({std::int64_t(rows.size())}, at::TensorOptions(c10::kLong));
  std::ranges::copy(rows, all.mutable_data_ptr<std::int64_t>());
  return all.to(device);
}

/// to[rows[i]] += values[i]; no row twice. On the processor and in single precision a loop of our
/// own, because the library's handles one row at a time as a tensor.
void addRows(const Tensor& to, const Tensor& rows, const Tensor& values) {
  if (!to.is_cpu() || to.scalar_type() != c10::kFloat || !values.is_contiguous()) {
    to.index_add_(0, rows, values);
    return;
  }
  const std::int64_t width = to.size(1);
  float* out = to.mutable_data_ptr<float>();
  const float* in = values.const_data_ptr<float>();
  const auto* row = rows.const_data_ptr<std::int64_t>();
  parallelFor(std::size_t(rows.numel()), 4096, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      float* sum = out + row[i] * width;
      const float* add = in + std::int64_t(i) * width;
      for (std::int64_t c = 0; c < width; ++c) sum[c] += add[c];
    }
  });
}

/// [W, K, 3, H, d] -> queries, keys, values [W, H, K, d] each.
std::vector<Tensor> headsOf(const Tensor& rows) { return rows.permute({2, 0, 3, 1, 4}).unbind(0); }

}  // namespace

SonataConfig SonataConfig::of(const Parameters& p) {
  constexpr std::int64_t kHead = 16;
  SonataConfig config;
  config.channels.clear();
  config.heads.clear();
  config.depths.clear();
  const auto name = [](std::size_t stage, std::int64_t block) {
    return fmt::format("enc.enc{}.block{}.attn.proj.weight", stage, block);
  };
  for (std::size_t s = 0; p.has(name(s, 0)); ++s) {
    config.channels.push_back(p.size(name(s, 0), 0));
    config.heads.push_back(config.channels.back() / kHead);
    config.depths.push_back(1);
    while (p.has(name(s, config.depths.back()))) ++config.depths.back();
  }
  if (config.channels.empty()) (void)p.shape(name(0, 0));  // says what is missing
  return config;
}

std::int64_t SonataConfig::upcastChannels() const {
  return std::accumulate(channels.begin(), channels.end(), std::int64_t{0});
}

std::vector<CurvePermutation> permutationsFor(std::uint32_t seed) {
  Mt19937 random(seed);
  std::vector<CurvePermutation> all(5);
  for (CurvePermutation& one : all) std::ranges::copy(random.permutation(4), one.begin());
  return all;
}

std::vector<CurvePermutation> defaultPermutations() { return permutationsFor(42); }

SparseNeighbours::SparseNeighbours(const NeighbourMap& map, c10::Device device) {
  for (std::size_t k = 0; k < below.size(); ++k)
    below[k] = {rowsOf(map.below[k].cells, device), rowsOf(map.below[k].neighbours, device)};
}

std::vector<SonataStage> sonataStages(std::span<const Cell> cells,
                                      std::span<const CurvePermutation> permutations,
                                      std::span<const std::int64_t> blocks, c10::Device device) {
  std::vector<SonataStage> stages(permutations.size());
  stages[0].cells.assign(cells.begin(), cells.end());
  for (std::size_t s = 0; s < stages.size(); ++s) {
    SonataStage& stage = stages[s];
    stage.neighbours = SparseNeighbours(neighboursOf(stage.cells), device);
    const auto used = std::size_t(std::min<std::int64_t>(4, blocks[s]));
    for (std::size_t j = 0; j < used; ++j) {
      const CurveOrder order = orderAlong(stage.cells, kCurves[std::size_t(permutations[s][j])]);
      stage.rows.push_back({rowsOf(order.order, device), rowsOf(order.inverse, device)});
    }
    if (s + 1 == stages.size()) break;
    Coarser coarser = halved(stage.cells);
    stage.cluster = rowsOf(coarser.cluster, device);
    stages[s + 1].cells = std::move(coarser.cells);
  }
  return stages;
}

SparseConvolution::SparseConvolution(const Parameters& p, std::int64_t in, std::int64_t out)
    : bias(p.take("bias", {out})) {
  Tensor whole;
  std::tie(whole, rounded) = p.takeMatrix("weight", {out, 3, 3, 3, in});
  if (!rounded.defined())
    taps = whole.permute({1, 2, 3, 4, 0}).reshape({27, in, out});  // from [3, 3, 3, in, out]
}

/// x times one tap, and maybe what is added to it.
Tensor SparseConvolution::through(std::int64_t tap, const Tensor& x, const Tensor& added) const {
  if (rounded.defined()) return linearOf(x, rounded.rows(tap, 27), added);
  return added.defined() ? at::addmm(added, x, taps[tap]) : at::mm(x, taps[tap]);
}

Tensor SparseConvolution::operator()(const Tensor& x, const SparseNeighbours& neighbours) const {
  Tensor sum = through(kCentre, x, bias);  // [n, out]
  for (std::size_t k = 0; k < neighbours.below.size(); ++k) {
    const auto& [cells, others] = neighbours.below[k];
    if (cells.numel() == 0) continue;
    const auto offset = std::int64_t(k);
    addRows(sum, cells, through(offset, x.index_select(0, others)));
    addRows(sum, others, through(2 * kCentre - offset, x.index_select(0, cells)));
  }
  return sum;
}

WindowAttention::WindowAttention(const Parameters& p, std::int64_t channels, std::int64_t headCount,
                                 std::int64_t size, bool halfAttention)
    : qkv(inside(p, "qkv"), channels, 3 * channels),
      out(inside(p, "proj"), channels, channels),
      heads(headCount),
      window(size),
      half(halfAttention) {}

Tensor WindowAttention::core(const Tensor& projected, const SonataStage::Row& row) const {
  return alongCurve(projected.index_select(0, row.order)).index_select(0, row.inverse);
}

Tensor WindowAttention::alongCurve(Tensor rows) const {
  const std::int64_t n = rows.size(0), channels = rows.size(1) / 3;
  const c10::ScalarType dtype = rows.scalar_type();
  // Scores and softmax stay in single precision: in half precision they overflow.
  if (half) rows = rows.to(c10::kHalf).to(dtype);
  const auto cut = [&](std::int64_t first, std::int64_t windows, std::int64_t size) {
    return headsOf(
        rows.narrow(0, first, windows * size).view({windows, size, 3, heads, channels / heads}));
  };
  const auto flat = [&](const Tensor& seen) {  // [W, H, K, d] -> [W * K, C]
    return seen.transpose(1, 2).reshape({-1, channels});
  };
  std::vector<Tensor> parts;
  const std::int64_t size = std::min(window, n), full = n / size, left = n % size;
  const auto all = cut(0, full, size);
  parts.push_back(flat(at::scaled_dot_product_attention(all[0], all[1], all[2])));
  if (left > 0) {
    const auto asking = cut(n - left, 1, left), asked = cut(n - size, 1, size);
    parts.push_back(flat(at::scaled_dot_product_attention(asking[0], asked[1], asked[2])));
  }
  const Tensor seen = parts.size() == 1 ? parts[0] : at::cat(parts);
  return half ? seen.to(c10::kHalf).to(dtype) : seen;
}

Tensor WindowAttention::operator()(const Tensor& x, const SonataStage::Row& row) const {
  // Rows are sorted before they are three times as wide.
  return out(alongCurve(qkv(x.index_select(0, row.order)))).index_select(0, row.inverse);
}

SonataBlock::SonataBlock(const Parameters& p, std::int64_t channels, std::int64_t heads,
                         const SonataConfig& config)
    : convolution(inside(p, "cpe.0"), channels, channels),
      place(inside(p, "cpe.1"), channels, channels),
      placeNorm(inside(p, "cpe.2"), channels, kEps),
      norm1(inside(p, "norm1.0"), channels, kEps),
      norm2(inside(p, "norm2.0"), channels, kEps),
      attention(inside(p, "attn"), channels, heads, config.window, config.halfAttention),
      mlp(inside(p, "mlp.0"), channels, 4 * channels, "fc1", "fc2") {}

Tensor SonataBlock::operator()(Tensor x, const SparseNeighbours& neighbours,
                               const SonataStage::Row& row, const Watch& watch) const {
  x = placeNorm(place(convolution(x, neighbours))).add_(x);  // a tensor of our own from here on
  show(watch, "after_cpe", x);
  x.add_(attention(norm1(x), row));
  show(watch, "after_attention", x);
  // In the same slices always: products of other sizes may round otherwise.
  for (std::int64_t at = 0; at < x.size(0); at += kRows) {
    const Tensor part = x.narrow(0, at, std::min(kRows, x.size(0) - at));
    part.add_(mlp(norm2(part)));
  }
  return x;
}

SonataPooling::SonataPooling(const Parameters& p, std::int64_t in, std::int64_t out)
    : project(inside(p, "proj"), in, out), norm(inside(p, "norm.0"), out, kEps) {}

Tensor SonataPooling::largest(const Tensor& x, const Tensor& cluster, std::int64_t count) const {
  const Tensor y = project(x);  // [n, C']
  const Tensor none =
      at::full({count, y.size(1)}, -std::numeric_limits<double>::infinity(), y.options());
  return none.scatter_reduce(0, cluster.unsqueeze(1).expand_as(y), y, "amax");
}

Tensor SonataPooling::operator()(const Tensor& x, const Tensor& cluster, std::int64_t count) const {
  return gelu(norm(largest(x, cluster, count)));
}

SonataStem::SonataStem(const Parameters& p, std::int64_t channels)
    : linear(inside(p, "stem.linear"), 9, channels), norm(inside(p, "stem.norm"), channels, kEps) {
  p.ignore("mask_token");  // of training
}

Tensor SonataStem::operator()(const Tensor& rows) const { return gelu(norm(linear(rows))); }

SonataLayer::SonataLayer(const Parameters& p, const SonataConfig& config, std::size_t stage,
                         std::int64_t number)
    : block(inside(p, fmt::format("enc.enc{}.block{}", stage, number)), config.channels[stage],
            config.heads[stage], config) {
  if (stage > 0 && number == 0)
    pooling.emplace(inside(p, fmt::format("enc.enc{}.down", stage)), config.channels[stage - 1],
                    config.channels[stage]);
}

Sonata::Sonata(const Parameters& p, const SonataConfig& shape, bool streamed)
    : config(shape), stem(inside(p, "embedding"), shape.channels[0]) {
  std::vector<std::pair<std::size_t, std::int64_t>> all;  // stage, block
  for (std::size_t s = 0; s < shape.depths.size(); ++s)
    for (std::int64_t b = 0; b < shape.depths[s]; ++b) all.emplace_back(s, b);
  layers = std::make_shared<LayerStream<SonataLayer>>(
      all.size(),
      [p, shape, all](std::size_t i) { return SonataLayer(p, shape, all[i].first, all[i].second); },
      streamed, p.placement().device);
}

std::vector<Tensor> Sonata::operator()(const Tensor& rows, std::span<const SonataStage> stages,
                                       const Watch& watch) const {
  std::vector<Tensor> features;
  Tensor x = stem(rows);
  show(watch, "embedding", x);
  std::size_t number = 0;
  for (std::size_t s = 0; s < stages.size(); ++s) {
    const SonataStage& stage = stages[s];
    for (std::int64_t b = 0; b < config.depths[s]; ++b) {
      const SonataLayer& layer = layers->at(number++);
      if (layer.pooling)
        x = (*layer.pooling)(x, stages[s - 1].cluster, std::int64_t(stage.cells.size()));
      x = layer.block(x, stage.neighbours, stage.rows[std::size_t(b % 4)]);
      show(watch, fmt::format("stage{}/block{}", s, b), x);
    }
    show(watch, fmt::format("stage{}/feat", s), x);
    features.push_back(x);
  }
  return features;
}

Tensor upcast(std::span<const Tensor> features, std::span<const SonataStage> stages) {
  Tensor x = features.back();
  for (std::size_t s = features.size() - 1; s-- > 0;)
    x = at::cat({features[s], x.index_select(0, stages[s].cluster)}, 1);
  return x;
}

ThreeLayers::ThreeLayers(const Parameters& p, std::int64_t in, std::int64_t inner, std::int64_t out)
    : first(inside(p, "0"), in, inner),
      second(inside(p, "2"), inner, inner),
      third(inside(p, "4"), inner, out) {}

Tensor ThreeLayers::rest(const Tensor& x) const { return third(gelu(second(gelu(x)))); }

void ThreeLayers::restInPlace(const Tensor& x, std::int64_t rows) const {
  for (std::int64_t at = 0; at < x.size(0); at += rows) {
    const Tensor part = x.narrow(0, at, std::min(rows, x.size(0) - at));
    part.copy_(rest(part));
  }
}

Tensor ThreeLayers::operator()(const Tensor& x) const { return rest(first(x)); }

Tensor firstLayerByStage(const Linear& layer, std::vector<Tensor> features,
                         std::span<const SonataStage> stages) {
  Tensor x;
  std::int64_t end = layer.weight.size(1);
  for (std::size_t s = features.size(); s-- > 0;) {
    const std::int64_t width = features[s].size(1);
    end -= width;
    const Tensor own = at::linear(features[s], layer.weight.narrow(1, end, width),
                                  s == 0 ? std::optional<Tensor>(layer.bias) : std::nullopt);
    features[s].reset();
    if (x.defined())
      for (std::int64_t at = 0; at < own.size(0); at += kRows) {
        const std::int64_t rows = std::min(kRows, own.size(0) - at);
        own.narrow(0, at, rows).add_(x.index_select(0, stages[s].cluster.narrow(0, at, rows)));
      }
    x = own;
  }
  return x;
}

}  // namespace maquette::neural
