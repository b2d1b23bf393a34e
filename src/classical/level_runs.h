#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "classical/flat_mesh.h"

namespace maquette {

/// A stretch of the outline along a level end: where the object stands, or its straight top.
struct LevelRun {
  double y = 0., left = 0., right = 0.;  ///< pixels
  /// How deep its face is, squared, against a face as deep as it is wide. At most 1, so that a mug
  /// stands on a round; feet may be longer than wide.
  double fullness = 1.;

  double width() const { return right - left; }
  /// What a strip as wide as the run swells to at x, at this fullness; pixels squared.
  ///
  /// @param k  1 / pixels: how strongly wide areas are held down
  double swell(double x, double k) const;
  /// From x to the nearer end.
  double inwards(double x) const { return std::min(x - left, right - x); }
};

/// The runs where the sheet ends level, by their lines and from left to right.
std::vector<LevelRun> levelRunsOf(const FlatMesh& flat);

/// The run that a point on a level end belongs to; null for others.
const LevelRun* runAt(const std::vector<LevelRun>& runs, const FlatMesh& flat, std::uint32_t point);

/// Sets how full each run is, so that its face holds as much as the sheet has there.
///
/// @param swell  one per point of the sheet, solved with its level ends free
void fitFullness(std::vector<LevelRun>& runs, const FlatMesh& flat,
                 const std::vector<double>& swell, double k);

/// Takes the fullness of the runs that these lie on.
void takeFullness(std::vector<LevelRun>& runs, const std::vector<LevelRun>& from);

}  // namespace maquette
