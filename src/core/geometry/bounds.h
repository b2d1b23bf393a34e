#pragma once

#include <algorithm>
#include <limits>

#include "core/geometry/mesh.h"

namespace maquette {

/// An axis-aligned box; empty when min > max.
struct Bounds {
  static constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Vec3 min{kInfinity, kInfinity, kInfinity};
  Vec3 max{-kInfinity, -kInfinity, -kInfinity};

  void add(Vec3 p) {
    for (int a = 0; a < 3; ++a) {
      min[a] = std::min(min[a], p[a]);
      max[a] = std::max(max[a], p[a]);
    }
  }
  void add(const Bounds& other) {
    add(other.min);
    add(other.max);
  }
  bool empty() const { return min.x > max.x; }
  Vec3 size() const { return empty() ? Vec3{} : max - min; }
  Vec3 centre() const { return empty() ? Vec3{} : (min + max) * 0.5f; }
  float longest() const { return std::max({size().x, size().y, size().z}); }
  float diagonal() const { return length(size()); }
};

inline Bounds boundsOf(const Mesh& mesh) {
  Bounds bounds;
  for (const Vec3& p : mesh.positions) bounds.add(p);
  return bounds;
}

}  // namespace maquette
