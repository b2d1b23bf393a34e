#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "core/geometry/mesh.h"
#include "core/geometry/triangle_tree.h"

namespace maquette {

constexpr int kOutlooks = 32;             ///< directions over the whole sphere
constexpr float kBesideTriangle = 1e-4f;  ///< of the diagonal, between a triangle and an eye

/// A look from beside a triangle, away from it.
struct Outlook {
  Vec3 eye, direction;
  bool front = false;  ///< from the side that the triangle faces

  /// @param number  < kOutlooks; Fibonacci's spiral, turned a little for every triangle
  /// @param off     distance of the eye from the triangle
  Outlook(const Mesh& mesh, std::uint32_t face, int number, float off) {
    const Vec3 normal = faceNormal(mesh, mesh.triangles[face]);
    const double z = 1. - (2. * number + 1.) / kOutlooks;
    const double turn = std::numbers::phi * 2. * std::numbers::pi * number + double(face % 97);
    const double r = std::sqrt(1. - z * z);
    direction = {float(r * std::cos(turn)), float(r * std::sin(turn)), float(z)};
    front = dot(direction, normal) > 0.f;
    eye = faceCentre(mesh, mesh.triangles[face]) + normal * (front ? off : -off);
  }

  /// Whether nothing is in the way.
  bool leaves(const TriangleTree& tree) const { return !tree.firstHit(eye, direction); }
};

}  // namespace maquette
