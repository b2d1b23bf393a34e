#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "neural/layer_stream.h"
#include "neural/nn/layers.h"
#include "neural/nn/watch.h"
#include "neural/segment/serialization.h"
#include "neural/segment/voxels.h"

// Sonata: features of points, by a transformer over windows along curves that fill space.
//
// Source: part-segmentation specification 2. All norms have eps 1e-5, all GELUs are exact.

namespace maquette::neural {

/// What decides the shapes of the weights.
struct SonataConfig {
  std::vector<std::int64_t> channels{48, 96, 192, 384, 512};
  std::vector<std::int64_t> heads{3, 6, 12, 24, 32};
  std::vector<std::int64_t> depths{3, 3, 3, 12, 3};
  std::int64_t window = 1024;
  bool halfAttention =
      false;  ///< rounded to half precision around attention, as on a graphics card

  /// Read off the weights; heads have 16 channels each. @param p  names "embedding.", "enc."
  static SonataConfig of(const Parameters& p);

  std::int64_t upcastChannels() const;  ///< of all stages side by side
};

/// Which curve comes first, second ... at every stage: drawn at random in training and in use.
using CurvePermutation = std::array<std::int64_t, 4>;

/// What the official program draws with its default seed, 42.
std::vector<CurvePermutation> defaultPermutations();

/// The same for another seed.
std::vector<CurvePermutation> permutationsFor(std::uint32_t seed);

/// Rows of pairs of neighbours, ready for a device.
struct SparseNeighbours {
  struct Pairs {
    at::Tensor cells, neighbours;  // int64 [P]
  };
  std::array<Pairs, 13> below;  ///< as in NeighbourMap

  SparseNeighbours() = default;
  SparseNeighbours(const NeighbourMap& map, c10::Device device);
};

/// What the cells of one stage decide before anything is computed.
struct SonataStage {
  std::vector<Cell> cells;
  SparseNeighbours neighbours;
  struct Row {
    at::Tensor order, inverse;  // int64 [n]
  };
  std::vector<Row> rows;  ///< up to four, of the curves as permuted; those that blocks use
  at::Tensor cluster;     ///< int64 [n], into the next stage; none at the last
};

/// @param permutations  one for each stage
/// @param blocks        of each stage: rows that no block uses are not sorted
std::vector<SonataStage> sonataStages(std::span<const Cell> cells,
                                      std::span<const CurvePermutation> permutations,
                                      std::span<const std::int64_t> blocks, c10::Device device);

/// Convolution over the cells that are there, and only to those: 3 x 3 x 3, stride 1.
struct SparseConvolution {
  at::Tensor taps;     // [27, in, out], or instead of them
  Int8Matrix rounded;  // [27 out, in], the places of each output channel side by side
  at::Tensor bias;     // [out]

  SparseConvolution(const Parameters& p, std::int64_t in, std::int64_t out);

  at::Tensor operator()(const at::Tensor& x, const SparseNeighbours& neighbours) const;

 private:
  at::Tensor through(std::int64_t tap, const at::Tensor& x, const at::Tensor& added = {}) const;
};

/// Attention within windows of rows in the order of a curve; the last window, where it is not full,
/// asks among the last rows.
struct WindowAttention {
  Linear qkv, out;
  std::int64_t heads = 0, window = 0;
  bool half = false;

  WindowAttention(const Parameters& p, std::int64_t channels, std::int64_t headCount,
                  std::int64_t size, bool halfAttention);

  /// @param projected  [n, 3 C], channels [q | k | v] x head
  at::Tensor core(const at::Tensor& projected, const SonataStage::Row& row) const;  // [n, C]
  at::Tensor alongCurve(at::Tensor rows) const;  ///< of rows that are in its order: [n, C]
  at::Tensor operator()(const at::Tensor& x, const SonataStage::Row& row) const;
};

struct SonataBlock {
  SparseConvolution convolution;
  Linear place;
  LayerNorm placeNorm, norm1, norm2;
  WindowAttention attention;
  Mlp mlp;

  SonataBlock(const Parameters& p, std::int64_t channels, std::int64_t heads,
              const SonataConfig& config);

  at::Tensor operator()(at::Tensor x, const SparseNeighbours& neighbours,
                        const SonataStage::Row& row, const Watch& watch = {}) const;
};

/// To the next coarser cells: the largest of each channel in a cell.
struct SonataPooling {
  Linear project;
  LayerNorm norm;

  SonataPooling(const Parameters& p, std::int64_t in, std::int64_t out);

  /// @param cluster  int64 [n], < count
  at::Tensor largest(const at::Tensor& x, const at::Tensor& cluster, std::int64_t count) const;
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& cluster, std::int64_t count) const;
};

/// The first layer. Names: those inside "embedding.".
struct SonataStem {
  Linear linear;
  LayerNorm norm;

  SonataStem(const Parameters& p, std::int64_t channels);

  at::Tensor operator()(const at::Tensor& rows) const;  // [n, 9] -> [n, C]
};

/// A block, and the pooling before it where it is the first of a stage but the finest.
struct SonataLayer {
  std::optional<SonataPooling> pooling;
  SonataBlock block;

  /// @param p  names "enc."
  SonataLayer(const Parameters& p, const SonataConfig& config, std::size_t stage,
              std::int64_t number);
};

struct Sonata {
  SonataConfig config;
  SonataStem stem;
  std::shared_ptr<LayerStream<SonataLayer>> layers;  ///< of all stages, one after the other

  /// @param p         names "embedding.", "enc."; if streamed, for nobody else's use any more
  /// @param streamed  blocks come from the file when they are needed
  Sonata(const Parameters& p, const SonataConfig& shape, bool streamed = false);

  /// What comes out of the last block of every stage: [n_s, C_s].
  std::vector<at::Tensor> operator()(const at::Tensor& rows, std::span<const SonataStage> stages,
                                     const Watch& watch = {}) const;
};

/// Every cell's features beside those of the coarser cells that it is in: [n_0, sum of C].
at::Tensor upcast(std::span<const at::Tensor> features, std::span<const SonataStage> stages);

/// Three layers with GELU between: the form of all of P3-SAM's own layers. Names: 0, 2, 4.
struct ThreeLayers {
  Linear first, second, third;

  ThreeLayers() = default;
  ThreeLayers(const Parameters& p, std::int64_t in, std::int64_t inner, std::int64_t out);

  at::Tensor rest(const at::Tensor& x) const;  ///< after the first layer, its GELU included
  /// The same over what the first layer gave, where it lies and some rows at a time: [n, C] of the
  /// same width.
  void restInPlace(const at::Tensor& x, std::int64_t rows) const;
  at::Tensor operator()(const at::Tensor& x) const;
};

/// The first layer applied to the features of each stage at that stage's own resolution and
/// gathered afterwards: the same as on upcast rows, with a fifth of the work. Bias included: [n_0,
/// C].
///
/// @param features  of every stage; given up one by one
at::Tensor firstLayerByStage(const Linear& layer, std::vector<at::Tensor> features,
                             std::span<const SonataStage> stages);

}  // namespace maquette::neural
