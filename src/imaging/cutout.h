#pragma once

#include <vector>

#include "core/image/image.h"
#include "core/jobs/context.h"

namespace maquette {

/// A place in a picture: pixel (0, 0) covers [0, 1) x [0, 1), y grows downwards.
struct PixelPoint {
  float x = 0.f, y = 0.f;
};

/// The user drew over the picture: this belongs to the object, or it does not.
struct Stroke {
  bool keep = true;
  float radius = 8.f;              ///< pixels
  std::vector<PixelPoint> points;  ///< joined by straight lines; one point is a dot
};

struct Strokes {
  std::vector<Stroke> strokes;  ///< in order; later ones win
};

/// Whether the picture brings its own cut-out: some pixel is more than half transparent.
bool hasAlpha(const Image& picture);

/// Where the object is.
///
/// Alpha where the picture has one. Otherwise a plain background is keyed by its colour (also where
/// the object encloses it), and anything else is cut by GrabCut (Rother, Kolmogorov and Blake,
/// SIGGRAPH 2004) at reduced size, seeded from the picture's border and its colours. Strokes are
/// obeyed where they were drawn, and carry on to what looks alike. Specks of noise are removed;
/// separate pieces and holes stay.
///
/// @return  a mask of the picture's size with a soft rim; never without an inside
/// @throws InvalidInput  the picture is empty, or shows nothing opaque
/// @throws Cancelled
Mask cutOut(const Image& picture, const Strokes& strokes, const Context& ctx);

}  // namespace maquette
