#pragma once

#include <cstdint>
#include <vector>

#include "core/segmentation/mask_set.h"
#include "masks/mask_merging.h"
#include "masks/masked_surface.h"

namespace maquette::test {

/// What a network that knows an object would have said about it.
struct MaskSession {
  MaskedSurfacePtr surface;
  MaskSetPtr masks;
  std::vector<std::uint32_t> truth;  ///< F: the part of each triangle of the mesh, [0, parts)
};

struct MaskSessionParams {
  std::size_t points = 100'000, prompts = 400;
  std::uint32_t parts = 24;
  std::uint64_t seed = 1;
};

/// Masks as a network makes them, drawn from the seed: the mesh has parts around places spread over
/// it, three to a group and each of two halves; every prompt is answered by the part that it lies
/// in, or sometimes by the group or the half, with ragged borders and a quality that says a little.
MaskSession maskSession(MeshPtr mesh, const MaskSessionParams& params = {});

/// The labels of faces by the published steps A13 to A19.
///
/// @param joined  A20 as well: small parts join large ones
std::vector<std::int32_t> publishedLabels(const MaskedSurface& surface, const MaskSet& masks,
                                          const MergedMasks& merged, bool joined);

/// A box of 12 n^2 triangles with a wavy skin, so that nothing is flat.
Mesh wavyBox(int n);

}  // namespace maquette::test
