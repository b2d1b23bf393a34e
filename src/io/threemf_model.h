#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/geometry/mesh.h"

namespace maquette::threemf {

/// Rows of "m00 m01 m02 m10 ... m32": p' = p M (3MF core 1.3, 3.3).
using Transform = std::array<double, 12>;
inline constexpr Transform kIdentity{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};

/// One object put somewhere: an item of the build, or a component.
struct Placement {
  std::string model;  // the model file it is in
  std::string object;
  Transform transform = kIdentity;
};

struct Object {
  std::vector<Vec3> positions;
  std::vector<Triangle> triangles;
  std::vector<std::array<Rgb, 3>> colours;  // empty or one a triangle
  std::optional<Rgb> colour;                // of triangles without their own
  std::vector<Placement> components;
  bool support = false;
};

/// One model file of the package.
struct Model {
  double mmPerUnit = 1.;
  std::map<std::string, Object> objects;
  std::map<std::string, std::vector<Rgb>> palettes;  // base materials and colour groups
  std::vector<Placement> items;
};

}  // namespace maquette::threemf
