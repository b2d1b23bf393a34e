#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"

namespace maquette {

/// Two faces that share an edge of exactly two faces, the smaller first.
using FacePair = std::array<std::uint32_t, 2>;

/// Which faces lie beside which: step A1 of part-segmentation specification 4.1.
struct FaceLinks {
  std::vector<FacePair> pairs;          ///< by the edge's larger vertex, then by its smaller one
  std::vector<std::uint32_t> first;     ///< F + 1: where a face's neighbours begin
  std::vector<std::uint32_t> adjacent;  ///< neighbours, in the order of the pairs
  bool closed = false;                  ///< every edge has exactly two faces

  std::size_t faces() const { return first.size() - 1; }
  std::span<const std::uint32_t> of(std::uint32_t face) const {
    return {adjacent.data() + first[face], first[face + 1] - first[face]};
  }
};

/// Faces are counted at an edge as often as they have it: one that uses a vertex twice has it
/// twice.
///
/// @throws Cancelled
FaceLinks faceLinksOf(std::span<const Triangle> faces, std::size_t vertices, const Context& ctx);

/// The lists that given pairs make, without the rest.
FaceLinks faceLinksOf(std::vector<FacePair> pairs, std::size_t faces);

}  // namespace maquette
