#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "core/geometry/vec.h"

namespace maquette {

constexpr float kSameFlank = 0.88f;  // cosine (28 degrees) between normals of one flank

/// The planes through one or two vertices, in which their feature lies.
struct Flanks {
  static constexpr std::size_t kMost = 6;
  std::array<Vec3, kMost> normal{}, at{};
  std::size_t count = 0;

  void add(Vec3 n, Vec3 p) {
    if (count == kMost || has(n)) return;
    normal[count] = n;
    at[count++] = p;
  }
  /// Whether a plane faces nearly the same way.
  bool has(Vec3 n) const {
    for (std::size_t i = 0; i < count; ++i)
      if (dot(normal[i], n) > kSameFlank) return true;
    return false;
  }
  bool share(const Flanks& other) const {
    for (std::size_t j = 0; j < other.count; ++j)
      if (has(other.normal[j])) return true;
    return false;
  }
  /// To the nearest of the planes.
  float distance(Vec3 p) const {
    float least = std::abs(dot(normal[0], p - at[0]));
    for (std::size_t i = 1; i < count; ++i)
      least = std::min(least, std::abs(dot(normal[i], p - at[i])));
    return least;
  }
  void add(const Flanks& other) {
    for (std::size_t j = 0; j < other.count; ++j) add(other.normal[j], other.at[j]);
  }
};

/// Where planes meet.
struct Meeting {
  Vec3 point;
  int rank = 0;  ///< planes in independent directions
};

/// The point of all planes nearest to `from`: one independent direction after the other.
Meeting meetingOf(const Flanks& flanks, Vec3 from);

}  // namespace maquette
