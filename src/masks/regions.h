#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "masks/clean_surface.h"
#include "masks/face_links.h"

// Pieces of a surface of one label, and what becomes of those that no mask covers.
//
// Source: part-segmentation specification 4.1, steps A15, A16, A18 to A21; 4.4 for what is ours.

namespace maquette {

/// Faces of one label that hang together; numbered by their smallest faces.
struct Regions {
  std::vector<std::uint32_t> of;    ///< F: the region of each face
  std::vector<std::int32_t> label;  ///< R
  std::vector<double> area;         ///< R
  std::size_t count() const { return label.size(); }
};

/// @throws Cancelled
Regions regionsOf(const FaceLinks& links, std::span<const std::int32_t> labels,
                  std::span<const double> areas, const Context& ctx);

/// Which regions touch each region, ascending.
std::vector<std::vector<std::uint32_t>> regionNeighbours(const FaceLinks& links,
                                                         const Regions& regions);

/// A smallest and a largest corner; none yet.
struct PlaceBox {
  static constexpr double kFar = std::numeric_limits<double>::infinity();
  Place least{kFar, kFar, kFar}, most{-kFar, -kFar, -kFar};

  void add(const Place& place) {
    for (std::size_t a = 0; a < 3; ++a) {
      least[a] = std::min(least[a], place[a]);
      most[a] = std::max(most[a], place[a]);
    }
  }
};

/// What the steps below need to know of a surface.
struct LabelledSurface {
  const Surface& surface;
  const FaceLinks& links;
  std::span<const double> areas;
};

/// A16: a region of at most a thousandth of the shell that it lies on becomes uncovered.
void clearTiny(const LabelledSurface& on, std::vector<std::int32_t>& labels, const Context& ctx);

/// A18: a region without a label and with more than a thousandth of all area takes a new one.
///
/// @param above  new labels are greater than this as well as than all others; kUnknown as
///               published, where nothing else has a label kUncovered itself may then be new
void promoteLarge(Regions& regions, std::int32_t above);

/// Who decides where a region without a label belongs.
enum class Attaching {
  published,  ///< A19 to the letter: some stay without
  sound,      ///< the nearest by gap between boxes, growth relative to a box: none stays without
};

/// A19: regions without a label take one, from a neighbour or the nearest region.
///
/// @throws Cancelled
void attachRest(const LabelledSurface& on, Regions& regions, Attaching how, const Context& ctx);

/// A20: regions of less than a hundredth among the last twentieth of the area join the largest
/// neighbour that is not.
///
/// @param regions  of connected faces of one label; labels are changed
void mergeSmall(const FaceLinks& links, Regions& regions, double threshold = 0.95);

/// The label of each face's region.
std::vector<std::int32_t> faceLabels(const Regions& regions);

/// A21: the box of each label >= 0, by ascending label.
std::vector<PlaceBox> labelBoxes(const Surface& surface, std::span<const std::int32_t> labels);

}  // namespace maquette
