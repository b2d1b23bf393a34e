#pragma once

#include <span>

#include "core/geometry/bounds.h"

namespace maquette {

/// Where the eye is and what it looks at: a perspective camera that turns about its target and
/// keeps +Z up. A value; says nothing about pixels.
struct CameraPose {
  Vec3 target;
  float azimuthDegrees = -35.f;   ///< 0 from the front (-Y), 90 from +X
  float elevationDegrees = 20.f;  ///< 90 from above
  float distanceMm = 300.f;       ///< eye to target

  bool operator==(const CameraPose&) const = default;

  static constexpr float kViewAngleDegrees = 26.f;  ///< over the picture's height

  Vec3 towardsEye() const;  ///< unit, from the target
  Vec3 right() const;       ///< unit, to the right in the picture
  Vec3 up() const;          ///< unit, upwards in the picture
  Vec3 eye() const { return target + towardsEye() * distanceMm; }
  /// Millimetres that one unit of picture height covers at the target.
  float heightAtTarget() const;
};

/// Size of a picture in pixels, of whatever kind.
struct PictureSize {
  float width = 1.f;
  float height = 1.f;
  float aspect() const { return height > 0.f ? width / height : 1.f; }
};

/// From the eye through a pixel (y down). The direction has unit length.
struct Ray {
  Vec3 origin;
  Vec3 direction;
};
Ray rayThrough(const CameraPose& pose, PictureSize size, float x, float y);

/// Where a point is in the picture, in pixels, y down; z is its depth in mm from the eye.
Vec3 projected(const CameraPose& pose, PictureSize size, Vec3 point);

/// The same direction of view, from where all these points fill the picture up to a margin.
CameraPose framed(const CameraPose& pose, const Bounds& bounds, float aspect, float margin = 0.09f);

CameraPose orbited(const CameraPose& pose, float degreesRight, float degreesUp);
/// By pixels of the picture: the target follows the pointer.
CameraPose panned(const CameraPose& pose, PictureSize size, float dx, float dy);
/// factor < 1 comes closer; `fixed` keeps its place in the picture.
CameraPose zoomed(const CameraPose& pose, float factor, Vec3 fixed);
/// t in [0, 1]; turns the short way round.
CameraPose between(const CameraPose& from, const CameraPose& to, float t);

}  // namespace maquette
