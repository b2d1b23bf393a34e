#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/geometry/mesh.h"

namespace maquette {

/// Names a part within one Segmentation. `none` marks triangles that belong to no part.
enum class PartId : std::uint16_t { none = 0 };

using Labels = std::vector<PartId>;               ///< one per triangle
using LabelsPtr = std::shared_ptr<const Labels>;  ///< once shared, never changed
using FaceMask = std::vector<std::uint8_t>;       ///< one per triangle, 0 or 1

/// One piece of the object.
struct Part {
  PartId id = PartId::none;
  std::string name;
  Rgb colour;
  MeshPtr solid;        ///< the closed solid, once made; replaced, never changed
  bool visible = true;  ///< in the viewport; hidden parts are exported all the same
};

/// Which triangle belongs to which part.
struct Segmentation {
  LabelsPtr labels;  ///< one per triangle of Document::shape; absent: not segmented
  std::vector<Part> parts;

  const Part* find(PartId id) const;
  bool empty() const { return parts.empty(); }
};

/// The colour of the n-th part: twelve (Okabe and Ito 2008, extended), then again.
Rgb partColour(std::size_t n);

/// Builds the part list for labels: ascending ids named "Part 1", "Part 2", ...
Segmentation segmentationFrom(Labels labels);

/// Gives the masked triangles to a new part, taking them from whoever had them. Parts left without
/// triangles disappear; a part whose triangles changed loses its solid.
///
/// @param mask  F flags
/// @throws InvalidInput  the mask is empty, has another length, or there are 65535 parts
Segmentation withNewPart(const Segmentation& before, const FaceMask& mask, std::size_t triangles);

/// As withNewPart, giving them to `target` (PartId::none: to nobody).
Segmentation withReassigned(const Segmentation& before, const FaceMask& mask, PartId target);

/// Triangles of one part.
std::size_t countOf(const Segmentation& segmentation, PartId id);

/// Fills unlabelled triangles from their labelled neighbours, breadth first over shared edges of
/// the welded surface; a shell without any label stays unlabelled.
Labels withNeighboursFilled(const Mesh& mesh, const Labels& labels);

}  // namespace maquette
