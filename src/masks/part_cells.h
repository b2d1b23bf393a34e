#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/segmentation/mask_set.h"
#include "masks/masked_surface.h"
#include "masks/regions.h"

namespace maquette {

/// A surface cut into cells, each inside one part: what is nearest to a face with samples. Parts
/// are joined and split cell by cell, so that it costs the number of samples, not of faces.
struct PartCells {
  static constexpr std::uint32_t kNoPart = 0xffffffffu;

  std::uint32_t parts = 0;           ///< numbered by ascending label
  std::vector<std::uint32_t> of;     ///< F: the cell of each face
  std::vector<std::uint32_t> part;   ///< C, or kNoPart
  std::vector<double> area;          ///< C
  std::vector<PlaceBox> boxes;       ///< one for each part
  std::vector<std::uint32_t> first;  ///< C + 1: where a cell's neighbours begin
  std::vector<std::uint32_t> beside;
  std::vector<std::uint32_t> sampleFirst;  ///< C + 1: where a cell's samples begin
  std::vector<std::uint32_t> samples;
  double surface = 0.;  ///< of all cells

  std::uint32_t count() const { return std::uint32_t(part.size()); }
  std::span<const std::uint32_t> besideOf(std::uint32_t cell) const {
    return {beside.data() + first[cell], first[cell + 1] - first[cell]};
  }
  std::span<const std::uint32_t> samplesOf(std::uint32_t cell) const {
    return {samples.data() + sampleFirst[cell], sampleFirst[cell + 1] - sampleFirst[cell]};
  }
};

/// @param labels   F, negative where there is no part
/// @param samples  the face of each sample
/// @throws Cancelled
PartCells partCells(const MaskedSurface& surface, std::span<const std::int32_t> labels,
                    std::span<const std::uint32_t> samples, const Context& ctx);

/// How much of each part each mask covers, in samples.
struct Coverage {
  std::size_t masks = 0;
  std::vector<float> of;       ///< a row of K for each part
  std::vector<float> samples;  ///< of each part
  std::vector<float> ofMask;   ///< samples of each mask, wherever they are

  std::span<float> row(std::uint32_t part) { return {of.data() + part * masks, masks}; }
  std::span<const float> row(std::uint32_t part) const { return {of.data() + part * masks, masks}; }
};

/// @throws Cancelled
Coverage coverageOf(const PartCells& cells, const MaskSet& masks, const Context& ctx);

}  // namespace maquette
