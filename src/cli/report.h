#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/geometry/mesh.h"

namespace maquette {

/// What a command tells on stdout; keys keep their order.
using Report = nlohmann::ordered_json;

/// triangles, vertices, bounds_mm, volume_mm3, area_mm2, shells, open_edges, non_manifold_edges,
/// inconsistent_edges, non_manifold_vertices, degenerate_triangles, genus, closed, as the mesh is
/// after welding equal coordinates. volume_mm3 and genus are null for a mesh that is not closed.
Report describe(const Mesh& mesh);

/// The same report for people: one line a fact. A list of lists is a table, one row a line. A
/// report that brings its own words, under "text", is shown as these.
std::string asText(const Report& report);

}  // namespace maquette
