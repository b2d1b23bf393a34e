#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/image/image.h"
#include "core/jobs/context.h"

namespace maquette {

/// From the common frame of all views to the pixels of one picture.
struct ViewMap {
  double scaleX = 1., offsetX = 0.;  ///< picture x = offsetX + scaleX * column; < 0 where mirrored
  double scaleY = 1., offsetY = 0.;  ///< picture y = offsetY + scaleY * row
};

/// One view in the common frame: rows run down from the object's top; columns run along +X (front
/// and back) or along +Y, away from the front picture's viewer (left and right).
struct AlignedView {
  Side side = Side::front;
  ViewMap map;
};

/// All views at one scale, with one outline each for the directions X-Z and Y-Z.
struct AlignedViews {
  std::vector<AlignedView> views;  ///< in the order front, left, right, back
  Mask frontal;                    ///< where front and back agree
  std::optional<Mask> lateral;     ///< where left and right agree; none without a side view
  int margin = 0;                  ///< pixels around the object in both
  int height = 0;                  ///< of the object, pixels; the same in both
  std::vector<std::string> notes;  ///< where the views disagree, in numbers

  bool has(Side side) const;
};

/// Brings the objects of all given pictures to one height and one place by their bounding boxes;
/// what has to be stretched to agree is said in `notes`.
///
/// @param cutouts  one per side in the order of kSides; null where there is no picture. Front and
///                 each other one given show something
AlignedViews alignViews(const std::array<const Mask*, 4>& cutouts, const Context& ctx);

}  // namespace maquette
