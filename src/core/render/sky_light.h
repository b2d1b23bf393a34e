#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry/bounds.h"
#include "core/jobs/context.h"

namespace maquette {

/// Depth as seen from very far away along one direction.
class DepthMap {
 public:
  /// @param direction  unit, from the things towards the eye
  DepthMap(Vec3 direction, Vec3 centre, float radius, int pixels);

  void draw(Vec3 a, Vec3 b, Vec3 c);
  /// How much of the surroundings of `point` is not hidden behind something, [0, 1].
  /// @param dx, dy  looks that many texels beside it
  float visibility(Vec3 point, float dx, float dy) const;
  Vec3 direction() const { return towards_; }
  float texelMm() const { return 1.f / scale_; }

 private:
  Vec3 onMap(Vec3 p) const;

  Vec3 towards_, right_, up_, centre_;
  float scale_;  // texels per mm
  int pixels_;
  std::vector<float> depth_;  // along towards_, larger is nearer; -infinity where nothing is
};

/// Light that falls on a surface from many directions, each blocked by what is in its way: soft
/// ambient occlusion and one soft key light.
class SkyLight {
 public:
  struct Received {
    float sky = 0.f;  ///< [0, 1], what an unblocked surface facing up gets is 1
    float key = 0.f;  ///< [0, 1], of the key light, without the surface's slope
  };

  /// @param triangles  three corners each, mm
  /// @param towardsKey unit
  SkyLight(const std::vector<Vec3>& triangles, Vec3 towardsKey, const Context& ctx);
  /// @param seed  any number that differs between neighbouring samples: scatters where each looks,
  /// so
  ///              that the edges of the many shadows melt
  Received at(Vec3 point, Vec3 normal, std::uint32_t seed) const;

 private:
  std::vector<DepthMap> sky_, key_;
};

}  // namespace maquette
