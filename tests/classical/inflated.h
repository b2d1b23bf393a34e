#pragma once

#include <memory>
#include <utility>

#include "classical/inflation.h"
#include "core/geometry/bounds.h"
#include "support/pictures.h"
#include "support/shapes.h"

namespace maquette::test {

inline constexpr int kSide = 400;

inline Image soft(const Inside& inside) { return drawShape(kSide, kSide, inside, stripes); }
inline Image hard(const Inside& inside) { return drawHard(kSide, kSide, inside, stripes); }

inline ImageSet front(Image picture, MaskPtr cutout = nullptr) {
  ImageSet set;
  set.front = {std::make_shared<const Image>(std::move(picture)), std::move(cutout)};
  return set;
}

inline ShapeResult shapeOf(Image picture, const ShapeParams& params = {}, const Context& ctx = {}) {
  return makeInflationGenerator()->generate(front(std::move(picture)), params, ctx);
}

inline double depthOf(const Mesh& mesh) { return double(boundsOf(mesh).size().y); }

}  // namespace maquette::test
