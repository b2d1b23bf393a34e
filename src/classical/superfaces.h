#pragma once

#include <vector>

#include "surface/surface_graph.h"

namespace maquette {

/// The surface as a few thousand compact patches that do not cross creases.
struct Superfaces {
  struct Border {
    std::uint32_t a = 0, b = 0;  ///< patches, a < b
    float length = 0.f;          ///< mm
    float crease = 0.f;          ///< mm, lengths weighted by creases [0, 1]
  };
  std::vector<std::uint32_t> of;  ///< N: node -> patch; patches numbered by their lowest node
  std::vector<float> areas;       ///< K, mm^2
  std::vector<Vec3> centres;      ///< K, area-weighted
  std::vector<Border> borders;    ///< ascending (a, b)

  std::uint32_t count() const { return static_cast<std::uint32_t>(areas.size()); }
};

/// Joins neighbours in rounds of mutual best choice until no pair stays below the size limit.
///
/// @param creases  one per link, see creasesOf
/// @throws Cancelled
Superfaces superfacesOf(const SurfaceGraph& graph, const std::vector<float>& creases,
                        const Context& ctx);

}  // namespace maquette
